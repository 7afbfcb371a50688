package records_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/outside"
	"jaliya/internal/outside/records"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
	"jaliya/internal/specimen"
	"jaliya/internal/wire"
)

// spec is the OpenAPI document, read as far as this test needs it.
type spec struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]struct {
			Required   []string                           `json:"required"`
			Properties map[string]struct{ Enum []string } `json:"properties"`
		} `json:"schemas"`
	} `json:"components"`
}

// sheet makes documents that are all alike.
type sheet struct {
	made int
	last paper.RecordData
}

func (s *sheet) Issue(_ context.Context, d paper.RecordData) (document.Issued, error) {
	s.made++
	s.last = d
	return document.Issued{PDF: []byte("%PDF " + d.Number)}, d.Validate()
}

// office is a simulator with both ends of its keys.
type office struct {
	*records.Simulator

	t      *testing.T
	cfg    records.Config
	dicts  *seal.Dictionaries
	intake *seal.IntakeKeys
	clock  *outside.Clock
	sheet  *sheet
	spec   spec
	tried  map[string]bool
}

func newOffice(t *testing.T, change func(*records.Config)) *office {
	t.Helper()
	o := &office{t: t, clock: outside.NewClock(1), sheet: &sheet{}, tried: map[string]bool{}}
	raw, err := os.ReadFile("../../../deploy/contracts/records.openapi.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &o.spec))
	o.dicts, err = seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	o.intake, err = seal.GenerateIntakeKeys(o.dicts)
	require.NoError(t, err)
	o.cfg = records.Config{Dir: t.TempDir(), Token: "t", Seed: 1, Clock: o.clock, Maker: o.sheet, Late: 0.5}
	o.cfg.Key, err = seal.GeneratePostKey(o.dicts)
	require.NoError(t, err)
	change(&o.cfg)
	o.restart()
	return o
}

func (o *office) revoke(number string) int {
	r := httptest.NewRequestWithContext(o.t.Context(), http.MethodPost, "/admin/revoke", strings.NewReader(`{"number":"`+number+`"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.Admin().ServeHTTP(w, r)
	return w.Code
}

// restart opens the office with what is on its disk.
func (o *office) restart() {
	o.t.Helper()
	var err error
	o.Simulator, err = records.New(o.cfg)
	require.NoError(o.t, err)
}

// do asks, and holds the answer against the document.
func (o *office) do(method, pattern, id, body string) (status int, answer map[string]any) {
	o.t.Helper()
	r := httptest.NewRequestWithContext(o.t.Context(), method, strings.ReplaceAll(pattern, "{id}", id), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer t")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, r)
	var operation struct {
		Responses map[string]json.RawMessage `json:"responses"`
	}
	require.NoError(o.t, json.Unmarshal(o.spec.Paths[pattern][strings.ToLower(method)], &operation))
	require.Contains(o.t, operation.Responses, strconv.Itoa(w.Code), "%s %s", method, pattern)
	o.tried[method+" "+pattern] = true
	require.NoError(o.t, json.Unmarshal(w.Body.Bytes(), &answer))
	if w.Code < 300 && strings.HasPrefix(pattern, one) {
		schema := o.spec.Components.Schemas["Request"]
		for _, field := range schema.Required {
			require.Contains(o.t, answer, field)
		}
		for field := range answer {
			require.Contains(o.t, schema.Properties, field)
		}
		state := answer["state"].(string) //nolint:forcetypeassert // required above
		require.Contains(o.t, schema.Properties["state"].Enum, state)
		require.Equal(o.t, state == "question" || state == "issued", answer["package"] != nil)
		require.Equal(o.t, state == "refused", answer["reason"] != nil)
	}
	return w.Code, answer
}

const (
	one        = "/v1/requests/{id}"
	reply      = one + "/answer"
	withdrawal = one + "/withdrawal"
	product    = "record.police"
)

var record = wire.RecordID{7}

func (o *office) sealed(id string, content map[int]any) string {
	o.t.Helper()
	packet, err := o.dicts.SealToPost(o.cfg.Key.Public(), "jaliya/records/1", wire.Marshal(content), []byte("jaliya/records/1\x00"+id))
	require.NoError(o.t, err)
	return base64.StdEncoding.EncodeToString(packet)
}

// request is the body of a good request, made of the contract's own words.
func (o *office) request(id string) string {
	o.t.Helper()
	p := specimen.New(3).Person(specimen.PersonOptions{Service: consular.RecordPolice, On: "2026-11-22"}).Release("a", "b")
	public := o.intake.Public()
	return fmt.Sprintf(`{"product":%q,"record":%q,"packet":%q,"reply":{"number":%d,"key":%q}}`, product, record,
		o.sealed(id, map[int]any{1: 1, 2: id, 3: product, 4: p.Person, 5: p.Record.Use, 6: p.Record.Proof, 7: 1}),
		public.ID, base64.StdEncoding.EncodeToString(public.Encode()))
}

func (o *office) answer() string {
	const id = "c-1"
	return fmt.Sprintf(`{"packet":%q}`, o.sealed(id, map[int]any{1: 1, 2: id, 8: "Fatima"}))
}

// pass lets all slots pass that a request can have.
func (o *office) pass() {
	o.clock.Advance(24 * time.Hour)
	o.Release(o.t.Context())
}

// TestDatesAreReal: an office that works for days in seconds dates no document
// tomorrow, which a reader would refuse today.
func TestDatesAreReal(t *testing.T) {
	o := newOffice(t, func(c *records.Config) { c.Ask, c.Refuse = 0, 0 })
	before := consular.DateOf(time.Now().UTC())
	_, _ = o.do("PUT", one, "c-1", o.request("c-1"))
	for range 3 {
		o.pass()
	}
	require.Equal(t, 1, o.sheet.made)
	after := consular.DateOf(time.Now().UTC()) // where midnight passes meanwhile
	require.Contains(t, []consular.Date{before, after}, o.sheet.last.Issued)
	require.Equal(t, o.sheet.last.Issued.AddMonths(3), o.sheet.last.Expires)
	require.WithinDuration(t, time.Now(), o.sheet.last.Made, time.Hour)
}

// TestContract walks requests through every operation and asks that each status
// and each field is one of the document.
func TestContract(t *testing.T) {
	o := newOffice(t, func(c *records.Config) { c.Ask = 1 })
	good := o.request("c-1")
	for i, c := range []struct {
		method, pattern, id, body string
		want                      int
	}{
		{"GET", "/v1/health", "", "", 200},
		{"GET", one, "c-1", "", 404},
		{"GET", one, "C", "", 422},
		{"PUT", one, "c-1", `{"product":`, 400},
		{"PUT", one, "c-1", strings.Replace(good, `"product"`, `"x":1,"product"`, 1), 400},
		{"PUT", one, "c-1", strings.Replace(good, "police", "other", 1), 422},
		{"PUT", one, "c-1", strings.Replace(good, `"number":1`, `"number":2`, 1), 422},
		{"PUT", one, "c-2", good, 422}, // sealed for another request
		{"PUT", one, "c-1", `{"packet":"` + strings.Repeat("A", 300<<10) + `"}`, 413},
		{"PUT", reply, "c-1", o.answer(), 404},
		{"PUT", one, "c-1", good, 201},
		{"PUT", one, "c-1", good, 200},
		{"PUT", one, "c-1", o.request("c-1"), 200}, // sealed again
		{"PUT", one, "c-1", strings.Replace(good, "police", "justice", 1), 409},
		{"PUT", one, "c-1", strings.Replace(good, record.String(), wire.RecordID{8}.String(), 1), 409},
		{"GET", one, "c-1", "", 200},
		{"PUT", reply, "c-1", o.answer(), 409}, // nothing was asked
		{"PUT", withdrawal, "c-3", `{}`, 200},
		{"PUT", withdrawal, "c-3", `{"a":1}`, 400},
		{"PUT", one, "c-3", o.request("c-3"), 200}, // withdrawn before it came
	} {
		got, answer := o.do(c.method, c.pattern, c.id, c.body)
		require.Equal(t, c.want, got, "%d: %v", i, answer)
	}
	o.pass()
	_, answer := o.do("GET", one, "c-1", "")
	require.Equal(t, "question", answer["state"])
	body := o.answer()
	got, _ := o.do("PUT", reply, "c-1", strings.Replace(body, `"packet":"`, `"packet":"AAAA`, 1))
	require.Equal(t, 422, got)
	for _, want := range []int{200, 200} {
		got, answer = o.do("PUT", reply, "c-1", body)
		require.Equal(t, want, got)
		require.Equal(t, "received", answer["state"])
	}
	got, _ = o.do("PUT", reply, "c-1", o.answer())
	require.Equal(t, 409, got, "answered")
	o.pass()
	_, answer = o.do("GET", one, "c-1", "")
	require.Equal(t, "issued", answer["state"])
	require.EqualValues(t, 4, answer["seq"])
	_, answer = o.do("PUT", withdrawal, "c-1", `{}`)
	require.Equal(t, "issued", answer["state"], "too late")
	_, answer = o.do("GET", one, "c-3", "")
	require.Equal(t, "withdrawn", answer["state"])
	_, answer = o.do("GET", "/v1/revoked", "", "")
	require.Empty(t, answer["revoked"])
	require.Equal(t, http.StatusNotFound, o.revoke("SPECIMEN00000000"))
	require.Equal(t, http.StatusOK, o.revoke(o.sheet.last.Number))
	o.restart()
	_, answer = o.do("GET", "/v1/revoked", "", "")
	name := document.Name(consular.RecordPolice, o.sheet.last.Number)
	require.Equal(t, []any{map[string]any{"id": "c-1", "document": hex.EncodeToString(name[:])}}, answer["revoked"])
	for path, methods := range o.spec.Paths {
		for method := range methods {
			if method != "parameters" {
				require.Contains(t, o.tried, strings.ToUpper(method)+" "+path, "an operation that nothing tried")
			}
		}
	}
}

// TestRestart: nothing is forgotten, and nothing is issued twice.
func TestRestart(t *testing.T) {
	o := newOffice(t, func(*records.Config) {})
	_, _ = o.do("PUT", one, "c-1", o.request("c-1"))
	o.restart()
	o.pass()
	_, first := o.do("GET", one, "c-1", "")
	require.Equal(t, "issued", first["state"])
	o.restart()
	o.pass()
	_, second := o.do("GET", one, "c-1", "")
	require.Equal(t, first, second)
	require.Equal(t, 1, o.sheet.made)
	raw, err := base64.StdEncoding.DecodeString(second["package"].(string)) //nolint:forcetypeassert // issued has one
	require.NoError(t, err)
	p, err := wire.ParsePackage(raw)
	require.NoError(t, err)
	require.Equal(t, record, p.Record)
	require.Len(t, p.Bundle, wire.DocumentSize)
	opened, err := o.intake.Open(p.Body, record, wire.PackageAAD(record))
	require.NoError(t, err)
	require.NotEmpty(t, opened.Body())
}

// TestWhileItWorks: until its slot has come an answer is the same bytes.
func TestWhileItWorks(t *testing.T) {
	o := newOffice(t, func(*records.Config) {})
	_, before := o.do("PUT", one, "c-1", o.request("c-1"))
	for range 3 {
		o.Release(t.Context())
		_, after := o.do("GET", one, "c-1", "")
		require.Equal(t, before, after)
		require.Zero(t, o.sheet.made)
	}
}

func TestConfigRefused(t *testing.T) {
	_, err := records.New(records.Config{})
	require.Error(t, err)
	o := newOffice(t, func(*records.Config) {})
	bad := o.cfg
	bad.Hit = 2
	_, err = records.New(bad)
	require.Error(t, err)
	require.NoError(t, os.WriteFile(o.cfg.Dir+"/requests/c-9.json", []byte("{"), 0o600))
	_, err = records.New(o.cfg)
	require.Error(t, err, "what cannot be read is not taken for nothing")
}

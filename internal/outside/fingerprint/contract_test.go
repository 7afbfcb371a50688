package fingerprint_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/outside"
	"jaliya/internal/outside/fingerprint"
)

// spec is the OpenAPI document, read as far as these tests need it.
type spec struct {
	OpenAPI    string                                `json:"openapi"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	OperationID string `json:"operationId"`
	RequestBody struct {
		Content map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string           `json:"description"`
		Content     map[string]media `json:"content"`
	} `json:"responses"`
}

type media struct {
	Schema  schema          `json:"schema"`
	Example json.RawMessage `json:"example"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Enum       []string          `json:"enum"`
	Pattern    string            `json:"pattern"`
	Minimum    *float64          `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

func load(tb testing.TB) (spec, map[string]operation) {
	tb.Helper()
	raw, err := os.ReadFile("../../../deploy/contracts/device.openapi.json")
	require.NoError(tb, err)
	var s spec
	require.NoError(tb, json.Unmarshal(raw, &s))
	all := map[string]operation{}
	for path, methods := range s.Paths {
		for method, raw := range methods {
			if method == "parameters" {
				continue
			}
			var o operation
			require.NoError(tb, json.Unmarshal(raw, &o))
			all[strings.ToUpper(method)+" "+path] = o
		}
	}
	return s, all
}

// check compares a decoded value with a schema and names what differs.
func (s spec) check(c schema, v any, at string) error {
	if c.Ref != "" {
		named, found := s.Components.Schemas[strings.TrimPrefix(c.Ref, "#/components/schemas/")]
		if !found {
			return fmt.Errorf("%s: no schema %s", at, c.Ref)
		}
		return s.check(named, v, at)
	}
	switch v := v.(type) {
	case []any:
		return s.list(c, v, at)
	case map[string]any:
		return s.object(c, v, at)
	}
	if !c.allows(v) {
		return fmt.Errorf("%s: %v", at, v)
	}
	return nil
}

// allows checks a text or a number.
func (c schema) allows(v any) bool {
	switch v := v.(type) {
	case string:
		return c.Type == "string" && (c.Enum == nil || slices.Contains(c.Enum, v)) && regexp.MustCompile(c.Pattern).MatchString(v)
	case float64:
		return c.Type == "integer" && (c.Minimum == nil || v >= *c.Minimum) && (c.Maximum == nil || v <= *c.Maximum)
	default:
		return false
	}
}

func (s spec) list(c schema, v []any, at string) error {
	if c.Type != "array" || c.Items == nil {
		return fmt.Errorf("%s: a list", at)
	}
	for i, item := range v {
		if err := s.check(*c.Items, item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func (s spec) object(c schema, v map[string]any, at string) error {
	for _, name := range c.Required {
		if _, found := v[name]; !found {
			return fmt.Errorf("%s: %s is missing", at, name)
		}
	}
	for name, inner := range v {
		p, found := c.Properties[name]
		if !found {
			return fmt.Errorf("%s: %s is not described", at, name)
		}
		if err := s.check(p, inner, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func TestOpenAPI(t *testing.T) {
	s, all := load(t)
	require.Regexp(t, `^3\.1\.\d$`, s.OpenAPI)
	for on, o := range all {
		require.NotEmpty(t, o.OperationID, on)
		bodies := []map[string]media{o.RequestBody.Content}
		for _, r := range o.Responses {
			require.NotEmpty(t, r.Description)
			bodies = append(bodies, r.Content)
		}
		for _, body := range bodies {
			for _, m := range body {
				if m.Example == nil {
					continue
				}
				var v any
				require.NoError(t, json.Unmarshal(m.Example, &v))
				require.NoError(t, s.check(m.Schema, v, on))
			}
		}
	}
	require.Equal(t, []string{
		"DELETE /v1/captures/{id}", "GET /v1/captures/{id}", "GET /v1/captures/{id}/images/{position}", "GET /v1/devices",
		"POST /v1/captures", "POST /v1/pairing",
	}, slices.Sorted(maps.Keys(all)))
}

const origin = "https://desk.example:8443"

// page is a page of the desk; every answer is held against the document.
type page struct {
	*fingerprint.Simulator

	tb     testing.TB
	spec   spec
	all    map[string]operation
	origin string
	host   string
	token  string
}

func newPage(tb testing.TB) *page {
	tb.Helper()
	sim, err := fingerprint.New(fingerprint.Config{Origins: []string{origin}, Seed: 1, Code: "12345678"})
	require.NoError(tb, err)
	tb.Cleanup(sim.Close)
	s, all := load(tb)
	return &page{Simulator: sim, tb: tb, spec: s, all: all, origin: origin, host: "127.0.0.1:9091"}
}

func (p *page) send(method, path, body string) *httptest.ResponseRecorder {
	p.tb.Helper()
	r := httptest.NewRequestWithContext(p.tb.Context(), method, "http://"+p.host+path, strings.NewReader(body))
	r.Header.Set("Origin", p.origin)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

var (
	captureOf = regexp.MustCompile(`/captures/[^/]+`)
	imageOf   = regexp.MustCompile(`/images/[0-9]+$`)
)

// ask sends and gives a decoded answer that the document describes.
func (p *page) ask(method, path, body string) (int, map[string]any) {
	p.tb.Helper()
	w := p.send(method, path, body)
	bare, _, _ := strings.Cut(path, "?")
	pattern := imageOf.ReplaceAllString(captureOf.ReplaceAllString(bare, "/captures/{id}"), "/images/{position}")
	described, found := p.all[method+" "+pattern].Responses[strconv.Itoa(w.Code)]
	require.True(p.tb, found, "%s %s: %d: %s", method, pattern, w.Code, w.Body)
	if w.Code == http.StatusNoContent {
		return w.Code, nil
	}
	m, found := described.Content[w.Header().Get("Content-Type")]
	require.True(p.tb, found, w.Header().Get("Content-Type"))
	var v map[string]any
	require.NoError(p.tb, json.Unmarshal(w.Body.Bytes(), &v))
	require.NoError(p.tb, p.spec.check(m.Schema, v, pattern))
	return w.Code, v
}

func (p *page) pair() {
	p.tb.Helper()
	status, got := p.ask(http.MethodPost, "/v1/pairing", `{"code":"`+p.Code()+`"}`)
	require.Equal(p.tb, http.StatusCreated, status)
	p.token = got["token"].(string)
}

const begun = `{"id":"c-0000001","device":"reader-1","timeout":20,"fingers":[{"position":2,"quality":40},{"position":3,"quality":40}]}`

// take begins a capture and follows it to its end.
func (p *page) take(body string) (states []string, last map[string]any) {
	p.tb.Helper()
	status, got := p.ask(http.MethodPost, "/v1/captures", body)
	require.Equal(p.tb, http.StatusCreated, status)
	for {
		states = append(states, got["state"].(string))
		if !slices.Contains([]string{"waiting", "taking"}, states[len(states)-1]) {
			return states, got
		}
		status, got = p.ask(http.MethodGet, fmt.Sprintf("/v1/captures/%s?after=%v&wait=25", got["id"], got["revision"]), "")
		require.Equal(p.tb, http.StatusOK, status)
	}
}

func fingers(got map[string]any) []map[string]any {
	var out []map[string]any
	for _, f := range got["fingers"].([]any) {
		out = append(out, f.(map[string]any))
	}
	return out
}

// within runs a test in simulated time: what a person takes costs nothing.
func within(t *testing.T, name string, test func(p *page)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPage(t)
			p.pair()
			test(p)
		})
	})
}

func TestCapture(t *testing.T) {
	within(t, "OK", func(p *page) {
		t := p.tb
		_, listed := p.ask(http.MethodGet, "/v1/devices", "")
		require.Equal(t, "ready", listed["devices"].([]any)[0].(map[string]any)["state"])
		states, got := p.take(begun)
		require.Equal(t, []string{"waiting", "taking", "done"}, states)
		seen := map[string]bool{}
		for _, f := range fingers(got) {
			require.Equal(t, "taken", f["state"])
			said := f["image"].(map[string]any)
			raw := p.send(http.MethodGet, fmt.Sprintf("/v1/captures/c-0000001/images/%v", f["position"]), "")
			require.Equal(t, http.StatusOK, raw.Code)
			sum := sha256.Sum256(raw.Body.Bytes())
			require.Equal(t, hex.EncodeToString(sum[:]), said["sha256"])
			picture, err := png.Decode(raw.Body)
			require.NoError(t, err)
			require.IsType(t, &image.Gray{}, picture, "8-bit gray")
			seen[said["sha256"].(string)] = true
		}
		require.Len(t, seen, 2, "two fingers, two prints")
		status, _ := p.ask(http.MethodDelete, "/v1/captures/c-0000001", "")
		require.Equal(t, http.StatusNoContent, status)
		status, _ = p.ask(http.MethodGet, "/v1/captures/c-0000001/images/2", "")
		require.Equal(t, http.StatusNotFound, status)
	})
	within(t, "OK/RepeatIsTheSame", func(p *page) {
		t := p.tb
		p.take(begun)
		status, got := p.ask(http.MethodPost, "/v1/captures", begun)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "done", got["state"])
	})
	within(t, "OK/Missing", func(p *page) {
		t := p.tb
		_, got := p.take(strings.Replace(begun, `"position":3,"quality":40`, `"position":3,"missing":"AMPUTATED"`, 1))
		require.Equal(t, "missing", fingers(got)[1]["state"])
		require.Equal(t, "AMPUTATED", fingers(got)[1]["missing"])
		status, _ := p.ask(http.MethodGet, "/v1/captures/c-0000001/images/3", "")
		require.Equal(t, http.StatusNotFound, status)
	})
	within(t, "OK/CanceledInTheMiddle", func(p *page) {
		t := p.tb
		p.ask(http.MethodPost, "/v1/captures", begun)
		p.ask(http.MethodDelete, "/v1/captures/c-0000001", "")
		_, got := p.take(strings.Replace(begun, "c-0000001", "c-0000002", 1))
		require.Equal(t, "done", got["state"], "the reader is free at once")
	})
	within(t, "OK/ForgottenAfterAWhile", func(p *page) {
		t := p.tb
		p.take(begun)
		time.Sleep(3 * time.Minute) // of the bubble
		status, _ := p.ask(http.MethodGet, "/v1/captures/c-0000001", "")
		require.Equal(t, http.StatusNotFound, status)
	})
	within(t, "OK/WaitIsOver", func(p *page) {
		t := p.tb
		_, err := p.Faults().Add(outside.Fault{Kind: fingerprint.Timeout, Times: 1})
		require.NoError(t, err)
		p.ask(http.MethodPost, "/v1/captures", begun)
		before := time.Now()
		_, got := p.ask(http.MethodGet, "/v1/captures/c-0000001?after=1&wait=7", "")
		require.Equal(t, "waiting", got["state"])
		require.Equal(t, 7*time.Second, time.Since(before))
	})
}

func TestFaults(t *testing.T) {
	for _, kind := range []outside.Kind{fingerprint.Timeout, fingerprint.Lifted, fingerprint.Unplugged} {
		within(t, "Err/"+string(kind), func(p *page) {
			t := p.tb
			_, err := p.Faults().Add(outside.Fault{Kind: kind, On: "capture", Times: 1})
			require.NoError(t, err)
			before := time.Now()
			_, got := p.take(begun)
			require.Equal(t, "failed", got["state"])
			require.Equal(t, string(kind), got["failure"])
			if kind == fingerprint.Timeout {
				require.Equal(t, 20*time.Second, time.Since(before), "as long as was asked")
			}
			_, got = p.take(strings.Replace(begun, "c-0000001", "c-0000002", 1))
			require.Equal(t, "done", got["state"], "the next try is a new one")
		})
	}
	within(t, "Err/poor", func(p *page) {
		t := p.tb
		_, err := p.Faults().Add(outside.Fault{Kind: fingerprint.Poor, Times: 1})
		require.NoError(t, err)
		_, got := p.take(begun)
		for _, f := range fingers(got) {
			require.Less(t, f["quality"], 20.0)
			require.Equal(t, "dry", f["advice"])
		}
	})
	within(t, "Err/same", func(p *page) {
		t := p.tb
		_, err := p.Faults().Add(outside.Fault{Kind: fingerprint.Same, Times: 1})
		require.NoError(t, err)
		_, got := p.take(begun)
		require.Equal(t, "repeated", fingers(got)[1]["state"])
		require.InDelta(t, 2, fingers(got)[1]["like"], 0)
		require.Nil(t, fingers(got)[1]["image"])
	})
	within(t, "Err/unplugged before", func(p *page) {
		t := p.tb
		_, err := p.Faults().Add(outside.Fault{Kind: fingerprint.Unplugged})
		require.NoError(t, err)
		_, listed := p.ask(http.MethodGet, "/v1/devices", "")
		require.Equal(t, "unplugged", listed["devices"].([]any)[0].(map[string]any)["state"])
		status, got := p.ask(http.MethodPost, "/v1/captures", begun)
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, "unplugged", got["code"])
	})
	within(t, "Err/busy", func(p *page) {
		t := p.tb
		p.ask(http.MethodPost, "/v1/captures", begun)
		status, got := p.ask(http.MethodPost, "/v1/captures", strings.Replace(begun, "c-0000001", "c-0000002", 1))
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, "busy", got["code"])
	})
}

// TestHalfAnAnswer needs a connection that can end.
func TestHalfAnAnswer(t *testing.T) {
	p := newPage(t)
	p.pair()
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	_, err := p.Faults().Add(outside.Fault{Kind: outside.Truncate, On: "GET /v1/devices", Times: 1})
	require.NoError(t, err)
	get := func() error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/devices", nil)
		require.NoError(t, err)
		r.Header.Set("Origin", origin)
		r.Header.Set("Authorization", "Bearer "+p.token)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	require.ErrorIs(t, get(), io.ErrUnexpectedEOF)
	require.NoError(t, get())
}

func TestRefused(t *testing.T) {
	for name, body := range map[string]string{
		"NoFinger":    `{"id":"c-0000001","device":"reader-1","timeout":20,"fingers":[]}`,
		"Five":        `{"id":"c-0000001","device":"reader-1","timeout":20,"fingers":[{"position":1},{"position":2},{"position":3},{"position":4},{"position":5}]}`,
		"Twice":       `{"id":"c-0000001","device":"reader-1","timeout":20,"fingers":[{"position":1},{"position":1}]}`,
		"Position":    `{"id":"c-0000001","device":"reader-1","timeout":20,"fingers":[{"position":11}]}`,
		"AllMissing":  `{"id":"c-0000001","device":"reader-1","timeout":20,"fingers":[{"position":1,"missing":"DAMAGED"}]}`,
		"Quality":     `{"id":"c-0000001","device":"reader-1","timeout":20,"fingers":[{"position":1,"quality":101}]}`,
		"ShortID":     `{"id":"c","device":"reader-1","timeout":20,"fingers":[{"position":1}]}`,
		"LongTimeout": `{"id":"c-0000001","device":"reader-1","timeout":121,"fingers":[{"position":1}]}`,
		"WSQ":         `{"id":"c-0000001","device":"reader-1","timeout":20,"media_type":"image/x-wsq","fingers":[{"position":1}]}`,
	} {
		t.Run("Err"+name, func(t *testing.T) {
			p := newPage(t)
			p.pair()
			status, got := p.ask(http.MethodPost, "/v1/captures", body)
			require.Equal(t, http.StatusUnprocessableEntity, status)
			require.Equal(t, "invalid", got["code"])
		})
	}
	t.Run("ErrReason", func(t *testing.T) {
		p := newPage(t)
		p.pair()
		status, _ := p.ask(http.MethodPost, "/v1/captures", strings.Replace(begun, `"quality":40`, `"missing":"TIRED"`, 1))
		require.Equal(t, http.StatusBadRequest, status)
	})
}

func TestDoor(t *testing.T) {
	for name, change := range map[string]func(*page){
		"OtherOrigin": func(p *page) { p.origin = "https://desk.example" }, // another port
		"NoOrigin":    func(p *page) { p.origin = "" },
		"NullOrigin":  func(p *page) { p.origin = "null" },
		"Rebinding":   func(p *page) { p.host = "evil.example:9091" },
	} {
		t.Run("Err"+name, func(t *testing.T) {
			p := newPage(t)
			p.pair()
			change(p)
			for _, method := range []string{http.MethodGet, http.MethodOptions} {
				w := p.send(method, "/v1/devices", "")
				require.Equal(t, http.StatusForbidden, w.Code)
				require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
			}
		})
	}
	t.Run("OK/Preflight", func(t *testing.T) {
		p := newPage(t)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "http://localhost:9091/v1/captures", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Private-Network", "true")
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		require.Equal(t, http.StatusNoContent, w.Code)
		require.Equal(t, origin, w.Header().Get("Access-Control-Allow-Origin"))
		require.Equal(t, "true", w.Header().Get("Access-Control-Allow-Private-Network"))
		require.Equal(t, "Authorization, Content-Type", w.Header().Get("Access-Control-Allow-Headers"))
		require.Empty(t, w.Header().Get("Access-Control-Allow-Credentials"))
	})
	t.Run("ErrNotPaired", func(t *testing.T) {
		p := newPage(t)
		status, got := p.ask(http.MethodGet, "/v1/devices", "")
		require.Equal(t, http.StatusUnauthorized, status)
		require.Equal(t, "unauthenticated", got["code"])
	})
	t.Run("ErrCodeTwice", func(t *testing.T) {
		p := newPage(t)
		p.pair()
		status, got := p.ask(http.MethodPost, "/v1/pairing", `{"code":"12345678"}`)
		require.Equal(t, http.StatusForbidden, status)
		require.Equal(t, "code", got["code"])
	})
	t.Run("ErrGuessed", func(t *testing.T) {
		p := newPage(t)
		for range 5 {
			p.ask(http.MethodPost, "/v1/pairing", `{"code":"00000000"}`)
		}
		require.NotEqual(t, "12345678", p.Code(), "another one after five wrong ones")
	})
	t.Run("ErrTokenOfAnotherOrigin", func(t *testing.T) {
		sim, err := fingerprint.New(fingerprint.Config{Origins: []string{origin, "https://other.example"}})
		require.NoError(t, err)
		t.Cleanup(sim.Close)
		s, all := load(t)
		p := &page{Simulator: sim, tb: t, spec: s, all: all, origin: origin, host: "127.0.0.1:1"}
		p.pair()
		p.origin = "https://other.example"
		status, _ := p.ask(http.MethodGet, "/v1/devices", "")
		require.Equal(t, http.StatusUnauthorized, status)
	})
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]fingerprint.Config{
		"NoOrigin": {},
		"Path":     {Origins: []string{"https://desk.example/"}},
		"Star":     {Origins: []string{"*"}},
		"Code":     {Origins: []string{origin}, Code: "12"},
	} {
		t.Run("Err"+name, func(t *testing.T) {
			_, err := fingerprint.New(c)
			require.Error(t, err)
		})
	}
}

func TestAdmin(t *testing.T) {
	p := newPage(t)
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/admin/reader", bytes.NewBufferString(`{"person":7}`))
	r.Header.Set("Content-Type", "application/json")
	p.Admin().ServeHTTP(w, r)
	require.JSONEq(t, `{"code":"12345678","person":7}`, w.Body.String())
}

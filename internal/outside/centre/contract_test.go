package centre_test

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/outside"
	"jaliya/internal/outside/centre"
	"jaliya/internal/seal"
)

// spec is the OpenAPI document, read as far as these tests need it.
type spec struct {
	OpenAPI    string                                `json:"openapi"`
	Info       struct{ Title, Version string }       `json:"info"`
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
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

func load(tb testing.TB) spec {
	tb.Helper()
	raw, err := os.ReadFile("../../../deploy/contracts/centre.openapi.json")
	require.NoError(tb, err)
	var s spec
	require.NoError(tb, json.Unmarshal(raw, &s))
	return s
}

func (s spec) operations(tb testing.TB) map[string]operation {
	tb.Helper()
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
	return all
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
	case string:
		if (c.Type != "" && c.Type != "string") || (c.Enum != nil && !slices.Contains(c.Enum, v)) ||
			!regexp.MustCompile(c.Pattern).MatchString(v) {
			return fmt.Errorf("%s: %q", at, v)
		}
	case []any:
		for i, item := range v {
			if c.Items == nil {
				return fmt.Errorf("%s: a list", at)
			}
			if err := s.check(*c.Items, item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return s.object(c, v, at)
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
		if !found && at != "problem" {
			return fmt.Errorf("%s: %s is not described", at, name)
		}
		if err := s.check(p, inner, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func TestOpenAPI(t *testing.T) {
	s := load(t)
	require.Regexp(t, `^3\.1\.\d$`, s.OpenAPI)
	require.NotEmpty(t, s.Info.Title)
	require.NotEmpty(t, s.Info.Version)
	ids := map[string]bool{}
	for on, o := range s.operations(t) {
		t.Run("OK/"+o.OperationID, func(t *testing.T) {
			require.NotEmpty(t, o.OperationID)
			require.False(t, ids[o.OperationID])
			ids[o.OperationID] = true
			require.NotEmpty(t, o.Responses, on)
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
					require.NoError(t, s.check(m.Schema, v, "example"))
				}
			}
		})
	}
	require.Equal(t, []string{
		"GET /v1/capacity", "GET /v1/jobs", "GET /v1/jobs/{job}", "PUT /v1/jobs/{job}", "PUT /v1/jobs/{job}/cancellation",
	}, slices.Sorted(maps.Keys(s.operations(t))))
}

const (
	packet  = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"
	context = "jaliya/centre/packet/1"
	person  = `{"family_name":{"latin":"Specimen"},"given_name":{"latin":"Fatima"},"sex":"F","birth_date":"1990-01-01","nationality":"MA","national_number":"ZZ123456"}`
)

// caller asks a simulated site and holds every answer against the document.
type caller struct {
	*centre.Simulator

	tb    testing.TB
	spec  spec
	url   string
	clock *outside.Clock
}

func newCaller(tb testing.TB, change ...func(*centre.Config)) *caller {
	tb.Helper()
	d, err := seal.NewDictionaries(0, nil)
	require.NoError(tb, err)
	key, err := seal.GeneratePostKey(d)
	require.NoError(tb, err)
	cfg := centre.Config{Site: "rabat", Number: 1, Seed: 1, Key: key, Clock: outside.NewClock(1)}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := centre.New(cfg)
	require.NoError(tb, err)
	server := httptest.NewServer(sim.Handler())
	tb.Cleanup(server.Close)
	return &caller{Simulator: sim, tb: tb, spec: load(tb), url: server.URL, clock: cfg.Clock}
}

func (c *caller) do(method, pattern, path, body string) (int, map[string]any) {
	c.tb.Helper()
	req, err := http.NewRequestWithContext(c.tb.Context(), method, c.url+path, bytes.NewBufferString(body))
	require.NoError(c.tb, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(c.tb, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(c.tb, err)
	described, found := c.spec.operations(c.tb)[method+" "+pattern].Responses[strconv.Itoa(resp.StatusCode)]
	require.True(c.tb, found, "%s %s: %d is not described: %s", method, pattern, resp.StatusCode, raw)
	m, found := described.Content[resp.Header.Get("Content-Type")]
	require.True(c.tb, found, "%s is not described", resp.Header.Get("Content-Type"))
	var v map[string]any
	require.NoError(c.tb, json.Unmarshal(raw, &v))
	at := "answer"
	if resp.StatusCode >= 400 {
		at = "problem"
	}
	require.NoError(c.tb, c.spec.check(m.Schema, v, at))
	return resp.StatusCode, v
}

func (c *caller) send(id, product, inside string) (int, map[string]any) {
	c.tb.Helper()
	d, err := seal.NewDictionaries(0, nil)
	require.NoError(c.tb, err)
	sealed, err := d.SealToPost(c.PublicKey(), context, []byte(inside), []byte(context+"\n"+id+"\n"+packet))
	require.NoError(c.tb, err)
	body, err := json.Marshal(map[string]any{
		"product": product, "priority": "normal", "destination": "FR-LYO", "packet": packet, "card": sealed,
	})
	require.NoError(c.tb, err)
	return c.do(http.MethodPut, "/v1/jobs/{job}", "/v1/jobs/"+id, string(body))
}

func inside(id, extra string) string {
	return `{"version":1,"job":"` + id + `","packet":"` + packet + `","product":"cnie.renewal","person":` + person + extra + `}`
}

func TestSimulator(t *testing.T) {
	t.Run("OK/LifeOfACard", func(t *testing.T) {
		c := newCaller(t)
		_, err := c.Faults().Add(outside.Fault{Kind: centre.Spoil, Times: 1})
		require.NoError(t, err)
		status, got := c.send("a-1", "cnie.renewal", inside("a-1", ""))
		require.Equal(t, http.StatusCreated, status)
		require.Equal(t, "accepted", got["state"])
		status, _ = c.send("a-1", "cnie.renewal", inside("a-1", ""))
		require.Equal(t, http.StatusOK, status, "sealed anew, the same job")
		status, got = c.send("a-1", "cnie.first", inside("a-1", ""))
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, "job-differs", got["code"])
		for _, want := range []string{"in-production", "produced", "packed"} {
			require.Eventually(t, func() bool {
				c.clock.Advance(time.Hour)
				_, got = c.do(http.MethodGet, "/v1/jobs/{job}", "/v1/jobs/a-1", "")
				return got["state"] == want
			}, time.Minute, time.Millisecond)
		}
		require.Equal(t, "ZZ0000002", got["card"].(map[string]any)["serial"])
		require.Len(t, got["spoilt"], 1)
		status, got = c.do(http.MethodPut, "/v1/jobs/{job}/cancellation", "/v1/jobs/a-1/cancellation", "{}")
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, "too-late", got["code"])
	})
	t.Run("OK/Feed", func(t *testing.T) {
		c := newCaller(t)
		for _, id := range []string{"a-1", "a-2"} {
			c.send(id, "cnie.renewal", inside(id, ""))
		}
		c.clock.Advance(48 * time.Hour)
		_, err := c.Faults().Add(outside.Fault{Kind: centre.Repeat})
		require.NoError(t, err)
		seen, cursor := map[string]bool{}, ""
		for more := true; more; {
			_, page := c.do(http.MethodGet, "/v1/jobs", "/v1/jobs?limit=3&after="+cursor, "")
			for _, change := range page["changes"].([]any) {
				job := change.(map[string]any)["job"].(map[string]any)
				seen[fmt.Sprint(job["job"], job["state"])] = true
			}
			cursor, more = page["next"].(string), page["more"].(bool)
		}
		require.Len(t, seen, 8, "two jobs, four states")
		c.Forget()
		status, _ := c.do(http.MethodGet, "/v1/jobs", "/v1/jobs?after="+cursor, "")
		require.Equal(t, http.StatusGone, status)
	})
	t.Run("OK/CanceledBeforeItCame", func(t *testing.T) {
		c := newCaller(t)
		status, _ := c.do(http.MethodPut, "/v1/jobs/{job}/cancellation", "/v1/jobs/a-1/cancellation", "{}")
		require.Equal(t, http.StatusOK, status)
		status, got := c.send("a-1", "cnie.renewal", inside("a-1", ""))
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "canceled", got["state"])
		require.Zero(t, c.Cards())
	})
	t.Run("OK/Closed", func(t *testing.T) {
		c := newCaller(t)
		c.Close(time.Now().Add(time.Hour))
		status, _ := c.send("a-1", "cnie.renewal", inside("a-1", ""))
		require.Equal(t, http.StatusServiceUnavailable, status)
		_, got := c.do(http.MethodGet, "/v1/capacity", "/v1/capacity", "")
		require.Equal(t, false, got["open"])
		require.NotEmpty(t, got["closed_until"])
	})
	for name, r := range map[string]struct{ product, inside, want string }{
		"ErrProduct":    {"record.police", inside("a-1", ""), "product"},
		"ErrOtherJob":   {"cnie.renewal", inside("a-2", ""), "packet-unreadable"},
		"ErrVersion":    {"cnie.renewal", `{"version":2}`, "format-unsupported"},
		"ErrJSON":       {"cnie.renewal", `{`, "packet-unreadable"},
		"ErrNoName":     {"cnie.renewal", strings.Replace(inside("a-1", ""), "Specimen", "", 1), "packet-incomplete"},
		"ErrNoPortrait": {"cnie.renewal", inside("a-1", `,"parts":[{"name":"portrait","size":1,"sha256":"00"}]`), "images-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t)
			status, got := c.send("a-1", r.product, r.inside)
			require.Equal(t, http.StatusCreated, status)
			require.Equal(t, "refused", got["state"])
			require.Equal(t, r.want, got["refusal"])
		})
	}
	t.Run("OK/RatesFollowTheSeed", func(t *testing.T) {
		made := func() (int, map[string]int) {
			c := newCaller(t, func(cfg *centre.Config) { cfg.Refuse, cfg.Spoil = 0.2, 0.2 })
			for i := range 60 {
				id := fmt.Sprintf("a-%d", i)
				c.send(id, "cnie.renewal", inside(id, ""))
			}
			c.clock.Advance(240 * time.Hour)
			return c.Cards(), c.Jobs()
		}
		cards, jobs := made()
		require.InDelta(t, 12, jobs["refused"], 9)
		require.Greater(t, cards, jobs["packed"])
		again, same := made()
		require.Equal(t, cards, again)
		require.Equal(t, jobs, same)
	})
}

func FuzzPut(f *testing.F) {
	c := newCaller(f)
	handler := c.Handler()
	f.Add("a-1", `{"product":"cnie.renewal","priority":"normal","destination":"FR-LYO","packet":"`+packet+`","card":"AAAA"}`)
	f.Add("a-1", `{}`)
	f.Fuzz(func(t *testing.T, id, body string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/v1/jobs/x", bytes.NewBufferString(body))
		req.URL.Path = "/v1/jobs/" + id
		req.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, req)
		require.NotEqual(t, http.StatusInternalServerError, answer.Code)
		require.NotContains(t, answer.Body.String(), "accepted", "nothing opens that was not sealed here")
	})
}

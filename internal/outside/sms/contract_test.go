package sms_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/internal/outside"
	"jaliya/internal/outside/sms"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestContract walks messages through every operation and asks that each status
// and each field is one of the document, and that a repeat sends nothing.
func TestContract(t *testing.T) {
	raw, err := os.ReadFile("../../../deploy/contracts/sms.openapi.json")
	require.NoError(t, err)
	var doc struct {
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Required   []string                           `json:"required"`
				Properties map[string]struct{ Enum []string } `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	clock := outside.NewClock(1)
	sim := sms.New(sms.Config{Token: "t", Clock: clock})
	const all, one = "/v1/messages", "/v1/messages/{message}"
	good := `{"to":"+33612345678","text":"Bonjour","sender":"Consulat"}`
	states := map[any]bool{}
	for _, c := range []struct {
		method, pattern, path, key, body string
		want                             int
		after                            time.Duration
	}{
		{"GET", one, "/v1/messages/m-1", "", "", 404, 0},
		{"POST", all, all, "k1", `{"to":`, 400, 0},
		{"POST", all, all, "", good, 422, 0},
		{"POST", all, all, "k1", strings.Replace(good, "+33", "0", 1), 422, 0},
		{"POST", all, all, "k1", good, 201, 0},
		{"POST", all, all, "k1", good, 200, 0},
		{"POST", all, all, "k1", strings.Replace(good, "Bonjour", "Salut", 1), 409, 0},
		{"GET", one, "/v1/messages/m-1", "", "", 200, 3 * time.Second},
		{"GET", one, "/v1/messages/m-1", "", "", 200, time.Minute},
		{"POST", all, all, "k2", strings.Replace(good, "678", "999", 1), 201, 0},
		{"GET", one, "/v1/messages/m-2", "", "", 200, time.Hour},
		{"GET", one, "/v1/messages/m-2", "", "", 200, 48 * time.Hour},
	} {
		clock.Advance(c.after)
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Authorization", "Bearer t")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", c.key)
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, r)
		require.Equal(t, c.want, w.Code, "%s %s %s", c.method, c.path, c.body)
		var operation struct {
			Responses map[string]json.RawMessage `json:"responses"`
		}
		require.NoError(t, json.Unmarshal(doc.Paths[c.pattern][strings.ToLower(c.method)], &operation))
		require.Contains(t, operation.Responses, strconv.Itoa(w.Code))
		if w.Code >= 300 {
			continue
		}
		var answer map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
		schema := doc.Components.Schemas["Message"]
		for _, field := range schema.Required {
			require.Contains(t, answer, field)
		}
		for field := range answer {
			require.Contains(t, schema.Properties, field)
		}
		require.Contains(t, schema.Properties["state"].Enum, answer["state"])
		states[answer["state"]] = true
	}
	require.Len(t, states, 4, "every state was seen")
	require.Len(t, sim.Inbox(), 2)

	w := httptest.NewRecorder()
	sim.Admin().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/admin/inbox", nil))
	require.Contains(t, w.Body.String(), "Bonjour")
	w = httptest.NewRecorder()
	sim.Admin().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/admin/inbox.json", nil))
	require.Contains(t, w.Body.String(), `"to":"+33612345678"`)
}

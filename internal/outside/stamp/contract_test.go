package stamp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/internal/outside/stamp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

func load(t *testing.T) spec {
	t.Helper()
	raw, err := os.ReadFile("../../../deploy/contracts/stamp.openapi.json")
	require.NoError(t, err)
	var s spec
	require.NoError(t, json.Unmarshal(raw, &s))
	return s
}

// TestContract walks a payment through every operation and asks that each
// status and each field is one of the document.
func TestContract(t *testing.T) {
	doc := load(t)
	sim, err := stamp.New(stamp.Config{Dir: t.TempDir(), Pages: "http://127.0.0.1:1", Token: "t"})
	require.NoError(t, err)
	operations := map[string]bool{}
	do := func(method, pattern, path, body string) (int, map[string]any) {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer t")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, r)
		var operation struct {
			Responses map[string]json.RawMessage `json:"responses"`
		}
		require.NoError(t, json.Unmarshal(doc.Paths[pattern][strings.ToLower(method)], &operation))
		require.Contains(t, operation.Responses, strconv.Itoa(w.Code), "%s %s", method, path)
		operations[method+" "+pattern] = true
		var answer map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
		if w.Code < 300 {
			for _, field := range doc.Components.Schemas["Payment"].Required {
				require.Contains(t, answer, field)
			}
			for field := range answer {
				require.Contains(t, doc.Components.Schemas["Payment"].Properties, field)
			}
			require.Contains(t, doc.Components.Schemas["Payment"].Properties["state"].Enum, answer["state"])
		}
		return w.Code, answer
	}
	const one, refund = "/v1/payments/{payment}", "/v1/payments/{payment}/refunds/{receipt}"
	body := `{"amount":{"minor":7500,"currency":"MAD"},"product":"cnie.renewal","return_url":"https://a.example/","notice_url":"https://a.example/n","expires":"` +
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`
	for _, c := range []struct {
		method, pattern, path, body string
		want                        int
	}{
		{"GET", one, "/v1/payments/p-1", "", 404},
		{"PUT", one, "/v1/payments/p-1", `{"amount":`, 400},
		{"PUT", one, "/v1/payments/p-1", strings.Replace(body, "7500", "0", 1), 422},
		{"PUT", one, "/v1/payments/p-1", strings.Replace(body, "https://a.example/n", "javascript:1", 1), 422},
		{"PUT", one, "/v1/payments/p-1", body, 201},
		{"PUT", one, "/v1/payments/p-1", body, 200},
		{"PUT", one, "/v1/payments/p-1", strings.Replace(body, "7500", "7501", 1), 409},
		{"GET", one, "/v1/payments/p-1", "", 200},
		{"PUT", refund, "/v1/payments/p-1/refunds/1", "{}", 404},
	} {
		got, _ := do(c.method, c.pattern, c.path, c.body)
		require.Equal(t, c.want, got, "%s %s", c.method, c.path)
	}
	_, answer := do("GET", one, "/v1/payments/p-1", "")
	page, ok := answer["page"].(string)
	require.True(t, ok)
	click(t, sim, page)
	status, answer := do("PUT", refund, "/v1/payments/p-1/refunds/1", "{}")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "refunded", answer["state"])
	for path, methods := range doc.Paths {
		for method := range methods {
			if method != "parameters" {
				require.Contains(t, operations, strings.ToUpper(method)+" "+path, "an operation that nothing tried")
			}
		}
	}
}

func click(t *testing.T, sim *stamp.Simulator, page string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader("do=pay"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	sim.Pages().ServeHTTP(w, r)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "https://a.example/", w.Header().Get("Location"))
}

// TestPage asks for the page in each language, and for none where there is none.
func TestPage(t *testing.T) {
	sim, err := stamp.New(stamp.Config{Dir: t.TempDir(), Pages: "http://127.0.0.1:1"})
	require.NoError(t, err)
	body := `{"amount":{"minor":7500,"currency":"MAD"},"product":"cnie.renewal","return_url":"https://a.example/","notice_url":"https://a.example/n","expires":"2999-01-01T00:00:00Z"}`
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/v1/payments/p-1", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	sim.Handler().ServeHTTP(w, r)
	var answer struct{ Page string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	for query, want := range map[string][]string{
		"?lang=ar": {`lang="ar" dir="rtl"`, "أداء"}, "?lang=fr": {`lang="fr" dir="ltr"`, "Payer"}, "?lang=en": {`lang="en" dir="ltr"`, "Refuse"},
		"": {`lang="ar"`},
	} {
		w := httptest.NewRecorder()
		sim.Pages().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, answer.Page+query, nil))
		for _, text := range append(want, "75.00 MAD", `<form method="post">`) {
			require.Contains(t, w.Body.String(), text)
		}
		require.NotContains(t, w.Body.String(), "cnie")
		require.NotContains(t, w.Body.String(), "<script")
	}
	w = httptest.NewRecorder()
	sim.Pages().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/pay/nobody", nil))
	require.Equal(t, http.StatusNotFound, w.Code)
}

package portal_test

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	contracts "jaliya/deploy/openapi"
	"jaliya/hub/portal"
	"jaliya/internal/openapi/openapitest"
)

var update = flag.Bool("update", false, "write deploy/openapi/portal.json anew")

// TestContract: the document is what the handlers say, it has each route of the
// portal and no other, and it is served to be kept.
func TestContract(t *testing.T) {
	openapitest.Current(t, portal.Contract(), "portal.json", *update)
	if *update {
		t.Skip("written; what is embedded is of before")
	}
	w := newWorld(t)
	openapitest.Read(t, contracts.Portal).Routes(t, w.portal.Routes())
	openapitest.Served(t, w.portal, contracts.Portal)
}

// TestEveryRouteRefuses asks every operation wrongly; no member is asked.
func TestEveryRouteRefuses(t *testing.T) {
	w := newWorld(t)
	openapitest.Read(t, contracts.Portal).Refusals(t, openapitest.Attack{
		Handler: w.portal, State: func() string { return strconv.Itoa(w.member.asks) },
	})
}

// TestContractIsTheSameForAll: no language changes it.
func TestContractIsTheSameForAll(t *testing.T) {
	w := newWorld(t)
	for _, language := range []string{"ar", "fr", "en"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/openapi.json", http.NoBody)
		r.Header.Set("Accept-Language", language)
		got := httptest.NewRecorder()
		w.portal.ServeHTTP(got, r)
		require.Equal(t, string(contracts.Portal), got.Body.String())
	}
}

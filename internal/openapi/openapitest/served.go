package openapitest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/web"
)

// Served asks a surface for its document: everybody gets it, as it stands in
// the repository, and whoever has it gets it once.
func Served(tb testing.TB, surface http.Handler, document []byte) {
	tb.Helper()
	ask := func(method, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(tb.Context(), method, web.ContractPath, http.NoBody)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		return serve(surface, r)
	}
	first := ask(http.MethodGet, "")
	require.Equal(tb, http.StatusOK, first.Code)
	require.Equal(tb, "application/json", first.Header().Get("Content-Type"))
	require.Equal(tb, "public, max-age=300", first.Header().Get("Cache-Control"))
	require.Equal(tb, string(document), first.Body.String())
	tag := first.Header().Get("ETag")
	require.NotEmpty(tb, tag)
	again := ask(http.MethodGet, tag)
	require.Equal(tb, http.StatusNotModified, again.Code)
	require.Zero(tb, again.Body.Len())
	require.Equal(tb, http.StatusOK, ask(http.MethodGet, `"another"`).Code)
	require.Equal(tb, http.StatusOK, ask(http.MethodHead, "").Code)
}

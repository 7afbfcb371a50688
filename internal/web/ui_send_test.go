package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPagesCompressed: who takes it gets the same page in fewer bytes.
func TestPagesCompressed(t *testing.T) {
	h := surface(t)
	ask := func(method, encoding string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/components", nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	steady := func(page string) string { return regexp.MustCompile(`nonce="[^"]+"`).ReplaceAllString(page, "") }
	plain := ask(http.MethodGet, "")
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	for range 3 { // what was used for one page is used for the next
		small := ask(http.MethodGet, "gzip, br")
		require.Equal(t, "gzip", small.Header().Get("Content-Encoding"))
		require.Contains(t, small.Header().Values("Vary"), "Accept-Encoding")
		require.Equal(t, strconv.Itoa(small.Body.Len()), small.Header().Get("Content-Length"))
		require.Less(t, 2*small.Body.Len(), plain.Body.Len())
		z, err := gzip.NewReader(small.Body)
		require.NoError(t, err)
		raw, err := io.ReadAll(z)
		require.NoError(t, err)
		require.Equal(t, steady(plain.Body.String()), steady(string(raw)))
	}
}

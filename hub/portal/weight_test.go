package portal_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxWeight is what a page of citizens may weigh to a browser that takes nothing
// compressed but the sheet and the scripts that it names, without fonts.
const maxWeight = 50 << 10

var named = regexp.MustCompile(`"(/assets/[^"]+)"`)

func TestPageWeight(t *testing.T) {
	w := newWorld(t)
	for _, language := range []string{"ar", "fr", "zgh"} {
		b := w.browser(language)
		b.get("/t/" + slipToken().Text())
		for _, path := range []string{"/", "/follow", "/verify"} {
			got := b.get(path)
			require.Equal(t, http.StatusOK, got.StatusCode)
			total := len(got.text)
			assets := named.FindAllStringSubmatch(got.text, -1)
			require.NotEmpty(t, assets)
			for _, one := range assets {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, one[1], nil)
				r.Header.Set("Accept-Encoding", "gzip")
				rec := httptest.NewRecorder()
				w.portal.ServeHTTP(rec, r)
				require.Equal(t, http.StatusOK, rec.Code, one[1])
				require.Contains(t, rec.Header().Get("Cache-Control"), "immutable", "not fetched twice")
				total += rec.Body.Len()
			}
			t.Logf("%s %s: %d bytes", language, path, total)
			require.Less(t, total, maxWeight, "%s %s", language, path)
		}
	}
}

package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal"
	"jaliya/internal/web/attack"
)

// TestAttacks tries on every route of the portal what strangers try, with the
// cookie of somebody who follows a request.
func TestAttacks(t *testing.T) {
	w := newWorld(t)
	b := w.browser("fr")
	b.typed(w.member.ref, string(slipCode))
	require.NotNil(t, b.cookie)
	s := attack.Surface{
		T: t, Engine: portal.Engine(w.portal), Host: "portal.example.ma",
		As:   func(r *http.Request) { r.AddCookie(b.cookie) },
		Fill: strings.NewReplacer(":token", slipToken().Text(), ":hash", "0", ":name", "style.css"),
		State: func() any {
			w.member.mu.Lock()
			defer w.member.mu.Unlock()
			return w.member.says.Status
		},
	}
	t.Run("OKHeaders", func(*testing.T) { s.Headers() })
	t.Run("ErrCrossSite", func(*testing.T) { s.CrossSite() })
	t.Run("ErrMethods", func(*testing.T) { s.Methods() })
	t.Run("ErrHosts", func(*testing.T) { s.Hosts() })
	t.Run("ErrPaths", func(*testing.T) { s.Paths() })
	t.Run("ErrRedirects", func(*testing.T) { s.Redirects("next", "back", "return", "url") })
	require.Equal(t, http.StatusOK, b.get("/follow").StatusCode, "and the request is still followed")
}

// TestMarkupTyped: what is typed into the forms comes back as text.
func TestMarkupTyped(t *testing.T) {
	for _, text := range attack.Markup() {
		w := newWorld(t)
		for path, fields := range map[string][]string{
			"/follow": {"reference", "slip_code"}, "/verify": {"seal", "code", "says"}, "/language": {"language", "back"},
		} {
			form := map[string][]string{}
			for _, field := range fields {
				form[field] = []string{text}
			}
			got := w.browser("ar").do(http.MethodPost, path, form)
			require.Less(t, got.StatusCode, http.StatusInternalServerError, path)
			attack.Harmless(t, got.text, path+" "+text)
		}
	}
}

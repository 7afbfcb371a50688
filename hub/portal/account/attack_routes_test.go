package account_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/web/attack"
)

// surface is the account with the browser of somebody who is signed in and has
// filed a request.
func surface(t *testing.T, w *world) (attack.Surface, *person, string) {
	t.Helper()
	p := w.person(1)
	p.signIn()
	ref := p.filed()
	base, err := url.Parse(w.server.URL)
	require.NoError(t, err)
	engine, ok := w.handler.(*gin.Engine)
	require.True(t, ok)
	return attack.Surface{
		T: t, Engine: engine, Host: base.Host,
		As: func(r *http.Request) {
			for _, c := range p.client.Jar.Cookies(base) {
				r.AddCookie(c)
			}
		},
		Fill: strings.NewReplacer(":reference", ref.Digits(), ":step", "use", ":hash", "0", ":name", "style.css"),
		State: func() any {
			return []any{len(w.kinds()), w.state(ref)}
		},
	}, p, at(ref, "")
}

// TestAttacks tries on every page of an account what strangers try, with the
// cookies of the person.
func TestAttacks(t *testing.T) {
	w := newWorld(t)
	s, _, _ := surface(t, w)
	provider := strings.TrimPrefix(w.issuer, "http://")
	t.Run("OKHeaders", func(*testing.T) { s.Headers() })
	t.Run("ErrCrossSite", func(*testing.T) { s.CrossSite() })
	t.Run("ErrMethods", func(*testing.T) { s.Methods() })
	t.Run("ErrHosts", func(*testing.T) { s.Hosts() })
	t.Run("ErrPaths", func(*testing.T) { s.Paths() })
	t.Run("ErrRedirects", func(*testing.T) {
		s.Trusted = provider // to sign in, and to pay
		s.Redirects("next", "back", "return", "redirect_uri")
	})
}

// TestNobody: whoever is not signed in gets the door, and nothing happens.
func TestNobody(t *testing.T) {
	w := newWorld(t)
	s, _, own := surface(t, w)
	before := s.State()
	for _, route := range s.Engine.Routes() {
		path := s.Fill.Replace(route.Path)
		if !strings.HasPrefix(path, "/requests") && !strings.HasPrefix(path, "/ask") && path != "/paid" {
			continue
		}
		r := httptest.NewRequestWithContext(t.Context(), route.Method, path, strings.NewReader(""))
		rec := httptest.NewRecorder()
		s.Engine.ServeHTTP(rec, r)
		if route.Method == http.MethodGet {
			require.Equal(t, http.StatusSeeOther, rec.Code, path)
			require.Contains(t, rec.Header().Get("Location"), "/signin?next=", path)
			continue
		}
		require.Equal(t, http.StatusUnauthorized, rec.Code, path)
	}
	require.Equal(t, before, s.State())
	other := w.person(2)
	other.signIn()
	for _, end := range []string{"", "/filed", "/pay", "/pay/go", "/answer", "/document", "/print", "/print/confirm", "/print/code", "/withdraw"} {
		require.Equal(t, http.StatusNotFound, other.get(own+end).status, "somebody else's request: %s", end)
	}
	for _, end := range []string{"/answer", "/document", "/print", "/print/code", "/withdraw"} {
		require.Equal(t, http.StatusNotFound, other.post(own+end, "text", "x", "post", "ES-LEI").status, "somebody else's request: %s", end)
	}
	require.Equal(t, before, s.State())
}

// TestMarkupTyped: what is typed into any form comes back as text.
func TestMarkupTyped(t *testing.T) {
	w := newWorld(t)
	s, p, own := surface(t, w)
	fields := []string{"purpose", "text", "country", "legalization", "mode", "post", "phone", "email", "agree", "authority", "service", "filing", "reason"}
	for _, text := range attack.Markup() {
		for _, route := range s.Engine.Routes() {
			if route.Method != http.MethodPost || strings.HasPrefix(route.Path, "/hooks/") || route.Path == "/signout" {
				continue
			}
			for _, step := range []string{"which", "use", "legalization", "delivery", "post", "contact", "consent", "review"} {
				path := strings.ReplaceAll(route.Path, ":step", step)
				if path == route.Path && step != "which" {
					continue
				}
				var pairs []string
				for _, field := range fields {
					pairs = append(pairs, field, text)
				}
				// One field of free text among choices that hold.
				for _, form := range [][]string{pairs, {"purpose", "other", "text", text}, {"phone", "+34 612 345 678", "email", text}} {
					got := p.post(s.Fill.Replace(path), form...)
					require.Less(t, got.status, http.StatusInternalServerError, path)
					attack.Harmless(t, got.text, path+" "+text)
				}
			}
		}
		for _, path := range []string{"/ask", "/ask/use", "/ask/contact", "/ask/review", own} {
			attack.Harmless(t, p.get(path).text, path)
		}
	}
}

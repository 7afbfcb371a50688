package office_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"jaliya/internal/web/attack"
)

// against gives the office's desk with the browser of an officer, and a request
// to work on.
func (w *world) against(t *testing.T, s surfer) attack.Surface {
	t.Helper()
	base, err := url.Parse(w.desk.URL)
	require.NoError(t, err)
	engine, ok := w.desk.Config.Handler.(*gin.Engine)
	require.True(t, ok)
	return attack.Surface{
		T: t, Engine: engine, Host: base.Host,
		As: func(r *http.Request) {
			for _, c := range s.client.Jar.Cookies(base) {
				r.AddCookie(c)
			}
		},
		Fill:  strings.NewReplacer(":id", "c-7", ":hash", "0", ":name", "style.css"),
		State: func() any { return version.FindString(s.get("/requests/c-7").text) },
	}
}

// TestAttacks tries on every route of the office's desk what strangers try, with
// the cookie of an officer and without.
func TestAttacks(t *testing.T) {
	w := newWorld(t)
	w.memory = true
	w.open()
	w.put("c-7")
	browser := w.signedIn(w.hire("Nadia Tazi"))
	s := w.against(t, browser)
	require.NotEmpty(t, s.State())
	s.CrossSite()
	s.Methods()
	s.Hosts()
	s.Paths()
	require.Equal(t, "/", browser.get("/").at, "still signed in")
	s.Headers() // it signs out in the end
	s.Redirects("next", "back", "return")
	open := map[string]bool{"/sign-in": true, "/lock": true, "/unlock": true, "/sign-out": true, "/enrol": true, "/language": true, "/assets/:hash/:name": true}
	for _, route := range s.Engine.Routes() { // nobody, at every route that is not the door
		if open[route.Path] {
			continue
		}
		rec := httptest.NewRecorder()
		s.Engine.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), route.Method, s.Fill.Replace(route.Path), nil))
		if route.Method == http.MethodGet {
			require.Equal(t, http.StatusSeeOther, rec.Code, route.Path)
			require.Contains(t, rec.Header().Get("Location"), "/sign-in", route.Path)
			continue
		}
		require.Equal(t, http.StatusUnauthorized, rec.Code, route.Path)
	}
}

// TestMarkupTyped: what officers type comes back as text, in every act.
func TestMarkupTyped(t *testing.T) {
	w := newWorld(t)
	w.memory = true
	w.open()
	w.put("c-7")
	for _, text := range attack.Markup() {
		browser := w.signedIn(w.hire(text))
		attack.Harmless(t, browser.get("/").text, "the name of an officer")
		for _, act := range []string{"ask", "found", "add", "nothing", "entries", "propose", "confirm", "return", "refuse", "void", "issue", text} {
			var pairs []string
			for _, field := range []string{"text", "court_fr", "court_ar", "day", "month", "year", "offense_fr", "offense_ar", "sentence_fr", "sentence_ar"} {
				pairs = append(pairs, act+"-"+field, text)
			}
			got := browser.act(act, append(pairs, "language", text)...)
			require.Less(t, got.status, http.StatusInternalServerError, act)
			attack.Harmless(t, got.text, act+" "+text)
		}
		// Free text that holds is shown again on the page and in the history.
		got := browser.act("ask", "ask-text", text, "language", "fr")
		attack.Harmless(t, got.text, text)
		attack.Harmless(t, browser.get("/requests/c-7").text, text)
		attack.Harmless(t, browser.post("/sign-in", "officer", text, "password", text, "code", text, "next", text).text, text)
		attack.Harmless(t, browser.post("/enrol", "officer", text, "sheet", text, "password", text, "code", text).text, text)
		w.pass(10 * time.Minute) // until the two failures at this workstation are forgotten
	}
}

package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/web/attack"
)

// against gives the console with the browser of an officer, and a request that
// waits for a decision.
func (w *world) against(t *testing.T, s surfer) attack.Surface {
	t.Helper()
	ref, _ := w.release()
	base, err := url.Parse(w.server.URL)
	require.NoError(t, err)
	return attack.Surface{
		T: t, Engine: w.engine, Host: base.Host,
		As: func(r *http.Request) {
			for _, c := range s.client.Jar.Cookies(base) {
				r.AddCookie(c)
			}
		},
		Fill:  strings.NewReplacer(":reference", ref.Digits(), ":part", "portrait", ":label", "P261FRLYO0001X", ":act", "pack", ":post", "FR-LYO", ":order", "1", ":number", "1", ":hash", "0", ":name", "style.css"),
		State: func() any { return w.state(ref) },
	}
}

// TestAttacks tries on every route of the console what strangers try, with the
// cookie of each role.
func TestAttacks(t *testing.T) {
	w := newWatchedWorld(t)
	for _, role := range access.HubRoles() {
		t.Run(string(role), func(t *testing.T) {
			browser := w.signedIn(w.hire(role, "Somebody "+string(role)))
			s := w.against(t, browser)
			s.CrossSite()
			s.Hosts()
			s.Paths()
			require.NotContains(t, browser.get("/").at, "/sign-in", "still signed in")
			s.Headers() // it signs out in the end
		})
	}
	browser := w.signedIn(w.hire(access.Verifier, "Nadia Tazi"))
	s := w.against(t, browser)
	s.Methods()
	s.Redirects("next", "back", "return")
}

// TestMarkupTyped: what officers type comes back as text.
func TestMarkupTyped(t *testing.T) {
	w := newWorld(t)
	// Both are in before what they type has the door count attempts.
	browsers := []surfer{
		w.signedIn(w.hire(access.Verifier, attack.Markup()[0])), w.signedIn(w.hire(access.PouchOfficer, attack.Markup()[1])),
	}
	door := map[string]bool{"/sign-in": true, "/unlock": true, "/enrol": true}
	for i, browser := range browsers {
		attack.Harmless(t, browser.get("/").text, "the name of an officer")
		s := w.against(t, browser)
		for _, text := range attack.Markup() {
			for _, route := range s.Engine.Routes() {
				if door[route.Path] && i > 0 { // it is the same for all
					continue
				}
				if route.Method != http.MethodPost || route.Path == "/sign-out" || route.Path == "/lock" || strings.HasPrefix(route.Path, "/api/") {
					continue
				}
				var pairs []string
				for _, field := range []string{
					"officer", "password", "code", "sheet", "next", "reference", "decision", "reason", "second", "note", "text", "version",
					"seal", "waybill", "label", "post", "destination", "courier", "site", "name", "language", "back", "words", "node", "seen", "choice", "copies_off",
				} {
					pairs = append(pairs, field, text)
				}
				got := browser.post(s.Fill.Replace(route.Path), pairs...)
				require.Less(t, got.status, http.StatusInternalServerError, route.Path)
				attack.Harmless(t, got.text, route.Path+" "+text)
			}
		}
	}
}

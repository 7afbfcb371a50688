package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/outside/identity"
	"jaliya/internal/web/webtest"
)

// stage is a provider and as much of a portal as a sign-in needs, on loopback.
func stage(t *testing.T) (portal string, sim *identity.Provider) {
	t.Helper()
	var provider, entrance http.Handler
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { provider.ServeHTTP(w, r) }))
	t.Cleanup(at.Close)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { entrance.ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "client.pem")
	require.NoError(t, identity.WriteKey(path, key))
	keys, err := identity.OpenKeys("")
	require.NoError(t, err)
	back := front.URL + "/sign-in/return"
	sim, err = identity.New(identity.Config{
		Issuer: at.URL, Keys: keys, Catalog: open(t), Seed: 4, People: 5,
		Clients: []identity.Client{{ID: clientID, Redirects: []string{back}, Key: &key.PublicKey}},
	})
	require.NoError(t, err)
	provider = sim.Handler()
	s, err := signin.New(signin.Config{Issuer: at.URL, ClientID: clientID, KeyFile: path, RedirectURL: back})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		to, err := s.Begin(w, r, signin.Options{Language: r.FormValue("lang")})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /sign-in/return", func(w http.ResponseWriter, r *http.Request) {
		got, err := s.Finish(r)
		// What a test needs to see, and no page of the product.
		_ = json.NewEncoder(w).Encode(map[string]any{"failed": err != nil, "number": got.Person.NationalNumber})
	})
	entrance = mux
	return front.URL, sim
}

// TestSignInBrowser signs in as people do: a real browser, its cookies, its
// content policy, and no script.
func TestSignInBrowser(t *testing.T) {
	webtest.Wanted(t)
	portal, sim := stage(t)
	for _, language := range []string{"ar", "fr"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK/%s-%d", language, width), func(t *testing.T) {
				b := webtest.Start(t, webtest.Options{Base: portal, Surface: "identity"})
				b.Name = fmt.Sprintf("%s-%d", language, width)
				b.Viewport(width)
				b.Open("/sign-in?lang=" + language)
				require.Equal(t, language, webtest.Eval[string](b, "document.documentElement.lang"))
				b.Look("login")
				citizen := sim.People()[2]
				b.Do(chromedp.Click(chromedp.CSS(`input[name="person"][value="2"]`)), chromedp.SendKeys(chromedp.CSS("#pin"), "999999"))
				b.Press("button")
				b.Look("wrong")
				b.Do(chromedp.Click(chromedp.CSS(`input[name="person"][value="2"]`)), chromedp.SendKeys(chromedp.CSS("#pin"), citizen.PIN))
				b.Press("button")
				b.Look("consent")
				b.Press(`button[value="agree"]`)
				require.Equal(t, portal+"/sign-in/return", webtest.Eval[string](b, "location.origin + location.pathname"))
				require.JSONEq(t, `{"failed":false,"number":"`+string(citizen.Person.NationalNumber)+`"}`,
					webtest.Eval[string](b, "document.body.innerText"))
			})
		}
	}
}

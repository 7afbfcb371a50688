package signin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/portal/signin"
	"jaliya/internal/outside/identity"
)

// desk has the pinned axe-core, whose digest its own test checks.
const (
	axeFile = "../../../consulate-node/desk/testdata/axe.min.js"
	screens = "../../../build/screens"
)

// tab is a browser tab that signs in.
type tab struct {
	*testing.T

	ctx  context.Context //nolint:containedctx // a tab of this library is a context
	axe  string
	name string
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	require.NoError(b, chromedp.Do(ctx, steps...))
}

func run[V any](b *tab, step chromedp.Action[V]) V {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, step)
	require.NoError(b, err)
	return v
}

// look takes a picture and lets axe-core judge the page.
func (b *tab) look(name string) {
	b.Helper()
	wide := run(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	require.LessOrEqual(b, wide, 0, "%s %s: the page is wider than the screen", b.name, name)
	picture := run(b, chromedp.FullScreenshot(100))
	require.NoError(b, os.WriteFile(filepath.Join(screens, fmt.Sprintf("identity-%s-%s.png", b.name, name)), picture, 0o600))
	found := run(b, chromedp.Evaluate[string](
		`(() => { `+b.axe+` })(); axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.help, v.nodes[0].html])))`,
		chromedp.EvalAwaitPromise))
	require.JSONEq(b, `[]`, found, "%s %s", b.name, name)
}

func (b *tab) press(selector string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	require.NoError(b, err, selector)
}

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
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
	axe, err := os.ReadFile(axeFile)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(screens, 0o750))
	portal, sim := stage(t)
	for _, language := range []string{"ar", "fr"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK/%s-%d", language, width), func(t *testing.T) {
				options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
				ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
				defer cancel()
				ctx, cancel = chromedp.NewContext(ctx)
				defer cancel()
				require.NoError(t, chromedp.Do(ctx)) // the first context starts the browser, and must not time out
				b := &tab{T: t, ctx: ctx, axe: string(axe), name: fmt.Sprintf("%s-%d", language, width)}
				b.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(portal+"/sign-in?lang="+language))
				require.Equal(t, language, run(b, chromedp.Evaluate[string]("document.documentElement.lang")))
				b.look("login")
				citizen := sim.People()[2]
				b.do(chromedp.Click(chromedp.CSS(`input[name="person"][value="2"]`)), chromedp.SendKeys(chromedp.CSS("#pin"), "999999"))
				b.press("button")
				b.look("wrong")
				b.do(chromedp.Click(chromedp.CSS(`input[name="person"][value="2"]`)), chromedp.SendKeys(chromedp.CSS("#pin"), citizen.PIN))
				b.press("button")
				b.look("consent")
				b.press(`button[value="agree"]`)
				require.Equal(t, portal+"/sign-in/return", run(b, chromedp.Evaluate[string]("location.origin + location.pathname")))
				require.JSONEq(t, `{"failed":false,"number":"`+string(citizen.Person.NationalNumber)+`"}`,
					run(b, chromedp.Evaluate[string]("document.body.innerText")))
			})
		}
	}
}

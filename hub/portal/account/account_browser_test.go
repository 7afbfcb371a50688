package account_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/web/webtest"
)

// tab is one browser tab of a person.
type tab struct {
	*webtest.Tab
	w         *world
	downloads string
}

func startBrowser(t *testing.T, w *world) *tab {
	t.Helper()
	o := webtest.Options{Base: w.server.URL, Surface: "account", Heavy: webtest.CitizenPage}
	return &tab{Tab: webtest.Start(t, o), w: w, downloads: t.TempDir()}
}

// next sends the form of the page.
func (b *tab) next() {
	b.T.Helper()
	b.Press(`main form[method="post"] button.primary`)
}

// at waits for nothing: a press has waited for the page.
func (b *tab) at(path string) {
	b.T.Helper()
	require.Equal(b.T, path, b.Path())
}

// TestAccountBrowser goes the whole way as people do, with and without scripts.
func TestAccountBrowser(t *testing.T) {
	webtest.Wanted(t)
	for _, tc := range []struct {
		language string
		width    int64
		plain    bool
	}{{"ar", 390, false}, {"ar", 390, true}, {"es", 390, false}, {"es", 390, true}, {"fr", 1280, false}} {
		name := fmt.Sprintf("%s-%d", tc.language, tc.width)
		if tc.plain {
			name += "-plain"
		}
		t.Run("OK-"+name, func(t *testing.T) {
			w := newWorld(t)
			b := startBrowser(t, w)
			b.Name = name
			b.Viewport(tc.width)
			if tc.plain {
				b.Scripts(false)
			}
			b.walk(tc.language)
		})
	}
}

// signIn goes through the provider's pages.
func (b *tab) signIn() {
	b.T.Helper()
	pin := b.w.provider.People()[1].PIN
	for range 3 {
		path := webtest.Eval[string](b.Tab, "location.origin + location.pathname")
		switch path {
		case b.w.issuer + "/login":
			b.Fill(map[string]string{"person": "1", "pin": pin})
			b.Press("form button")
		case b.w.issuer + "/consent":
			webtest.Eval[bool](b.Tab, `document.querySelectorAll("[name=release]").forEach((one) => { one.checked = true; }) || true`)
			b.Press(`button[value="agree"]`)
		default:
			return
		}
	}
}

func (b *tab) walk(language string) {
	b.T.Helper()
	b.Open("/requests")
	b.signIn()
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector(".tongues").open = true`))
	b.Press(`.languages [value="` + language + `"]`)
	b.Open("/requests")
	b.Look("requests-none")
	b.Press(`a.button[href="/ask"]`)
	b.Look("which")
	b.Press(`a[href="/ask/help"]`)
	b.Fill(map[string]string{"country": "ES", "authority": "immigration"})
	b.Look("help")
	b.next()
	b.Look("which-advised")
	b.next()
	b.Fill(map[string]string{"purpose": "other", "text": "<visa>"})
	b.next()
	b.Look("use-wrong")
	b.Fill(map[string]string{"purpose": "residence", "country": "ES"})
	b.next()
	b.Fill(map[string]string{"legalization": "apostille"})
	b.Look("legalization")
	b.next()
	b.Fill(map[string]string{"mode": "collect"})
	b.Look("delivery")
	b.next()
	b.Look("post-country")
	b.Fill(map[string]string{"country": "ES"})
	b.Press(`main form[method="get"] button`)
	b.Fill(map[string]string{"post": "ES-LEI"})
	b.Look("post")
	b.next()
	b.Fill(map[string]string{"phone": "612345678"})
	b.next()
	b.Look("contact-wrong")
	b.Fill(map[string]string{"phone": "+34 612 345 678", "email": "amina@example.org"})
	b.next()
	b.Look("consent")
	b.Fill(map[string]string{"agree": "yes"})
	b.next()
	b.Look("review")
	b.next()
	b.Look("filed")
	ref, err := consular.ParseReference(strings.Split(webtest.Eval[string](b.Tab, "location.pathname"), "/")[2])
	require.NoError(b.T, err)
	b.follow(ref)
}

// follow pays, answers, opens, has it printed.
func (b *tab) follow(ref consular.Reference) {
	b.T.Helper()
	b.w.examine(ref)
	b.Open(at(ref, ""))
	b.Look("request-unpaid")
	b.Press(`a[href$="/pay"]`)
	b.Look("pay")
	b.Open("/paid")
	b.Open(at(ref, "/pay/go"))
	require.Equal(b.T, b.w.issuer+"/payment-page", webtest.Eval[string](b.Tab, "location.href"), "the policy lets a link lead there")
	b.Open("/paid")
	b.Look("paid-not-yet")
	b.w.pay(ref)
	b.Press(`a.primary[href="/paid"]`)
	b.Look("paid")
	b.Open(at(ref, ""))
	b.Look("request-processing")
	b.w.query(ref)
	b.Open(at(ref, ""))
	b.Look("request-question")
	b.Press(`a[href$="/answer"]`)
	b.Fill(map[string]string{"text": "Ahmed"})
	b.Look("answer")
	b.next()
	b.Look("answered")
	b.w.issue(ref)
	b.Open(at(ref, ""))
	b.Look("request-issued")
	b.Press(`a[href$="/document"]`)
	b.Look("document")
	b.Press(`a[href$="/document/signin"]`)
	b.signIn()
	b.at(at(ref, "/document"))
	b.Look("document-proved")
	b.download()
	b.Open(at(ref, "/document"))
	b.Look("document-used")
	b.Open(at(ref, "/print?country=ES"))
	b.Fill(map[string]string{"post": "ES-LEI"})
	b.Look("print")
	b.next()
	b.Look("print-confirm")
	b.Press(`a[href$="/print/signin"]`)
	b.signIn()
	b.at(at(ref, "/print/code"))
	b.Look("print-code")
	b.Open(at(ref, ""))
	b.Look("request-ready")
	b.Open("/requests")
	b.Look("requests")
	b.w.passed.Add(int64(31 * time.Minute))
	b.Open("/ask")
	b.signIn()
	b.Look("ask-again")
	b.w.passed.Add(int64(31 * time.Minute))
	b.Fill(map[string]string{"service": "record.police"})
	b.next()
	b.Look("signed-out")
	b.Open("/requests")
	b.signIn()
	b.Open("/requests/000000000000000000")
	b.Look("unknown")
	b.Open("/signout")
	b.Look("signout")
}

// download opens the document, which the browser keeps as a file.
func (b *tab) download() {
	b.T.Helper()
	done := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	require.NoError(b.T, chromedp.ListenBrowser(ctx, func(event any) {
		if e, ok := event.(*browser.EventDownloadProgress); ok && e.State == "completed" {
			select {
			case done <- struct{}{}:
			default:
			}
		}
	}))
	events := true
	_, err := chromedp.CallBrowser(b.Patient(), browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: b.downloads, EventsEnabled: &events,
	})
	require.NoError(b.T, err)
	b.Do(chromedp.Click(chromedp.CSS(`main form button.primary`)))
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		require.Fail(b.T, "no file came")
	}
	files, err := filepath.Glob(filepath.Join(b.downloads, "*"))
	require.NoError(b.T, err)
	require.Len(b.T, files, 1)
	held, err := os.ReadFile(files[0])
	require.NoError(b.T, err)
	require.Equal(b.T, string(pdf), string(held))
}

package account_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
)

// axePath is the copy of axe-core that the desk's tests pin.
var axePath = filepath.Join("..", "..", "..", "consulate-node", "desk", "testdata", "axe.min.js")

// tab is one browser tab of a person.
type tab struct {
	t         *testing.T
	ctx       context.Context //nolint:containedctx // a tab of this library is a context
	w         *world
	dir       string // for screenshots
	downloads string
	axe       string
	name      string // language, width, script: in file names
	shot      int
	plain     bool // the pages run no script
}

// scripts lets pages run scripts or not. What a test evaluates runs anyway, but
// what waits for a timer does not.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.patient(), emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	require.NoError(b.t, err)
}

func startBrowser(t *testing.T, w *world) *tab {
	t.Helper()
	axe, err := os.ReadFile(axePath)
	require.NoError(t, err)
	dir := filepath.Join("..", "..", "..", "build", "screens")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Error("script: " + e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			// A refused form answers with a status that the browser notes as well.
			if e.Entry.Level == "error" && e.Entry.Source != "network" {
				t.Error("browser: " + e.Entry.Text)
			}
		}
	}))
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx)) // the first context starts the browser, and must not time out
	return &tab{t: t, ctx: ctx, w: w, dir: dir, axe: string(axe), downloads: t.TempDir()}
}

func (b *tab) patient() context.Context {
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	b.t.Cleanup(cancel)
	return ctx
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.patient(), steps...))
}

func eval[T any](b *tab, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.patient(), chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, script)
	return v
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.w.server.URL + path))
}

// press clicks what a selector finds and waits for the page that follows.
func (b *tab) press(selector string) {
	b.t.Helper()
	_, err := chromedp.RunResponse(b.patient(), chromedp.Click(chromedp.CSS(selector)))
	require.NoError(b.t, err, selector)
}

// next sends the form of the page.
func (b *tab) next() {
	b.t.Helper()
	b.press(`main form[method="post"] button.primary`)
}

// fill types, chooses and ticks.
func (b *tab) fill(values map[string]string) {
	b.t.Helper()
	raw, err := json.Marshal(values)
	require.NoError(b.t, err)
	require.True(b.t, eval[bool](b, `(() => {
		for (const [name, value] of Object.entries(`+string(raw)+`)) {
			const radio = document.querySelector("[name='" + name + "'][value='" + value + "']");
			if (radio && radio.matches("[type=radio], [type=checkbox]")) { radio.checked = true; continue; }
			const field = document.getElementById(name) ?? document.getElementsByName(name)[0];
			if (!field) throw new Error("no field " + name);
			field.value = value;
		}
		return true;
	})()`))
}

// at waits for nothing: a press has waited for the page.
func (b *tab) at(path string) {
	b.t.Helper()
	require.Equal(b.t, path, eval[string](b, "location.pathname"))
}

// look takes a picture of the whole page and lets axe-core judge it.
func (b *tab) look(name string) {
	b.t.Helper()
	wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	require.LessOrEqual(b.t, wide, 0, "%s %s: the page is wider than the screen", b.name, name)
	picture, err := chromedp.Run(b.patient(), chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	b.shot++
	file := fmt.Sprintf("account-%s-%02d-%s.png", b.name, b.shot, name)
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, file), picture, 0o600))
	weight := eval[int](b, `new Blob([document.documentElement.outerHTML]).size`)
	require.Less(b.t, weight, 50<<10, "%s %s: the page is too heavy", b.name, name)
	if b.plain { // the page is there, without its scripts
		b.scripts(true)
		defer b.scripts(false)
	}
	eval[bool](b, `(() => { if (!window.axe) { `+b.axe+` } return true; })()`)
	type finding struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML string }
	}
	found := eval[[]finding](b, `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations)`)
	for _, one := range found {
		var nodes []string
		for _, n := range one.Nodes {
			nodes = append(nodes, n.HTML)
		}
		b.t.Errorf("%s %s: %s (%s, %s): %s", b.name, name, one.ID, one.Impact, one.Help, strings.Join(nodes, "\n"))
	}
}

// TestAccountBrowser goes the whole way as people do, with and without scripts.
func TestAccountBrowser(t *testing.T) {
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
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
			b.name = name
			b.do(chromedp.EmulateViewport(tc.width, 900))
			if tc.plain {
				b.plain = true
				b.scripts(false)
			}
			b.walk(tc.language)
		})
	}
}

// signIn goes through the provider's pages.
func (b *tab) signIn() {
	b.t.Helper()
	pin := b.w.provider.People()[1].PIN
	for range 3 {
		path := eval[string](b, "location.origin + location.pathname")
		switch path {
		case b.w.issuer + "/login":
			b.fill(map[string]string{"person": "1", "pin": pin})
			b.press("form button")
		case b.w.issuer + "/consent":
			eval[bool](b, `document.querySelectorAll("[name=release]").forEach((one) => { one.checked = true; }) || true`)
			b.press(`button[value="agree"]`)
		default:
			return
		}
	}
}

func (b *tab) walk(language string) {
	b.t.Helper()
	b.open("/requests")
	b.signIn()
	require.True(b.t, eval[bool](b, `document.querySelector(".tongues").open = true`))
	b.press(`.languages [value="` + language + `"]`)
	b.open("/requests")
	b.look("requests-none")
	b.press(`a.button[href="/ask"]`)
	b.look("which")
	b.press(`a[href="/ask/help"]`)
	b.fill(map[string]string{"country": "ES", "authority": "immigration"})
	b.look("help")
	b.next()
	b.look("which-advised")
	b.next()
	b.fill(map[string]string{"purpose": "other", "text": "<visa>"})
	b.next()
	b.look("use-wrong")
	b.fill(map[string]string{"purpose": "residence", "country": "ES"})
	b.next()
	b.fill(map[string]string{"legalization": "apostille"})
	b.look("legalization")
	b.next()
	b.fill(map[string]string{"mode": "collect"})
	b.look("delivery")
	b.next()
	b.look("post-country")
	b.fill(map[string]string{"country": "ES"})
	b.press(`main form[method="get"] button`)
	b.fill(map[string]string{"post": "ES-LEI"})
	b.look("post")
	b.next()
	b.fill(map[string]string{"phone": "612345678"})
	b.next()
	b.look("contact-wrong")
	b.fill(map[string]string{"phone": "+34 612 345 678", "email": "amina@example.org"})
	b.next()
	b.look("consent")
	b.fill(map[string]string{"agree": "yes"})
	b.next()
	b.look("review")
	b.next()
	b.look("filed")
	ref, err := consular.ParseReference(strings.Split(eval[string](b, "location.pathname"), "/")[2])
	require.NoError(b.t, err)
	b.follow(ref)
}

// follow pays, answers, opens, has it printed.
func (b *tab) follow(ref consular.Reference) {
	b.t.Helper()
	b.w.examine(ref)
	b.open(at(ref, ""))
	b.look("request-unpaid")
	b.press(`a[href$="/pay"]`)
	b.look("pay")
	b.open("/paid")
	b.open(at(ref, "/pay/go"))
	require.Equal(b.t, b.w.issuer+"/payment-page", eval[string](b, "location.href"), "the policy lets a link lead there")
	b.open("/paid")
	b.look("paid-not-yet")
	b.w.pay(ref)
	b.press(`a.primary[href="/paid"]`)
	b.look("paid")
	b.open(at(ref, ""))
	b.look("request-processing")
	b.w.query(ref)
	b.open(at(ref, ""))
	b.look("request-question")
	b.press(`a[href$="/answer"]`)
	b.fill(map[string]string{"text": "Ahmed"})
	b.look("answer")
	b.next()
	b.look("answered")
	b.w.issue(ref)
	b.open(at(ref, ""))
	b.look("request-issued")
	b.press(`a[href$="/document"]`)
	b.look("document")
	b.press(`a[href$="/document/signin"]`)
	b.signIn()
	b.at(at(ref, "/document"))
	b.look("document-proved")
	b.download()
	b.open(at(ref, "/document"))
	b.look("document-used")
	b.open(at(ref, "/print?country=ES"))
	b.fill(map[string]string{"post": "ES-LEI"})
	b.look("print")
	b.next()
	b.look("print-confirm")
	b.press(`a[href$="/print/signin"]`)
	b.signIn()
	b.at(at(ref, "/print/code"))
	b.look("print-code")
	b.open(at(ref, ""))
	b.look("request-ready")
	b.open("/requests")
	b.look("requests")
	b.w.passed.Add(int64(31 * time.Minute))
	b.open("/ask")
	b.signIn()
	b.look("ask-again")
	b.w.passed.Add(int64(31 * time.Minute))
	b.fill(map[string]string{"service": "record.police"})
	b.next()
	b.look("signed-out")
	b.open("/requests")
	b.signIn()
	b.open("/requests/000000000000000000")
	b.look("unknown")
	b.open("/signout")
	b.look("signout")
}

// download opens the document, which the browser keeps as a file.
func (b *tab) download() {
	b.t.Helper()
	done := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	require.NoError(b.t, chromedp.ListenBrowser(ctx, func(event any) {
		if e, ok := event.(*browser.EventDownloadProgress); ok && e.State == "completed" {
			select {
			case done <- struct{}{}:
			default:
			}
		}
	}))
	events := true
	_, err := chromedp.CallBrowser(b.patient(), browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: b.downloads, EventsEnabled: &events,
	})
	require.NoError(b.t, err)
	b.do(chromedp.Click(chromedp.CSS(`main form button.primary`)))
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		require.Fail(b.t, "no file came")
	}
	files, err := filepath.Glob(filepath.Join(b.downloads, "*"))
	require.NoError(b.t, err)
	require.Len(b.t, files, 1)
	held, err := os.ReadFile(files[0])
	require.NoError(b.t, err)
	require.Equal(b.t, string(pdf), string(held))
}

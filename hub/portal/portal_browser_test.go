package portal_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"jaliya/hub/portal"
)

// The pinned axe-core, whose digest the desk's own test checks, and where
// screenshots go.
var (
	axeFile = filepath.Join("..", "..", "consulate-node", "desk", "testdata", "axe.min.js")
	screens = filepath.Join("..", "..", "build", "screens")
)

// tab is one browser tab of a citizen.
type tab struct {
	*testing.T
	ctx  context.Context //nolint:containedctx // a tab of this library is a context
	at   string
	axe  string
	name string // language, width, scripts or none
	bare bool   // without scripts
}

// step is how long one may take on a busy machine.
const step = 30 * time.Second

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, step)
	defer cancel()
	require.NoError(b, chromedp.Do(ctx, steps...))
}

func run[V any](b *tab, action chromedp.Action[V]) V {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, step)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	require.NoError(b, err)
	return v
}

func (b *tab) open(path string) {
	b.Helper()
	b.do(chromedp.Navigate(b.at + path))
}

func (b *tab) press(selector string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, step)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	require.NoError(b, err, selector)
}

// look takes a picture of the whole page and, where scripts run, lets axe-core
// judge it.
func (b *tab) look(name string) {
	b.Helper()
	wide := run(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	require.LessOrEqual(b, wide, 0, "%s %s: the page is wider than the screen", b.name, name)
	picture := run(b, chromedp.FullScreenshot(100))
	require.NoError(b, os.WriteFile(filepath.Join(screens, fmt.Sprintf("portal-%s-%s.png", b.name, name)), picture, 0o600))
	if b.bare {
		return
	}
	found := run(b, chromedp.Evaluate[string](
		`(() => { `+b.axe+` })(); axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.help, v.nodes[0].html])))`,
		chromedp.EvalAwaitPromise))
	require.JSONEq(b, `[]`, found, "%s %s", b.name, name)
}

func (b *tab) text() string {
	b.Helper()
	return run(b, chromedp.Evaluate[string]("document.body.innerText"))
}

// TestPortalBrowser walks as a citizen does, with scripts and without.
func TestPortalBrowser(t *testing.T) {
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
	axe, err := os.ReadFile(axeFile)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(screens, 0o750))
	o := newOffice(t, time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	file := filepath.Join(t.TempDir(), "record.pdf")
	require.NoError(t, os.WriteFile(file, o.issue(t).PDF, 0o600))
	for _, view := range []struct {
		language string
		width    int64
	}{{"ar", 390}, {"es", 390}, {"fr", 1280}, {"zgh", 390}} {
		for _, bare := range []bool{false, true} {
			name := fmt.Sprintf("%s-%d", view.language, view.width)
			if bare {
				name += "-bare"
			}
			t.Run("OK-"+name, func(t *testing.T) {
				w := newWorld(t, func(options *portal.Options) {
					options.Secure = false
					options.Prover, err = portal.NewProver(o.trust)
					require.NoError(t, err)
				})
				server := httptest.NewServer(w.portal)
				defer server.Close()
				flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
				ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), flags...)
				defer cancel()
				ctx, cancel = chromedp.NewContext(ctx)
				defer cancel()
				require.NoError(t, chromedp.Do(ctx)) // the first context starts the browser, and must not time out
				b := &tab{T: t, ctx: ctx, at: server.URL, axe: string(axe), name: name, bare: bare}
				b.do(chromedp.EmulateViewport(view.width, 900))
				if bare {
					b.do(scriptsOff())
				}
				b.walk(w, view.language, file)
			})
		}
	}
}

// scriptsOff makes the browser run no script of a page.
func scriptsOff() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

func (b *tab) walk(w *world, language, file string) {
	b.Helper()
	b.open("/")
	b.do(chromedp.Click(chromedp.CSS(".tongues summary")))
	b.look("languages")
	b.press(`.languages [value="` + language + `"]`)
	require.Equal(b, language, run(b, chromedp.Evaluate[string]("document.documentElement.lang")))
	b.look("first")
	b.do(chromedp.SendKeys(chromedp.CSS("#reference"), w.member.ref.Digits()), chromedp.SendKeys(chromedp.CSS("#slip_code"), "12"))
	b.press("form.form button.primary")
	b.look("mistyped")
	b.do(chromedp.SendKeys(chromedp.CSS("#slip_code"), "87654321"))
	b.press("form.form button.primary")
	b.look("no-match")
	b.do(chromedp.SendKeys(chromedp.CSS("#slip_code"), string(slipCode)))
	b.press("form.form button.primary")
	require.Equal(b, b.at+"/follow", run(b, chromedp.Evaluate[string]("location.href")))
	require.Contains(b, b.text(), w.member.ref.String()[:6])
	b.look("status")
	b.press(`form[action="/follow/leave"] button`)
	b.open("/t/" + slipToken().Text())
	require.Equal(b, b.at+"/follow", run(b, chromedp.Evaluate[string]("location.href")), "the token is out of the address")
	require.Contains(b, b.text(), w.member.ref.String()[:6])
	b.open("/verify")
	b.look("verify")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	b.press("form.form button.primary")
	require.Contains(b, b.text(), "BENABDERRAHMANE")
	b.look("genuine")
	b.open("/nowhere")
	b.look("gone")
}

package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"jaliya/hub/console"
	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/workflow"
)

// axePath is the copy of axe-core that the desk's tests pin.
var axePath = filepath.Join("..", "..", "consulate-node", "desk", "testdata", "axe.min.js")

// tab is one browser tab that walks through the console.
type tab struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // a tab of this library is a context
	w    *world
	dir  string // for screenshots
	axe  string
	name string // language and width, in file names
	shot int
}

// startBrowser skips without JALIYA_BROWSER=1: make test needs no browser.
func startBrowser(t *testing.T, w *world) *tab {
	t.Helper()
	axe, err := os.ReadFile(axePath)
	require.NoError(t, err)
	dir := filepath.Join("..", "..", "build", "screens")
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
	return &tab{t: t, ctx: ctx, w: w, dir: dir, axe: string(axe)}
}

// patience is how long one step may take on a busy machine.
const patience = 30 * time.Second

func (b *tab) patient() context.Context {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
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

func (b *tab) fill(values map[string]string) {
	b.t.Helper()
	raw, err := json.Marshal(values)
	require.NoError(b.t, err)
	require.True(b.t, eval[bool](b, `(() => {
		for (const [name, value] of Object.entries(`+string(raw)+`)) {
			const field = document.getElementById(name) ?? document.getElementsByName(name)[0];
			if (!field) throw new Error("no field " + name);
			field.value = value;
		}
		return true;
	})()`))
}

// look takes a picture of the whole page and lets axe-core judge it.
func (b *tab) look(name string) {
	b.t.Helper()
	wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	if wide > 0 {
		b.t.Log(eval[string](b, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1).slice(0, 12).map((e) => e.tagName + "." + e.className.toString() + " " + Math.round(e.getBoundingClientRect().right)).join("\n")`))
	}
	require.LessOrEqual(b.t, wide, 0, "%s %s: the page is wider than the screen", b.name, name)
	eval[bool](b, `Promise.all([...document.images].map((one) => { one.loading = "eager"; return one.decode().catch(() => {}); })).then(() => true)`)
	picture, err := chromedp.Run(b.patient(), chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	b.shot++
	file := fmt.Sprintf("console-%s-%02d-%s.png", b.name, b.shot, name)
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, file), picture, 0o600))
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

// TestConsoleBrowser walks from the sheet to a decision, and from a card to a
// bag that left, looking at each page.
func TestConsoleBrowser(t *testing.T) {
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				b := startBrowser(t, w)
				b.name = fmt.Sprintf("%s-%d", language, width)
				b.do(chromedp.EmulateViewport(width, 900))
				b.walk(language)
			})
		}
	}
}

func (b *tab) walk(language string) {
	b.t.Helper()
	b.open("/sign-in")
	b.press(`.languages [value="` + language + `"]`)
	require.Equal(b.t, map[string]string{"fr": "ltr", "ar": "rtl"}[language], eval[string](b, `document.documentElement.dir`))
	b.look("sign-in")
	b.enrol()
	b.look("waiting-empty")
	refs := make([]string, 3)
	for i := range refs {
		ref, _ := b.w.release()
		refs[i] = ref.Digits()
	}
	b.w.passed.Add(int64(6 * time.Minute))
	b.open("/verify")
	b.look("waiting")
	b.keys(refs[0])
	b.look("file")
	eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.look("file-decisions")
	b.late()
	b.open("/verify/case/" + refs[1] + "?check=refuse")
	b.look("file-no-reason")
	eval[bool](b, `document.querySelector("#decide-refuse [value=not-entitled]").click() || true`)
	b.press("#decide-refuse button.danger")
	b.look("waiting-decided")
	b.open("/verify/case/" + refs[1])
	b.look("gone")
	b.press(`form[action="/lock"] button`)
	b.look("locked")
	b.open("/verify/case/" + refs[2])
	b.fill(map[string]string{"password": password})
	b.press("form.form button.primary")
	require.Contains(b.t, eval[string](b, "location.pathname"), refs[2], "back where the officer was")
	b.press(".case-side form button.primary")
	b.pouches()
}

// enrol uses a sheet.
func (b *tab) enrol() {
	b.t.Helper()
	sheet, err := b.w.people.Change(b.t.Context(), officer.Request{Action: "add", Role: string(access.Verifier), Name: "Nadia Tazi"})
	require.NoError(b.t, err)
	b.press(`a[href="/enrol"]`)
	b.fill(map[string]string{"officer": string(sheet.Officer), "sheet": sheet.Code})
	b.press("form.form button.primary")
	b.look("enrol")
	p := &phone{id: sheet.Officer, totp: totp(b.t, eval[string](b, `document.querySelector(".door .code").textContent`))}
	b.fill(map[string]string{"password": "short", "code": p.code(b.w)})
	b.press("form.form button.primary")
	b.look("enrol-short")
	b.fill(map[string]string{"password": password, "code": p.code(b.w)})
	b.press("form.form button.primary")
}

// keys opens a line of the list by keyboard alone.
func (b *tab) keys(ref string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent("/"))
	require.Equal(b.t, "words", eval[string](b, "document.activeElement.id"))
	// The tool sends the sign by itself, whatever became of the key; Escape empties the field.
	b.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(ref))
	require.Equal(b.t, 1, eval[int](b, `document.querySelectorAll("#waiting tbody tr:not([hidden])").length`))
	b.do(chromedp.KeyEvent(kb.ArrowDown))
	require.Contains(b.t, eval[string](b, "document.activeElement.href"), ref)
	_, err := chromedp.RunResponse(b.patient(), chromedp.KeyEvent(kb.Enter))
	require.NoError(b.t, err)
	require.Contains(b.t, eval[string](b, "location.pathname"), ref)
}

// late has a colleague decide first.
func (b *tab) late() {
	b.t.Helper()
	colleague := b.w.signedIn(b.w.hire(access.Verifier, "Karim Alaoui"))
	path := eval[string](b, "location.pathname")
	page := colleague.get(path).carried(b.t)
	colleague.post(path+"/decision", append(page, "decision", console.DecideReturn, "reason", "names-differ")...)
	b.press(".case-side form button.primary")
	b.look("too-late")
}

func (b *tab) pouches() {
	b.t.Helper()
	waiting, err := b.w.OpenOrders(uint8(workflow.OrderRoute), b.w.now().UnixMilli(), 10)
	require.NoError(b.t, err)
	require.Len(b.t, waiting, 1)
	c, err := b.w.CaseNumber(waiting[0].Case)
	require.NoError(b.t, err)
	b.w.produce(consular.Reference(c.Reference))
	karim := b.w.hire(access.PouchOfficer, "Karim Alaoui")
	b.press(`form[action="/sign-out"] button`)
	b.fill(map[string]string{"officer": string(karim.id), "password": password, "code": karim.code(b.w)})
	b.press("form.form button.primary")
	b.look("pouches")
	b.press(".destinations button.primary")
	b.look("pouch-empty")
	b.press(".manifest button")
	b.look("pouch-packed")
	b.fill(map[string]string{"reference": "12"})
	b.press(`form[action$="/pack"] button.primary`)
	b.look("pouch-wrong")
	b.fill(map[string]string{"seal": "MA4711"})
	b.press(`form[action$="/close"] button.primary`)
	path := eval[string](b, "location.pathname")
	b.w.until("told", func() bool {
		pouches, err := b.w.Pouches(0, 10)
		require.NoError(b.t, err)
		return len(pouches) == 1 && pouches[0].Sent != nil && pouches[0].Sent.Told != 0
	})
	b.open(path)
	b.look("pouch-sealed")
	b.fill(map[string]string{"waybill": "RM 123 456"})
	b.press(`form[action$="/send"] button.primary`)
	b.look("pouch-sent")
	b.open("/pouches")
	b.look("pouches-under-way")
}

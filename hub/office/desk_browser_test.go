package office_test

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
	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/hub/office/people"
)

// axePath is the copy of axe-core that the desk's tests pin.
var axePath = filepath.Join("..", "..", "consulate-node", "desk", "testdata", "axe.min.js")

// tab is one browser tab that walks through the desk.
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
	b.do(chromedp.Navigate(b.w.desk.URL + path))
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
	require.LessOrEqual(b.t, wide, 0, "%s %s: the page is wider than the screen", b.name, name)
	eval[bool](b, `Promise.all([...document.images].map((one) => { one.loading = "eager"; return one.decode().catch(() => {}); })).then(() => true)`)
	picture, err := chromedp.Run(b.patient(), chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	b.shot++
	file := fmt.Sprintf("office-%s-%02d-%s.png", b.name, b.shot, name)
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

// TestOfficeBrowser walks from the sheet to a decision of two officers, looking
// at each page.
func TestOfficeBrowser(t *testing.T) {
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t).open()
				b := startBrowser(t, w)
				b.name = fmt.Sprintf("%s-%d", language, width)
				b.do(chromedp.EmulateViewport(width, 900))
				b.walk(language)
			})
		}
	}
}

// act sends the form of an act.
func (b *tab) act(name string) {
	b.t.Helper()
	eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.press(`form:has([name=act][value=` + name + `]) .actions button`)
}

func (b *tab) walk(language string) {
	b.t.Helper()
	colleague := b.w.hire("Karim Alaoui")
	b.open("/sign-in")
	b.press(`.languages [value="` + language + `"]`)
	require.Equal(b.t, map[string]string{"fr": "ltr", "ar": "rtl"}[language], eval[string](b, `document.documentElement.dir`))
	b.look("sign-in")
	b.enrol()
	b.look("work-empty")
	for _, id := range []string{"c-101", "c-102", "c-103"} {
		b.w.put(id)
	}
	b.w.must(9, "c-102", of(office.Found), of(office.NothingFound), of(office.IssueOrdered))
	b.open("/")
	b.look("work")
	b.open("/requests/c-103")
	eval[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.look("matching")
	b.act("ask")
	b.look("question-missing")
	b.fill(map[string]string{"ask-text": "Quel est le nom de votre mère ?", "language": "fr"})
	b.act("ask")
	b.look("question-out")
	b.open("/requests/c-101")
	b.act("found")
	b.fill(map[string]string{"add-court_fr": "Tribunal de première instance de Fès"})
	b.act("add")
	b.look("entry-missing")
	fields := map[string]string{}
	for i, all := 0, entryFields(); i < len(all); i += 2 {
		fields[all[i]] = all[i+1]
	}
	b.fill(fields)
	b.act("add")
	b.look("search")
	b.act("entries")
	b.look("review")
	b.fill(map[string]string{"propose-text": "Pas de réhabilitation"})
	b.act("propose")
	b.look("proposed")
	b.press(`form[action="/sign-out"] button`)
	b.fill(map[string]string{"officer": colleague.id, "password": password, "code": colleague.code(b.w)})
	b.press("form.form button.primary")
	b.open("/requests/c-101")
	b.look("second-officer")
	b.act("confirm")
	b.act("issue")
	b.look("ordered")
	b.open("/?queue=slot")
	b.look("slot")
	b.open("/figures")
	b.look("figures")
	b.press(`form[action="/lock"] button`)
	b.look("locked")
}

// enrol uses a sheet.
func (b *tab) enrol() {
	b.t.Helper()
	sheet, err := b.w.people.Change(b.t.Context(), people.Request{Action: "add", Name: "Nadia Tazi"})
	require.NoError(b.t, err)
	b.press(`a[href="/enrol"]`)
	b.fill(map[string]string{"officer": string(sheet.Officer), "sheet": sheet.Code})
	b.press("form.form button.primary")
	b.look("enrol")
	p := &phone{id: string(sheet.Officer), totp: totp(b.t, eval[string](b, `document.querySelector(".door .code").textContent`))}
	b.fill(map[string]string{"password": password, "code": p.code(b.w)})
	b.press("form.form button.primary")
}

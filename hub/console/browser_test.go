package console_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"jaliya/hub/console"
	"jaliya/hub/console/officer"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web/webtest"
	"jaliya/internal/workflow"
)

// tab is one browser tab that walks through the console.
type tab struct {
	*webtest.Tab
	w *world
}

// startBrowser skips without JALIYA_BROWSER=1: make test needs no browser.
func startBrowser(t *testing.T, w *world) *tab {
	t.Helper()
	return &tab{webtest.Start(t, webtest.Options{Base: w.server.URL, Surface: "console", Heavy: webtest.StaffPage}), w}
}

// TestConsoleBrowser walks from the sheet to a decision, and from a card to a
// bag that left, looking at each page.
func TestConsoleBrowser(t *testing.T) {
	webtest.Wanted(t)
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				b := startBrowser(t, w)
				b.Name = fmt.Sprintf("%s-%d", language, width)
				b.Viewport(width)
				b.walk(language)
			})
		}
	}
}

func (b *tab) walk(language string) {
	b.T.Helper()
	b.Open("/sign-in")
	b.Press(`.languages [value="` + language + `"]`)
	require.Equal(b.T, map[string]string{"fr": "ltr", "ar": "rtl"}[language], webtest.Eval[string](b.Tab, `document.documentElement.dir`))
	b.Look("sign-in")
	b.enrol()
	b.Look("waiting-empty")
	refs := make([]string, 3)
	for i := range refs {
		ref, _ := b.w.release()
		refs[i] = ref.Digits()
	}
	b.w.passed.Add(int64(6 * time.Minute))
	b.Open("/verify")
	b.Look("waiting")
	b.keys(refs[0])
	b.Look("file")
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.Look("file-decisions")
	b.late()
	b.Open("/verify/case/" + refs[1] + "?check=refuse")
	b.Look("file-no-reason")
	webtest.Eval[bool](b.Tab, `document.querySelector("#decide-refuse [value=not-entitled]").click() || true`)
	b.Press("#decide-refuse button.danger")
	b.Look("waiting-decided")
	b.Open("/verify/case/" + refs[1])
	b.Look("gone")
	b.Press(`form[action="/lock"] button`)
	b.Look("locked")
	b.Open("/verify/case/" + refs[2])
	b.Fill(map[string]string{"password": password})
	b.Press("form.form button.primary")
	require.Contains(b.T, webtest.Eval[string](b.Tab, "location.pathname"), refs[2], "back where the officer was")
	b.Press(".case-side form button.primary")
	b.pouches()
}

// enrol uses a sheet.
func (b *tab) enrol() {
	b.T.Helper()
	sheet, err := b.w.people.Change(b.T.Context(), officer.Request{Action: "add", Role: string(access.Verifier), Name: "Nadia Tazi"})
	require.NoError(b.T, err)
	b.Press(`a[href="/enrol"]`)
	b.Fill(map[string]string{"officer": string(sheet.Officer), "sheet": sheet.Code})
	b.Press("form.form button.primary")
	b.Look("enrol")
	p := &phone{id: sheet.Officer, totp: totp(b.T, webtest.Eval[string](b.Tab, `document.querySelector(".door .code").textContent`))}
	b.Fill(map[string]string{"password": "short", "code": p.code(b.w)})
	b.Press("form.form button.primary")
	b.Look("enrol-short")
	b.Fill(map[string]string{"password": password, "code": p.code(b.w)})
	b.Press("form.form button.primary")
}

// keys opens a line of the list by keyboard alone.
func (b *tab) keys(ref string) {
	b.T.Helper()
	b.Do(chromedp.KeyEvent("/"))
	require.Equal(b.T, "words", webtest.Eval[string](b.Tab, "document.activeElement.id"))
	// The tool sends the sign by itself, whatever became of the key; Escape empties the field.
	b.Do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(ref))
	require.Equal(b.T, 1, webtest.Eval[int](b.Tab, `document.querySelectorAll("#waiting tbody tr:not([hidden])").length`))
	b.Do(chromedp.KeyEvent(kb.ArrowDown))
	require.Contains(b.T, webtest.Eval[string](b.Tab, "document.activeElement.href"), ref)
	_, err := chromedp.RunResponse(b.Patient(), chromedp.KeyEvent(kb.Enter))
	require.NoError(b.T, err)
	require.Contains(b.T, webtest.Eval[string](b.Tab, "location.pathname"), ref)
}

// late has a colleague decide first.
func (b *tab) late() {
	b.T.Helper()
	colleague := b.w.signedIn(b.w.hire(access.Verifier, "Karim Alaoui"))
	path := webtest.Eval[string](b.Tab, "location.pathname")
	page := colleague.get(path).carried(b.T)
	colleague.post(path+"/decision", append(page, "decision", console.DecideReturn, "reason", "names-differ")...)
	b.Press(".case-side form button.primary")
	b.Look("too-late")
}

func (b *tab) pouches() {
	b.T.Helper()
	waiting, err := b.w.OpenOrders(uint8(workflow.OrderRoute), b.w.now().UnixMilli(), 10)
	require.NoError(b.T, err)
	require.Len(b.T, waiting, 1)
	c, err := b.w.CaseNumber(waiting[0].Case)
	require.NoError(b.T, err)
	b.w.produce(consular.Reference(c.Reference))
	karim := b.w.hire(access.PouchOfficer, "Karim Alaoui")
	b.Press(`form[action="/sign-out"] button`)
	b.Fill(map[string]string{"officer": string(karim.id), "password": password, "code": karim.code(b.w)})
	b.Press("form.form button.primary")
	b.Look("pouches")
	b.Press(".destinations button.primary")
	b.Look("pouch-empty")
	b.Press(".manifest button")
	b.Look("pouch-packed")
	b.Fill(map[string]string{"reference": "12"})
	b.Press(`form[action$="/pack"] button.primary`)
	b.Look("pouch-wrong")
	b.Fill(map[string]string{"seal": "MA4711"})
	b.Press(`form[action$="/close"] button.primary`)
	path := webtest.Eval[string](b.Tab, "location.pathname")
	b.w.until("told", func() bool {
		pouches, err := b.w.Pouches(0, 10)
		require.NoError(b.T, err)
		return len(pouches) == 1 && pouches[0].Sent != nil && pouches[0].Sent.Told != 0
	})
	b.Open(path)
	b.Look("pouch-sealed")
	b.Fill(map[string]string{"waybill": "RM 123 456"})
	b.Press(`form[action$="/send"] button.primary`)
	b.Look("pouch-sent")
	b.Open("/pouches")
	b.Look("pouches-under-way")
}

package office_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/hub/office/people"
	"jaliya/internal/web/webtest"
)

// tab is one browser tab that walks through the office's desk.
type tab struct {
	*webtest.Tab
	w *world
}

// startBrowser skips without JALIYA_BROWSER=1: make test needs no browser.
func startBrowser(t *testing.T, w *world) *tab {
	t.Helper()
	return &tab{webtest.Start(t, webtest.Options{Base: w.desk.URL, Surface: "office", Heavy: webtest.StaffPage}), w}
}

// TestOfficeBrowser walks from the sheet to a decision of two officers, looking
// at each page.
func TestOfficeBrowser(t *testing.T) {
	webtest.Wanted(t)
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t).open()
				b := startBrowser(t, w)
				b.Name = fmt.Sprintf("%s-%d", language, width)
				b.Viewport(width)
				b.walk(language)
			})
		}
	}
}

// act sends the form of an act.
func (b *tab) act(name string) {
	b.T.Helper()
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.Press(`form:has([name=act][value=` + name + `]) .actions button`)
}

func (b *tab) walk(language string) {
	b.T.Helper()
	colleague := b.w.hire("Karim Alaoui")
	b.Open("/sign-in")
	b.Press(`.languages [value="` + language + `"]`)
	require.Equal(b.T, map[string]string{"fr": "ltr", "ar": "rtl"}[language], webtest.Eval[string](b.Tab, `document.documentElement.dir`))
	b.Look("sign-in")
	b.enrol()
	b.Look("work-empty")
	for _, id := range []string{"c-101", "c-102", "c-103"} {
		b.w.put(id)
	}
	b.w.must(9, "c-102", of(office.Found), of(office.NothingFound), of(office.IssueOrdered))
	b.Open("/")
	b.Look("work")
	b.Open("/requests/c-103")
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("details").forEach((d) => { d.open = true; }) || true`)
	b.Look("matching")
	b.act("ask")
	b.Look("question-missing")
	b.Fill(map[string]string{"ask-text": "Quel est le nom de votre mère ?", "language": "fr"})
	b.act("ask")
	b.Look("question-out")
	b.Open("/requests/c-101")
	b.act("found")
	b.Fill(map[string]string{"add-court_fr": "Tribunal de première instance de Fès"})
	b.act("add")
	b.Look("entry-missing")
	fields := map[string]string{}
	for i, all := 0, entryFields(); i < len(all); i += 2 {
		fields[all[i]] = all[i+1]
	}
	b.Fill(fields)
	b.act("add")
	b.Look("search")
	b.act("entries")
	b.Look("review")
	b.Fill(map[string]string{"propose-text": "Pas de réhabilitation"})
	b.act("propose")
	b.Look("proposed")
	b.Press(`form[action="/sign-out"] button`)
	b.Fill(map[string]string{"officer": colleague.id, "password": password, "code": colleague.code(b.w)})
	b.Press("form.form button.primary")
	b.Open("/requests/c-101")
	b.Look("second-officer")
	b.act("confirm")
	b.act("issue")
	b.Look("ordered")
	b.Open("/?queue=slot")
	b.Look("slot")
	b.Open("/figures")
	b.Look("figures")
	b.Press(`form[action="/lock"] button`)
	b.Look("locked")
}

// enrol uses a sheet.
func (b *tab) enrol() {
	b.T.Helper()
	sheet, err := b.w.people.Change(b.T.Context(), people.Request{Action: "add", Name: "Nadia Tazi"})
	require.NoError(b.T, err)
	b.Press(`a[href="/enrol"]`)
	b.Fill(map[string]string{"officer": string(sheet.Officer), "sheet": sheet.Code})
	b.Press("form.form button.primary")
	b.Look("enrol")
	p := &phone{id: string(sheet.Officer), totp: totp(b.T, webtest.Eval[string](b.Tab, `document.querySelector(".door .code").textContent`))}
	b.Fill(map[string]string{"password": password, "code": p.code(b.w)})
	b.Press("form.form button.primary")
}

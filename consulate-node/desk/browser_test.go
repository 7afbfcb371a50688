package desk_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/specimen"
	"jaliya/internal/web/webtest"
)

// tab is one browser tab that walks through the desk.
type tab struct{ *webtest.Tab }

// startBrowser skips without JALIYA_BROWSER=1: make test needs no browser.
func startBrowser(t *testing.T, base string) *tab {
	t.Helper()
	return &tab{webtest.Start(t, webtest.Options{Base: base, Heavy: webtest.StaffPage})}
}

// TestVisitInTheBrowser walks a visit from the door to the slip, looking at
// each page.
func TestVisitInTheBrowser(t *testing.T) {
	for _, language := range []string{"fr", "ar"} {
		for _, width := range []int64{390, 1280} {
			t.Run(fmt.Sprintf("OK-%s-%d", language, width), func(t *testing.T) {
				w := newWorld(t)
				w.now = time.Now().UTC()
				server := httptest.NewServer(w.screens(t))
				t.Cleanup(server.Close)
				b := startBrowser(t, server.URL)
				b.Name = fmt.Sprintf("%s-%d", language, width)
				b.Viewport(width)
				b.walk(w, language)
			})
		}
	}
}

func (b *tab) walk(w *world, language string) {
	b.T.Helper()
	b.Open("/sign-in")
	b.Press(`.languages [value="` + language + `"]`)
	require.Equal(b.T, map[string]string{"fr": "ltr", "ar": "rtl"}[language], webtest.Eval[string](b.Tab, `document.documentElement.dir`))
	b.Look("sign-in")
	b.signIn("agent")
	b.Look("home-empty")
	b.Press(`.tools a.primary`)
	b.Fill(map[string]string{"service": "cnie.renewal"})
	b.Look("new")
	b.Press("form.form button.primary")
	visit, _, _ := strings.Cut(strings.TrimPrefix(webtest.Eval[string](b.Tab, "location.pathname"), "/visits/"), "/")
	b.capture(w, visit)
	b.release(w, visit)
	b.correct(w)
	b.ward()
	b.Open("/components")
	b.Look("components")
	b.dark()
	b.Open("/status")
	b.Look("status")
	b.Open("/enrol")
	b.Fill(map[string]string{"staff": "n.tazi", "sheet": "SHEET"})
	b.Press("form.form button.primary")
	b.Look("enrol")
}

// keys opens the first line of the list by keyboard alone.
func (b *tab) keys() {
	b.T.Helper()
	b.Do(chromedp.KeyEvent("/"))
	require.Equal(b.T, "words", webtest.Eval[string](b.Tab, "document.activeElement.id"))
	b.Do(chromedp.KeyEvent("zzz"))
	require.Equal(b.T, 0, webtest.Eval[int](b.Tab, `document.querySelectorAll("#drafts tbody tr:not([hidden])").length`))
	b.Do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.ArrowDown))
	require.Contains(b.T, webtest.Eval[string](b.Tab, "document.activeElement.href"), "/release")
	_, err := chromedp.RunResponse(b.Patient(), chromedp.KeyEvent(kb.Enter))
	require.NoError(b.T, err)
	require.Contains(b.T, webtest.Eval[string](b.Tab, "location.pathname"), "/release")
}

// TestNarrowBrowser holds pages to the smallest screen.
func TestNarrowBrowser(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.screens(t))
	t.Cleanup(server.Close)
	b := startBrowser(t, server.URL)
	for _, language := range []string{"ar", "fr"} {
		b.Name = language + "-320"
		b.Viewport(320)
		b.Open("/sign-in")
		b.Press(`.languages [value="` + language + `"]`)
		b.signIn("agent")
		b.Look("home")
		b.Open("/visits/new")
		b.Fill(map[string]string{"service": "cnie.first"})
		b.Press("form.form button.primary")
		b.Look("person")
		visit, _, _ := strings.Cut(strings.TrimPrefix(webtest.Eval[string](b.Tab, "location.pathname"), "/visits/"), "/")
		for _, step := range []string{"family", "contact", "documents", "portrait", "confirm", "review"} {
			b.Open("/visits/" + visit + "/steps/" + step)
			b.Look(step)
		}
		b.Open("/components")
		b.Look("components")
	}
}

// dark looks at the other scheme.
func (b *tab) dark() {
	b.T.Helper()
	b.Media("", "dark")
	b.Look("components-dark")
	b.Open("/")
	b.Look("home-dark")
}

func (b *tab) signIn(role string) {
	b.T.Helper()
	b.Open("/sign-in")
	b.Fill(map[string]string{"staff": role, "password": "open sesame", "code": "123456"})
	b.Press("form.form button.primary")
}

// capture fills in every page of the visit of a person who does not exist.
func (b *tab) capture(w *world, visit string) {
	b.T.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(b.T, err)
	post, err := directory.Lookup("FR-LYO")
	require.NoError(b.T, err)
	who := specimen.New(7).Person(specimen.PersonOptions{
		Service: consular.CNIERenewal, Post: post, MinAge: 24, MaxAge: 44, On: consular.DateOf(w.now),
	})
	b.identity(who)
	b.Press("form.form button.primary") // contact
	b.documents(who)
	require.Equal(b.T, "#scans", webtest.Eval[string](b.Tab, "location.hash"))
	b.upload("scan-old-card", specimen.Scan(consular.DocOldCard, who.Person))
	b.Look("scans")
	b.Press(".work > .actions:last-child a")
	require.Contains(b.T, webtest.Eval[string](b.Tab, "location.pathname"), "portrait")
	b.camera()
	b.upload("portrait", specimen.Portrait(who.Seed, who.Person.Sex, who.Age))
	b.Look("portrait")
	b.fingers(visit, who)
	b.sign()
	b.settle(visit)
	b.Open("/visits/" + visit + "/steps/confirm")
	b.Look("confirm")
	b.Open("/visits/" + visit + "/confirm")
	b.Look("turned")
	b.Press("button.primary")
	b.Open("/visits/" + visit + "/steps/review")
	b.Look("review")
	b.Press(".actions .primary")
	b.Look("handoff")
	b.Open("/")
	b.Look("home-draft")
}

func (b *tab) identity(who specimen.Visit) {
	b.T.Helper()
	p := who.Person
	year, month, day := p.Birth.Parts()
	text := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	b.Fill(map[string]string{
		"person.family_name.latin": p.Family.Arabic, "person.family_name.arabic": p.Family.Latin,
		"person.birth_date.day": "31", "person.birth_date.month": "2", "person.birth_date.year": text(year),
	})
	b.Press("form.form button.primary")
	b.Look("person-wrong")
	b.Fill(map[string]string{
		"person.family_name.latin": p.Family.Latin, "person.family_name.arabic": p.Family.Arabic,
		"person.given_name.latin": p.Given.Latin, "person.given_name.arabic": p.Given.Arabic,
		"person.birth_date.day": text(day), "person.birth_date.month": text(int(month)), "person.birth_date.year": text(year),
		"person.sex": p.Sex.String(), "person.birth_place.latin": p.BirthPlace.Latin, "person.birth_place.arabic": p.BirthPlace.Arabic,
		"person.birth_country": string(p.BirthCountry), "person.nationality": string(p.Nationality),
		"person.national_number": string(p.NationalNumber),
	})
	require.NotEmpty(b.T, webtest.Eval[string](b.Tab, `new Promise((done) => { const at = document.querySelector("[data-status]");
		const ask = () => at.textContent.match(/\d/) ? done(at.textContent) : setTimeout(ask, 50); ask(); })`), "saved by itself")
	b.Look("person")
	b.Press("form.form button.primary")
	b.Fill(map[string]string{
		"person.father.given_name.latin": p.Father.Given.Latin, "person.father.given_name.arabic": p.Father.Given.Arabic,
		"person.mother.given_name.latin": p.Mother.Given.Latin, "person.mother.given_name.arabic": p.Mother.Given.Arabic,
		"person.act_number": p.ActNumber,
	})
	b.Look("family")
	b.Press("form.form button.primary")
	b.Fill(map[string]string{
		"contact.phone": who.Contact.Phone.Value(), "contact.email": who.Contact.Email.Value(), "contact.language": "fr",
		"contact.address.street.latin": who.Contact.Address.Street.Latin, "contact.address.city.latin": who.Contact.Address.City.Latin,
		"contact.address.postcode": who.Contact.Address.Postcode, "contact.address.country": "FR",
	})
	b.Look("contact")
}

func (b *tab) documents(who specimen.Visit) {
	b.T.Helper()
	values := map[string]string{}
	for _, held := range who.Documents {
		id := "documents." + held.Kind.String()
		values[id] = "1"
		if webtest.Eval[bool](b.Tab, `document.getElementsByName("`+id+`.issued.day").length > 0`) {
			year, month, day := held.Issued.Split()
			values[id+".issued.day"], values[id+".issued.month"] = strconv.Itoa(day), strconv.Itoa(int(month))
			values[id+".issued.year"] = strconv.Itoa(year)
		}
	}
	b.Fill(values)
	b.Look("documents")
	b.Press("form.form button.primary")
}

// camera takes a photograph with the camera that the browser pretends to have.
func (b *tab) camera() {
	b.T.Helper()
	b.Do(chromedp.Click(chromedp.CSS("[data-camera-open] button")))
	require.True(b.T, webtest.Eval[bool](b.Tab, `new Promise((done) => { const ask = () => document.querySelector("video").videoHeight ? done(true) : setTimeout(ask, 50); ask(); })`))
	b.Look("camera")
	b.Do(chromedp.Click(chromedp.CSS("[data-shoot]")))
	b.Press("[data-camera] [data-keep]")
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector(".held-image img") !== null`))
}

// upload sends a file in pieces by the script of the panel.
func (b *tab) upload(name string, raw []byte) {
	b.T.Helper()
	file := filepath.Join(b.T.TempDir(), name+".jpg")
	require.NoError(b.T, os.WriteFile(file, raw, 0o600))
	b.Do(chromedp.SetUploadFiles(chromedp.ID(name+"-file"), []string{file}))
	b.Press(`form.file button`)
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector(".held-image img") !== null`))
}

func (b *tab) fingers(visit string, who specimen.Visit) {
	b.T.Helper()
	b.Open("/visits/" + visit + "/steps/fingers")
	dir := b.T.TempDir()
	values := map[string]string{}
	for _, f := range who.Profile.Fingers() {
		file := filepath.Join(dir, f.String()+".wsq")
		require.NoError(b.T, os.WriteFile(file, wsq(f), 0o600))
		b.Do(chromedp.SetUploadFiles(chromedp.CSS(`[name="fingers.`+f.String()+`.file"]`), []string{file}))
		values["fingers."+f.String()+".quality"] = "67"
	}
	b.Fill(values)
	b.Look("fingers")
	b.Press("form.form button.primary")
}

// sign draws with a pointer on the pad.
func (b *tab) sign() {
	b.T.Helper()
	webtest.Eval[bool](b.Tab, `(() => {
		const pad = document.querySelector(".pad canvas");
		pad.setPointerCapture = () => {}; pad.hasPointerCapture = () => true;
		const box = pad.getBoundingClientRect();
		const at = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX: box.left + x, clientY: box.top + y, pressure: .6, bubbles: true }));
		at("pointerdown", 30, 60);
		for (let i = 0; i < 60; i++) at("pointermove", 30 + i * box.width / 75, 60 + 35 * Math.sin(i / 4) * Math.cos(i / 11));
		at("pointerup", 200, 60);
		return true;
	})()`)
	b.Look("signature")
	b.Press(`[data-pad] [data-keep]`)
	require.True(b.T, webtest.Eval[bool](b.Tab, `document.querySelector(".held-image img") !== null`))
}

func (b *tab) release(w *world, visit string) {
	b.T.Helper()
	b.Press(`form[action="/lock"] button`)
	b.Look("locked")
	b.signIn("supervisor")
	b.Look("home-ready")
	b.keys()
	b.Open("/visits/" + visit + "/release")
	b.Look("release")
	webtest.Eval[bool](b.Tab, `document.querySelectorAll("[name=check]").forEach((c) => c.click()) || true`)
	b.Press(".two-person button.primary")
	b.Look("released-L1")
	w.secure(b.T)
	require.True(b.T, webtest.Eval[bool](b.Tab, `new Promise((done) => { const ask = () => document.querySelector(".badge.l2") ? done(true) : setTimeout(ask, 100); ask(); })`),
		"the badge follows by itself")
	b.Look("released-L2")
	b.Press(`.actions a[href^="/requests/"]`)
	b.Look("request")
	b.Open("/follow")
	b.Fill(map[string]string{"reference": "12", "slip_code": "3"})
	b.Press("form.form button.primary")
	b.Look("follow-wrong")
	b.Open("/")
	b.Look("home-released")
}

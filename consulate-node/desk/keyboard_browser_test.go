package desk_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/specimen"
	"jaliya/internal/web/webtest"
)

// mostNavigation holds navigation down: what a change of the screens may cost.
const mostNavigation = 110

// typist works by keyboard alone, and counts. It looks at the page, as people
// do, but touches nothing of it other than by keys.
type typist struct {
	*tab

	typed, moved int
	page         int      // navigation when this page began
	pages        []string // what each page cost
	dir          string
}

// text types what a person reads off a paper.
func (k *typist) text(s string) {
	k.T.Helper()
	k.Do(chromedp.KeyEvent(s))
	k.typed += utf8.RuneCountInString(s)
}

// key presses keys that move.
func (k *typist) key(keys ...string) {
	k.T.Helper()
	for _, one := range keys {
		k.Do(chromedp.KeyEvent(one))
		k.moved++
	}
}

// enter presses Enter and waits for the page that follows.
func (k *typist) enter() {
	k.T.Helper()
	from := webtest.Eval[string](k.Tab, "location.pathname")
	_, err := chromedp.RunResponse(k.Patient(), chromedp.KeyEvent(kb.Enter))
	require.NoError(k.T, err, from)
	k.moved++
	if to := webtest.Eval[string](k.Tab, "location.pathname"); to != from {
		k.pages = append(k.pages, fmt.Sprintf("%4d  %s", k.moved-k.page, filepath.Base(from)))
		k.page = k.moved
	}
}

// at is what has the focus: its name, its value, or what it says.
func (k *typist) at() (name, value string) {
	k.T.Helper()
	got := webtest.Eval[[]string](k.Tab, `(() => { const at = document.activeElement;
		return [at.name || at.id || at.dataset.group || at.getAttribute("href") || at.className, at.value ?? at.textContent]; })()`)
	return got[0], got[1]
}

// tabTo presses Tab until the eye finds the focus on a field.
func (k *typist) tabTo(name string) {
	k.T.Helper()
	for range 40 {
		if at, _ := k.at(); at == name {
			return
		}
		k.key(kb.Tab)
	}
	k.T.Fatalf("Tab does not lead to %s", name)
}

// fill goes to fields in their order and types.
func (k *typist) fill(pairs ...string) {
	k.T.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		k.tabTo(pairs[i])
		k.text(pairs[i+1])
	}
}

// choose walks a list of choices with the arrows.
func (k *typist) choose(name, want string) {
	k.T.Helper()
	k.tabTo(name)
	if _, value := k.at(); value == want {
		k.key(" ")
		return
	}
	for range 20 {
		k.key(kb.ArrowDown)
		if _, value := k.at(); value == want {
			return
		}
	}
	k.T.Fatalf("no choice %s", want)
}

// tick sets the mark at a box.
func (k *typist) tick(name string) {
	k.T.Helper()
	k.tabTo(name)
	k.key(" ")
}

// choosesFile opens the dialog with Enter, types the name of the file and
// Enter: the dialog is the system's, and this stands for it.
func (k *typist) choosesFile(name string, raw []byte) {
	k.T.Helper()
	path := filepath.Join(k.dir, name)
	require.NoError(k.T, os.WriteFile(path, raw, 0o600))
	k.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
		return chromedp.Void{}, err
	})
	opened, err := chromedp.Run(k.Patient(), chromedp.WaitEvent(page.FileChooserOpened,
		func(page.EventFileChooserOpened) bool { return true }, chromedp.KeyEvent(kb.Enter)))
	require.NoError(k.T, err, "Enter opens the dialog")
	k.moved++
	k.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: opened.BackendNodeID})
		return chromedp.Void{}, err
	})
	k.typed += utf8.RuneCountInString(name)
	k.moved++ // Enter in the dialog
}

// TestRenewalByKeyboardBrowser renews a card from sign-in to the release by a
// second person, with keys alone, and prints what it took.
func TestRenewalByKeyboardBrowser(t *testing.T) {
	w := newWorld(t)
	base, reader := withReader(t, w)
	b := startBrowser(t, base)
	b.Name = "keyboard-fr-1280"
	b.Viewport(1280)
	hand{tab: b, p: catalogOf(t).Printer(consular.French), reader: reader}.pairOnce(w)

	b.Open("/sign-in") // the address is typed, or a bookmark: it is the same every day
	k := &typist{tab: b, dir: t.TempDir()}
	k.signs("agent")
	k.tabTo("/visits/new")
	k.enter()
	k.choose("service", consular.CNIERenewal.String())
	k.enter()
	k.captures(w, hand{tab: b, p: catalogOf(t).Printer(consular.French), reader: reader})
	k.confirms()
	k.signs("supervisor")
	k.key(kb.ArrowDown)
	k.enter()
	require.Contains(t, webtest.Eval[string](b.Tab, "location.pathname"), "/release")
	k.skips()
	for range webtest.Eval[int](b.Tab, `document.querySelectorAll("[name=check]").length`) {
		k.nextBox()
	}
	k.enter()
	require.Contains(t, webtest.Eval[string](b.Tab, "document.querySelector('main').textContent"), "L1")
	k.Look("released")

	said := fmt.Sprintf("renewal by keyboard: %d keystrokes (%d typed text, %d navigation)", k.typed+k.moved, k.typed, k.moved)
	for _, one := range k.pages {
		t.Log(one)
	}
	t.Log(said)
	require.NoError(t, os.WriteFile(filepath.Join("..", "..", "build", "keyboard.txt"), []byte(said+"\n"), 0o600))
	require.LessOrEqual(t, k.moved, mostNavigation)
}

// pairOnce brings browser and reader together, as on a workstation's first day.
func (h hand) pairOnce(w *world) {
	h.T.Helper()
	v := w.begin(h.T)
	v = w.put(h.T, v.Visit, v.Version, adult().Person)
	h.Open("/sign-in")
	h.Press(`.languages [value="fr"]`)
	h.signIn("agent")
	h.Open("/visits/" + v.Visit + "/steps/fingers")
	h.said("pair")
	h.Do(chromedp.KeyEvent(h.reader.Code() + kb.Enter))
	h.said("ready")
	w.must(h.T, call{role: agent, method: http.MethodGet, path: "/visits/" + v.Visit}, &v)
	w.must(h.T, call{role: agent, method: http.MethodDelete, path: "/visits/" + v.Visit, version: v.Version}, nil)
}

func (k *typist) signs(who string) {
	k.T.Helper()
	k.fill("staff", who, "password", "open sesame", "code", "123456")
	k.enter()
}

// captures goes through the pages of the visit.
func (k *typist) captures(w *world, h hand) {
	k.T.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(k.T, err)
	post, err := directory.Lookup("FR-LYO")
	require.NoError(k.T, err)
	who := specimen.New(7).Person(specimen.PersonOptions{
		Service: consular.CNIERenewal, Post: post, MinAge: 24, MaxAge: 44, On: consular.DateOf(w.now),
	})
	k.identity(who)
	k.papers(who)
	k.portrait()
	k.fingers(h)
	k.signature(who)
	k.pays()
}

func (k *typist) identity(who specimen.Visit) {
	k.T.Helper()
	p := who.Person
	year, month, day := p.Birth.Parts()
	k.fill("person.family_name.latin", p.Family.Latin, "person.family_name.arabic", p.Family.Arabic,
		"person.given_name.latin", p.Given.Latin, "person.given_name.arabic", p.Given.Arabic,
		"person.birth_date.day", strconv.Itoa(day), "person.birth_date.month", strconv.Itoa(int(month)), "person.birth_date.year", strconv.Itoa(year))
	k.choose("person.sex", p.Sex.String())
	k.fill("person.birth_place.latin", p.BirthPlace.Latin, "person.birth_place.arabic", p.BirthPlace.Arabic,
		"person.national_number", string(p.NationalNumber))
	k.enter()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/family")
	k.fill("person.father.given_name.latin", p.Father.Given.Latin, "person.father.given_name.arabic", p.Father.Given.Arabic,
		"person.mother.given_name.latin", p.Mother.Given.Latin, "person.mother.given_name.arabic", p.Mother.Given.Arabic,
		"person.act_number", p.ActNumber)
	k.enter()
	a := who.Contact.Address
	k.fill("contact.phone", who.Contact.Phone.Value(), "contact.email", who.Contact.Email.Value(),
		"contact.address.street.latin", a.Street.Latin, "contact.address.postcode", a.Postcode, "contact.address.city.latin", a.City.Latin)
	k.enter()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/documents")
}

// papers ticks what was shown and sends a scan of each.
func (k *typist) papers(who specimen.Visit) {
	k.T.Helper()
	for _, held := range who.Documents {
		id := "documents." + held.Kind.String()
		k.tick(id)
		if webtest.Eval[bool](k.Tab, `document.getElementsByName("`+id+`.issued.day")[0]?.checkVisibility() ?? false`) {
			year, month, day := held.Issued.Split()
			k.fill(id+".issued.day", strconv.Itoa(day), id+".issued.month", strconv.Itoa(int(month)), id+".issued.year", strconv.Itoa(year))
		}
	}
	k.enter()
	for _, held := range who.Documents {
		name := "scan-" + held.Kind.String() + ".jpg"
		k.choosesFile(name, specimen.Scan(held.Kind, who.Person))
		k.enter()
	}
	k.Look("scans")
	k.enter()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/portrait")
}

// portrait uses the camera: open, shoot, keep.
func (k *typist) portrait() {
	k.T.Helper()
	k.key(kb.Enter)
	require.True(k.T, webtest.Eval[bool](k.Tab, `new Promise((done) => { const ask = () => document.activeElement.matches("[data-shoot]") ? done(true) : setTimeout(ask, 20); ask(); })`))
	k.key(kb.Enter)
	k.enter() // keeps it
	k.enter()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/fingers")
}

// fingers takes both hands and the thumbs; the focus leads from one to the next.
func (k *typist) fingers(h hand) {
	k.T.Helper()
	h.said("ready")
	k.key(kb.Enter)
	h.said("next", "word", h.p.T("device.group.left"))
	k.key(kb.Enter)
	h.said("next", "word", h.p.T("device.group.thumbs"))
	k.key(kb.Enter)
	h.said("complete")
	k.Look("fingers")
	k.enter()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/signature")
}

// signature comes from a pad of its own as a file; the pad on the page is for
// the person's pen.
func (k *typist) signature(who specimen.Visit) {
	k.T.Helper()
	k.choosesFile("signature.png", specimen.Signature(who.Seed))
	k.enter()
	k.Look("signature")
	k.enter()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/fee")
}

// pays takes the fee in cash: the exact amount stands in the field.
func (k *typist) pays() {
	k.T.Helper()
	k.enter()
	k.Look("fee-paid")
	k.enter()
}

// confirms turns the screen to the person and hands over.
func (k *typist) confirms() {
	k.T.Helper()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/steps/confirm")
	k.enter()
	k.key(kb.Tab) // nothing has the focus on a screen that is turned
	k.enter()
	k.enter()
	require.Contains(k.T, webtest.Eval[string](k.Tab, "location.pathname"), "/steps/review")
	k.Look("review")
	k.enter()
	k.enter() // signs out and gives the place away
}

// skips takes the first link of a page past what every page has.
func (k *typist) skips() {
	k.T.Helper()
	k.key(kb.Tab)
	at, _ := k.at()
	require.Equal(k.T, "#main", at, "the first thing that Tab finds")
	k.key(kb.Enter)
}

// nextBox ticks the next box that the second person answers for.
func (k *typist) nextBox() {
	k.T.Helper()
	for range 40 {
		k.key(kb.Tab)
		if name, _ := k.at(); name == "check" {
			k.key(" ")
			return
		}
	}
	k.T.Fatal("Tab does not lead to the next box")
}

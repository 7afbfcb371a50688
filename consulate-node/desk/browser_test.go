package desk_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/specimen"
)

// axeHash pins axe-core 4.14.1 (MPL-2.0), copied from npm.
const axeHash = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

// tab is one browser tab that walks through the desk.
type tab struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // a tab of this library is a context
	base string
	dir  string // for screenshots
	axe  string
	name string // language and width, in file names
	shot int
}

// startBrowser skips without JALIYA_BROWSER=1: make test needs no browser.
func startBrowser(t *testing.T, base string) *tab {
	t.Helper()
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
	axe, err := os.ReadFile(filepath.Join("testdata", "axe.min.js"))
	require.NoError(t, err)
	dir := filepath.Join("..", "..", "build", "screens")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	var said complaints
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(said.hear))
	t.Cleanup(cancel)
	t.Cleanup(func() { require.Empty(t, said.all(), "the browser complained") })
	require.NoError(t, chromedp.Do(ctx)) // the first context starts the browser, and must not time out
	return &tab{t: t, ctx: ctx, base: base, dir: dir, axe: string(axe)}
}

// complaints are what a browser writes down of broken scripts and of breaches
// of the content policy.
type complaints struct {
	mu   sync.Mutex // guards said
	said []string
}

func (c *complaints) hear(event any) {
	text := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		// A refused form answers with a status that the browser notes as well.
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			text = e.Entry.Text
		}
	}
	if text != "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.said = append(c.said, text)
	}
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said
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
	b.do(chromedp.Navigate(b.base + path))
}

// press clicks what a selector finds and waits for the page that follows.
func (b *tab) press(selector string) {
	b.t.Helper()
	_, err := chromedp.RunResponse(b.patient(), chromedp.Click(chromedp.CSS(selector)))
	require.NoError(b.t, err, selector)
}

// type_ writes into fields as a person does, and leaves each.
func (b *tab) fill(values map[string]string) {
	b.t.Helper()
	raw, err := json.Marshal(values)
	require.NoError(b.t, err)
	require.True(b.t, eval[bool](b, `(() => {
		for (const [name, value] of Object.entries(`+string(raw)+`)) {
			const all = document.getElementsByName(name);
			if (all.length === 0) throw new Error("no field " + name);
			if (all[0].type === "radio" || all[0].type === "checkbox") {
				const one = [...all].find((input) => input.value === value);
				if (!one) throw new Error("no choice " + name + " " + value);
				if (!one.checked) one.click();
				continue;
			}
			all[0].value = value;
			all[0].dispatchEvent(new Event("input", { bubbles: true }));
			all[0].dispatchEvent(new Event("change", { bubbles: true }));
		}
		return true;
	})()`))
}

// look takes a picture of the whole page and lets axe-core judge it.
func (b *tab) look(name string) {
	b.t.Helper()
	wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	require.LessOrEqual(b.t, wide, 0, "%s %s: the page is wider than the screen", b.name, name)
	picture, err := chromedp.Run(b.patient(), chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	b.shot++
	file := fmt.Sprintf("%s-%02d-%s.png", b.name, b.shot, name)
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, file), picture, 0o600))
	b.judge(name)
}

type axeFinding struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML string }
}

func (b *tab) judge(name string) {
	b.t.Helper()
	eval[bool](b, `(() => { if (!window.axe) { `+b.axe+` } return true; })()`)
	found := eval[[]axeFinding](b, `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations)`)
	for _, one := range found {
		var nodes []string
		for _, n := range one.Nodes {
			nodes = append(nodes, n.HTML)
		}
		if one.Impact == "serious" || one.Impact == "critical" {
			b.t.Errorf("%s %s: %s (%s): %s", b.name, name, one.ID, one.Help, strings.Join(nodes, "\n"))
			continue
		}
		b.t.Logf("%s %s: %s %s: %s", b.name, name, one.Impact, one.ID, nodes[0])
	}
}

func TestPinnedAxe(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "axe.min.js"))
	require.NoError(t, err)
	sum := sha256.Sum256(raw)
	require.Equal(t, axeHash, hex.EncodeToString(sum[:]))
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
				b.name = fmt.Sprintf("%s-%d", language, width)
				b.do(chromedp.EmulateViewport(width, 900))
				b.walk(w, language)
			})
		}
	}
}

func (b *tab) walk(w *world, language string) {
	b.t.Helper()
	b.open("/sign-in")
	b.press(`.languages [value="` + language + `"]`)
	require.Equal(b.t, map[string]string{"fr": "ltr", "ar": "rtl"}[language], eval[string](b, `document.documentElement.dir`))
	b.look("sign-in")
	b.signIn("agent")
	b.look("home-empty")
	b.press(`.tools a.primary`)
	b.fill(map[string]string{"service": "cnie.renewal"})
	b.look("new")
	b.press("form.form button.primary")
	visit, _, _ := strings.Cut(strings.TrimPrefix(eval[string](b, "location.pathname"), "/visits/"), "/")
	b.capture(w, visit)
	b.release(w, visit)
	b.correct(w)
	b.ward()
	b.open("/components")
	b.look("components")
	b.dark()
	b.open("/status")
	b.look("status")
	b.open("/enrol")
	b.fill(map[string]string{"staff": "n.tazi", "sheet": "SHEET"})
	b.press("form.form button.primary")
	b.look("enrol")
}

// keys opens the first line of the list by keyboard alone.
func (b *tab) keys() {
	b.t.Helper()
	b.do(chromedp.KeyEvent("/"))
	require.Equal(b.t, "words", eval[string](b, "document.activeElement.id"))
	b.do(chromedp.KeyEvent("zzz"))
	require.Equal(b.t, 0, eval[int](b, `document.querySelectorAll("#drafts tbody tr:not([hidden])").length`))
	b.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.ArrowDown))
	require.Contains(b.t, eval[string](b, "document.activeElement.href"), "/release")
	_, err := chromedp.RunResponse(b.patient(), chromedp.KeyEvent(kb.Enter))
	require.NoError(b.t, err)
	require.Contains(b.t, eval[string](b, "location.pathname"), "/release")
}

// TestNarrow holds pages to the smallest screen.
func TestNarrow(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.screens(t))
	t.Cleanup(server.Close)
	b := startBrowser(t, server.URL)
	for _, language := range []string{"ar", "fr"} {
		b.name = language + "-320"
		b.do(chromedp.EmulateViewport(320, 700))
		b.open("/sign-in")
		b.press(`.languages [value="` + language + `"]`)
		b.signIn("agent")
		b.look("home")
		b.open("/visits/new")
		b.fill(map[string]string{"service": "cnie.first"})
		b.press("form.form button.primary")
		b.look("person")
		visit, _, _ := strings.Cut(strings.TrimPrefix(eval[string](b, "location.pathname"), "/visits/"), "/")
		for _, step := range []string{"family", "contact", "documents", "portrait", "confirm", "review"} {
			b.open("/visits/" + visit + "/steps/" + step)
			b.look(step)
		}
		b.open("/components")
		b.look("components")
	}
}

// dark looks at the other scheme.
func (b *tab) dark() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
		return err
	}))
	b.look("components-dark")
	b.open("/")
	b.look("home-dark")
}

func (b *tab) signIn(role string) {
	b.t.Helper()
	b.open("/sign-in")
	b.fill(map[string]string{"staff": role, "password": "open sesame", "code": "123456"})
	b.press("form.form button.primary")
}

// capture fills in every page of the visit of a person who does not exist.
func (b *tab) capture(w *world, visit string) {
	b.t.Helper()
	directory, err := consular.BuiltInDirectory()
	require.NoError(b.t, err)
	post, err := directory.Lookup("FR-LYO")
	require.NoError(b.t, err)
	who := specimen.New(7).Person(specimen.PersonOptions{
		Service: consular.CNIERenewal, Post: post, MinAge: 24, MaxAge: 44, On: consular.DateOf(w.now),
	})
	b.identity(who)
	b.press("form.form button.primary") // contact
	b.documents(who)
	require.Equal(b.t, "#scans", eval[string](b, "location.hash"))
	b.upload("scan-old-card", specimen.Scan(consular.DocOldCard, who.Person))
	b.look("scans")
	b.press(".work > .actions:last-child a")
	require.Contains(b.t, eval[string](b, "location.pathname"), "portrait")
	b.camera()
	b.upload("portrait", specimen.Portrait(who.Seed, who.Person.Sex, who.Age))
	b.look("portrait")
	b.fingers(visit, who)
	b.sign()
	b.settle(visit)
	b.open("/visits/" + visit + "/steps/confirm")
	b.look("confirm")
	b.open("/visits/" + visit + "/confirm")
	b.look("turned")
	b.press("button.primary")
	b.open("/visits/" + visit + "/steps/review")
	b.look("review")
	b.press(".actions .primary")
	b.look("handoff")
	b.open("/")
	b.look("home-draft")
}

func (b *tab) identity(who specimen.Visit) {
	b.t.Helper()
	p := who.Person
	year, month, day := p.Birth.Parts()
	text := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	b.fill(map[string]string{
		"person.family_name.latin": p.Family.Arabic, "person.family_name.arabic": p.Family.Latin,
		"person.birth_date.day": "31", "person.birth_date.month": "2", "person.birth_date.year": text(year),
	})
	b.press("form.form button.primary")
	b.look("person-wrong")
	b.fill(map[string]string{
		"person.family_name.latin": p.Family.Latin, "person.family_name.arabic": p.Family.Arabic,
		"person.given_name.latin": p.Given.Latin, "person.given_name.arabic": p.Given.Arabic,
		"person.birth_date.day": text(day), "person.birth_date.month": text(int(month)), "person.birth_date.year": text(year),
		"person.sex": p.Sex.String(), "person.birth_place.latin": p.BirthPlace.Latin, "person.birth_place.arabic": p.BirthPlace.Arabic,
		"person.birth_country": string(p.BirthCountry), "person.nationality": string(p.Nationality),
		"person.national_number": string(p.NationalNumber),
	})
	require.NotEmpty(b.t, eval[string](b, `new Promise((done) => { const at = document.querySelector("[data-status]");
		const ask = () => at.textContent.match(/\d/) ? done(at.textContent) : setTimeout(ask, 50); ask(); })`), "saved by itself")
	b.look("person")
	b.press("form.form button.primary")
	b.fill(map[string]string{
		"person.father.given_name.latin": p.Father.Given.Latin, "person.father.given_name.arabic": p.Father.Given.Arabic,
		"person.mother.given_name.latin": p.Mother.Given.Latin, "person.mother.given_name.arabic": p.Mother.Given.Arabic,
		"person.act_number": p.ActNumber,
	})
	b.look("family")
	b.press("form.form button.primary")
	b.fill(map[string]string{
		"contact.phone": who.Contact.Phone.Value(), "contact.email": who.Contact.Email.Value(), "contact.language": "fr",
		"contact.address.street.latin": who.Contact.Address.Street.Latin, "contact.address.city.latin": who.Contact.Address.City.Latin,
		"contact.address.postcode": who.Contact.Address.Postcode, "contact.address.country": "FR",
	})
	b.look("contact")
}

func (b *tab) documents(who specimen.Visit) {
	b.t.Helper()
	values := map[string]string{}
	for _, held := range who.Documents {
		id := "documents." + held.Kind.String()
		values[id] = "1"
		if eval[bool](b, `document.getElementsByName("`+id+`.issued.day").length > 0`) {
			year, month, day := held.Issued.Split()
			values[id+".issued.day"], values[id+".issued.month"] = strconv.Itoa(day), strconv.Itoa(int(month))
			values[id+".issued.year"] = strconv.Itoa(year)
		}
	}
	b.fill(values)
	b.look("documents")
	b.press("form.form button.primary")
}

// camera takes a photograph with the camera that the browser pretends to have.
func (b *tab) camera() {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("[data-camera-open] button")))
	require.True(b.t, eval[bool](b, `new Promise((done) => { const ask = () => document.querySelector("video").videoHeight ? done(true) : setTimeout(ask, 50); ask(); })`))
	b.look("camera")
	b.do(chromedp.Click(chromedp.CSS("[data-shoot]")))
	b.press("[data-camera] [data-keep]")
	require.True(b.t, eval[bool](b, `document.querySelector(".held-image img") !== null`))
}

// upload sends a file in pieces by the script of the panel.
func (b *tab) upload(name string, raw []byte) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), name+".jpg")
	require.NoError(b.t, os.WriteFile(file, raw, 0o600))
	b.do(chromedp.SetUploadFiles(chromedp.ID(name+"-file"), []string{file}))
	b.press(`form.file button`)
	require.True(b.t, eval[bool](b, `document.querySelector(".held-image img") !== null`))
}

func (b *tab) fingers(visit string, who specimen.Visit) {
	b.t.Helper()
	b.open("/visits/" + visit + "/steps/fingers")
	dir := b.t.TempDir()
	values := map[string]string{}
	for _, f := range who.Profile.Fingers() {
		file := filepath.Join(dir, f.String()+".wsq")
		require.NoError(b.t, os.WriteFile(file, wsq(f), 0o600))
		b.do(chromedp.SetUploadFiles(chromedp.CSS(`[name="fingers.`+f.String()+`.file"]`), []string{file}))
		values["fingers."+f.String()+".quality"] = "67"
	}
	b.fill(values)
	b.look("fingers")
	b.press("form.form button.primary")
}

// sign draws with a pointer on the pad.
func (b *tab) sign() {
	b.t.Helper()
	eval[bool](b, `(() => {
		const pad = document.querySelector(".pad canvas");
		pad.setPointerCapture = () => {}; pad.hasPointerCapture = () => true;
		const box = pad.getBoundingClientRect();
		const at = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX: box.left + x, clientY: box.top + y, pressure: .6, bubbles: true }));
		at("pointerdown", 30, 60);
		for (let i = 0; i < 60; i++) at("pointermove", 30 + i * box.width / 75, 60 + 35 * Math.sin(i / 4) * Math.cos(i / 11));
		at("pointerup", 200, 60);
		return true;
	})()`)
	b.look("signature")
	b.press(`[data-pad] [data-keep]`)
	require.True(b.t, eval[bool](b, `document.querySelector(".held-image img") !== null`))
}

func (b *tab) release(w *world, visit string) {
	b.t.Helper()
	b.press(`form[action="/lock"] button`)
	b.look("locked")
	b.signIn("supervisor")
	b.look("home-ready")
	b.keys()
	b.open("/visits/" + visit + "/release")
	b.look("release")
	eval[bool](b, `document.querySelectorAll("[name=check]").forEach((c) => c.click()) || true`)
	b.press(".two-person button.primary")
	b.look("released-L1")
	w.secure(b.t)
	require.True(b.t, eval[bool](b, `new Promise((done) => { const ask = () => document.querySelector(".badge.l2") ? done(true) : setTimeout(ask, 100); ask(); })`),
		"the badge follows by itself")
	b.look("released-L2")
	b.press(`.actions a[href^="/requests/"]`)
	b.look("request")
	b.open("/follow")
	b.fill(map[string]string{"reference": "12", "slip_code": "3"})
	b.press("form.form button.primary")
	b.look("follow-wrong")
	b.open("/")
	b.look("home-released")
}

package webtest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdp "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long one step may take on a busy machine.
const patience = 30 * time.Second

// Options say what a tab looks at.
type Options struct {
	Base    string // origin of the surface
	Surface string // begins the names of the pictures
	Heavy   int    // most bytes of a page, before fonts and pictures; 0 asks nothing
}

// The most that a page may weigh, as it travels, before its fonts and pictures.
const (
	CitizenPage = 50 << 10
	StaffPage   = 150 << 10
)

// Tab is one browser tab. It belongs to one test.
type Tab struct {
	T    *testing.T
	Name string // language and width: goes into the names of the pictures
	Base string

	o     Options
	ctx   context.Context //nolint:containedctx // a tab of this library is a context
	dir   string
	shot  int
	plain bool // pages run no script
}

// Wanted skips a test of a browser without JALIYA_BROWSER=1: make test needs
// none.
func Wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("JALIYA_BROWSER") == "" {
		t.Skip("JALIYA_BROWSER is not set")
	}
}

// Start opens a tab in a browser of its own, which ends with the test. The test
// fails when the browser complains of a script or of a breach of policy.
func Start(t *testing.T, o Options) *Tab {
	t.Helper()
	Wanted(t)
	dir := filepath.Join(root(), "build", "screens")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), flags...)
	t.Cleanup(cancel)
	var said complaints
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(said.hear))
	t.Cleanup(cancel)
	t.Cleanup(func() { require.Empty(t, said.all(), "the browser complained") })
	require.NoError(t, chromedp.Do(ctx)) // the first context starts the browser, and must not time out
	return &Tab{T: t, Base: o.Base, o: o, ctx: ctx, dir: dir}
}

// root is the top of the repository, where every surface's pictures meet.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
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
	case *cdp.EventExceptionThrown:
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

// Patient gives a context for one step.
func (b *Tab) Patient() context.Context {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	b.T.Cleanup(cancel)
	return ctx
}

// Context is the tab itself, as its library knows it.
func (b *Tab) Context() context.Context { return b.ctx }

// Do carries out steps.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	require.NoError(b.T, chromedp.Do(b.Patient(), steps...))
}

// Eval runs a script in the page, waits for its promise, and gives its value.
func Eval[V any](b *Tab, script string) V {
	b.T.Helper()
	v, err := chromedp.Run(b.Patient(), chromedp.Evaluate[V](script, chromedp.EvalAwaitPromise))
	require.NoError(b.T, err, script)
	return v
}

// Viewport makes the screen so wide, in CSS pixels.
func (b *Tab) Viewport(width int64) {
	b.T.Helper()
	b.Do(chromedp.EmulateViewport(width, 900))
}

// Scripts lets pages run scripts or not. What a test evaluates runs anyway, but
// what waits for a timer does not.
func (b *Tab) Scripts(on bool) {
	b.T.Helper()
	b.plain = !on
	b.allow(on)
}

func (b *Tab) allow(on bool) {
	b.T.Helper()
	_, err := chromedp.Call(b.Patient(), emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	require.NoError(b.T, err)
}

// Media shows pages as a medium ("print", or "" for the screen) and a color
// scheme ("dark", or "" for the system's) have them.
func (b *Tab) Media(medium, scheme string) {
	b.T.Helper()
	params := emulation.SetEmulatedMediaParams{Media: medium}
	if scheme != "" {
		params.Features = []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	}
	_, err := chromedp.Call(b.Patient(), emulation.SetEmulatedMedia, params)
	require.NoError(b.T, err)
}

// Open goes to a path of the surface.
func (b *Tab) Open(path string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(b.Base + path))
}

// Press clicks what a selector finds and waits for the page that follows.
func (b *Tab) Press(selector string) {
	b.T.Helper()
	_, err := chromedp.RunResponse(b.Patient(), chromedp.Click(chromedp.CSS(selector)))
	require.NoError(b.T, err, selector)
}

// Fill types into fields, chooses and ticks, as a person does, and leaves each.
// A field is found by its id or its name.
func (b *Tab) Fill(values map[string]string) {
	b.T.Helper()
	raw, err := json.Marshal(values)
	require.NoError(b.T, err)
	require.True(b.T, Eval[bool](b, `(() => {
		for (const [name, value] of Object.entries(`+string(raw)+`)) {
			const all = [...document.getElementsByName(name)];
			if (all[0]?.matches("[type=radio], [type=checkbox]")) {
				const one = all.find((input) => input.value === value);
				if (!one) throw new Error("no choice " + name + " " + value);
				if (!one.checked) one.click();
				continue;
			}
			const known = document.getElementById(name);
			const field = known?.matches("input, select, textarea") ? known : all[0];
			if (!field) throw new Error("no field " + name);
			field.value = value;
			field.dispatchEvent(new Event("input", { bubbles: true }));
			field.dispatchEvent(new Event("change", { bubbles: true }));
		}
		return true;
	})()`))
}

// Speak chooses a language at the foot of a page, and checks that the page
// turned to it.
func (b *Tab) Speak(language string) {
	b.T.Helper()
	Eval[bool](b, `(() => { const menu = document.querySelector(".tongues"); if (menu) menu.open = true; return true; })()`)
	b.Press(`.languages [value="` + language + `"]`)
	require.Equal(b.T, language, Eval[string](b, "document.documentElement.lang"))
	dir := "ltr"
	if language == "ar" {
		dir = "rtl"
	}
	require.Equal(b.T, dir, Eval[string](b, "document.documentElement.dir"))
}

// Path is where the tab stands.
func (b *Tab) Path() string {
	b.T.Helper()
	return Eval[string](b, "location.pathname")
}

// Text is what the page says.
func (b *Tab) Text() string {
	b.T.Helper()
	return Eval[string](b, "document.body.innerText")
}

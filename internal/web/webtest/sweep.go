package webtest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

const (
	leastWidth = 320 // of a screen, and of 1280 at 400 %
	paperWidth = 718 // of A4 within margins of 1 cm
	mostStops  = 400 // of Tab on one page
)

// narrow names what does not fit the smallest screen.
func (b *Tab) narrow() []string {
	b.T.Helper()
	b.Do(chromedp.EmulateViewport(leastWidth, screenHeight))
	defer b.back()
	return prefixed("wider than 320 px: ", b.Overflow())
}

// paper names what is wrong with the page when it is printed: what is wider
// than A4, what nobody can press there, and a page without its heading.
func (b *Tab) paper() []string {
	b.T.Helper()
	b.Media("print", "")
	b.Do(chromedp.EmulateViewport(paperWidth, screenHeight))
	defer func() {
		b.Media("", "")
		b.back()
	}()
	out := prefixed("wider than paper: ", b.Overflow())
	out = append(out, prefixed("on paper: ", Eval[[]string](b, `[...document.querySelectorAll("main button, main input, main select, main textarea, header, footer, nav")]
		.filter((one) => one.checkVisibility()).map((one) => one.cloneNode(false).outerHTML.slice(0, 160))`))...)
	if !Eval[bool](b, `[...document.querySelectorAll("h1")].some((one) => one.checkVisibility())`) {
		out = append(out, "on paper: no heading")
	}
	return out
}

func (b *Tab) back() {
	b.T.Helper()
	if b.width > 0 {
		b.Do(chromedp.EmulateViewport(b.width, screenHeight))
	}
}

// keepFocus remembers where the focus is and what is selected there: what is
// hidden on paper loses both.
func (b *Tab) keepFocus() {
	b.T.Helper()
	Eval[bool](b, `(() => {
		const at = document.activeElement;
		let from = null, to = null;
		try { from = at.selectionStart; to = at.selectionEnd; } catch {}
		window.looked = { at, from, to };
		return true;
	})()`)
}

// giveFocus puts both back: the test goes on as if nobody had looked.
func (b *Tab) giveFocus() {
	b.T.Helper()
	Eval[bool](b, `(() => {
		const { at, from, to } = window.looked ?? {};
		if (!at || !at.isConnected || at === document.body) return true;
		if (at !== document.activeElement) at.focus({ preventScroll: true });
		try { if (from !== null && from !== undefined) at.setSelectionRange(from, to); } catch {}
		return true;
	})()`)
}

func prefixed(with string, list []string) []string {
	out := make([]string, 0, len(list))
	for _, one := range list {
		out = append(out, with+one)
	}
	return out
}

// stop is where Tab has led.
type stop struct {
	At     int    // its place among all elements of the page
	HTML   string // its beginning
	Seen   bool   // it is on the screen, and nothing lies over its middle
	Marked bool   // and shows that it has the focus
}

// Walk goes through the page by Tab: every stop is seen and marked, the order is
// that of the page, everything that can be pressed is a stop, and none holds
// the focus for ever.
func (b *Tab) Walk(name string) {
	b.T.Helper()
	for _, fault := range b.walk() {
		b.T.Errorf("%s %s: %s", b.Name, name, fault)
	}
}

func (b *Tab) walk() (out []string) {
	b.T.Helper()
	// Tab goes on from where the focus last was, even when it is gone from there.
	Eval[bool](b, `(() => { document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex"); scrollTo(0, 0); return true; })()`)
	visited := []int{}
	for range mostStops {
		b.Do(chromedp.KeyEvent(kb.Tab))
		at := b.focus()
		if at.At < 0 || slices.Contains(visited, at.At) {
			return append(out, prefixed("Tab does not reach ", b.missed(visited))...)
		}
		if len(visited) > 0 && at.At < visited[len(visited)-1] {
			out = append(out, "Tab goes back to "+at.HTML)
		}
		if !at.Seen || !at.Marked {
			out = append(out, fmt.Sprintf("the focus cannot be seen (on screen %t, marked %t): %s", at.Seen, at.Marked, at.HTML))
		}
		visited = append(visited, at.At)
	}
	return append(out, "Tab does not come to an end")
}

func (b *Tab) focus() stop {
	b.T.Helper()
	return Eval[stop](b, `(async () => {
		const at = document.activeElement, all = [...document.querySelectorAll("*")];
		if (!at || at === document.body) return { At: -1, HTML: "", Seen: true, Marked: true };
		await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
		const shown = at.matches("[type=radio], [type=checkbox], [type=file]") ? (at.closest("label") ?? at) : at;
		const box = at.getClientRects()[0] ?? at.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
		const over = document.elementFromPoint(x, y);
		const style = getComputedStyle(at), around = getComputedStyle(shown);
		const marks = (one) => one.outlineStyle === "auto" || (one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2) || one.boxShadow !== "none";
		return {
			At: all.indexOf(at), HTML: at.cloneNode(false).outerHTML.slice(0, 160),
			Seen: !!over && (at.contains(over) || over.contains(at) || shown.contains(over)),
			Marked: marks(style) || marks(around),
		};
	})()`)
}

// missed are the things to press that Tab passed by. Of a group of choices it
// stops at one, and arrows go on.
func (b *Tab) missed(visited []int) []string {
	b.T.Helper()
	stops, err := json.Marshal(visited)
	require.NoError(b.T, err)
	return Eval[[]string](b, fmt.Sprintf(`(() => {
		const visited = new Set(%s), all = [...document.querySelectorAll("*")];
		const groups = new Set(all.filter((one, i) => visited.has(i) && one.type === "radio").map((one) => one.name));
		return all.filter((one, i) => !visited.has(i)
			&& one.matches("a[href], button:not(:disabled), input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea, summary")
			&& one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert]") && one.tabIndex >= 0
			&& !(one.type === "radio" && groups.has(one.name))
		).map((one) => one.cloneNode(false).outerHTML.slice(0, 160));
	})()`, stops))
}

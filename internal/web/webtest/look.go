package webtest

import (
	_ "embed" // axe-core is part of the test programs that use this package
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axeHash pins axe-core 4.14.1 (MPL-2.0), copied from npm.
const axeHash = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

//go:embed axe.min.js
var axe string

// Look takes a picture of the whole page and judges it.
func (b *Tab) Look(name string) {
	b.T.Helper()
	b.Picture(name)
	b.Judge(name)
}

// Picture takes a picture of the whole page.
func (b *Tab) Picture(name string) {
	b.T.Helper()
	if !b.plain { // a picture that waits for its turn would stay white
		Eval[bool](b, `Promise.all([...document.images].map((one) => { one.loading = "eager"; return one.decode().catch(() => {}); })).then(() => true)`)
	}
	shoot := chromedp.FullScreenshot(100)
	if Eval[bool](b, "document.documentElement.scrollHeight <= innerHeight") {
		shoot = chromedp.CaptureScreenshot() // the other one shifts a short page that is read from right to left
	}
	picture, err := chromedp.Run(b.Patient(), shoot)
	require.NoError(b.T, err)
	b.shot++
	file := fmt.Sprintf("%s%s-%02d-%s.png", b.prefix(), b.Name, b.shot, name)
	require.NoError(b.T, os.WriteFile(filepath.Join(b.dir, file), picture, 0o600))
}

func (b *Tab) prefix() string {
	if b.o.Surface == "" {
		return ""
	}
	return b.o.Surface + "-"
}

// Judge holds the page to its width, here, on the smallest screen and on paper,
// to its weight, and to axe-core.
func (b *Tab) Judge(name string) {
	b.T.Helper()
	b.keepFocus()
	defer b.giveFocus()
	for _, wide := range b.Overflow() {
		b.T.Errorf("%s %s: wider than the screen: %s", b.Name, name, wide)
	}
	for _, fault := range append(b.narrow(), b.paper()...) {
		b.T.Errorf("%s %s: %s", b.Name, name, fault)
	}
	if weight := b.Weigh(); b.o.Heavy > 0 && (weight.Total() > b.o.Heavy || weight.Fonts > mostFonts) {
		b.T.Errorf("%s %s: the page is too heavy: %+v", b.Name, name, weight)
	}
	for _, finding := range b.Axe() {
		b.T.Errorf("%s %s: %s", b.Name, name, finding)
	}
}

// Overflow names what makes the page wider than the screen.
func (b *Tab) Overflow() []string {
	b.T.Helper()
	return Eval[[]string](b, `(() => {
		const root = document.documentElement, most = root.clientWidth;
		if (root.scrollWidth <= most) return [];
		const inside = (one) => { // of what scrolls by itself
			for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
				if (getComputedStyle(up).overflowX !== "visible") return true;
			}
			return false;
		};
		const out = [...document.body.querySelectorAll("*")].filter((one) => {
			const box = one.getBoundingClientRect();
			return box.width > 0 && (box.right > most + 1 || box.left < -1) && !inside(one);
		}).map((one) => one.cloneNode(false).outerHTML.slice(0, 160) + " in " + one.parentElement.cloneNode(false).outerHTML.slice(0, 80));
		return out.length ? out.slice(0, 5) : ["the page itself"];
	})()`)
}

// Axe gives what axe-core finds wrong.
func (b *Tab) Axe() []string {
	b.T.Helper()
	if b.plain { // the page is there, without its scripts
		b.allow(true)
		defer b.allow(false)
	}
	Eval[bool](b, `(() => { if (!window.axe) { `+axe+` } return true; })()`)
	type finding struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML, FailureSummary string }
	}
	var out []string
	// The page of components shows each of them several times, under one name.
	for _, one := range Eval[[]finding](b, `axe.run(document, {resultTypes: ["violations"], rules: {
		"target-size": {enabled: true}, "landmark-unique": {enabled: location.pathname !== "/components"},
	}}).then((r) => r.violations)`) {
		var nodes []string
		for _, n := range one.Nodes {
			nodes = append(nodes, n.HTML+" "+n.FailureSummary)
		}
		out = append(out, fmt.Sprintf("%s (%s, %s): %s", one.ID, one.Impact, one.Help, strings.Join(nodes, "\n")))
	}
	return out
}

// Weight is what came over the line for a page, in bytes as they were sent.
type Weight struct {
	Page, Sheets, Scripts, Fonts, Pictures int
}

// Total is the weight before pictures and fonts: what a first visit waits for.
// The page is painted in a face of the system until the fonts have come.
func (w Weight) Total() int { return w.Page + w.Sheets + w.Scripts }

// mostFonts is what the faces of both scripts may weigh, once for all pages.
const mostFonts = 40 << 10

// Weigh gives the weight of the page.
func (b *Tab) Weigh() Weight {
	b.T.Helper()
	return Eval[Weight](b, `(() => {
		const of = (end) => performance.getEntriesByType("resource")
			.filter((one) => end.test(new URL(one.name).pathname)).reduce((sum, one) => sum + one.encodedBodySize, 0);
		return {
			Page: performance.getEntriesByType("navigation")[0].encodedBodySize,
			Sheets: of(/\.css$/), Scripts: of(/\.js$/), Fonts: of(/\.woff2$/), Pictures: of(/\.(svg|png|jpe?g)$/),
		};
	})()`)
}

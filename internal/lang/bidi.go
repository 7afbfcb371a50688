package lang

import (
	"html/template"
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// The controls of the Unicode bidirectional algorithm (UAX 9) that keep a
// fragment from touching the order of what is around it.
const (
	lri  = "\u2066" // left-to-right isolate
	rli  = "\u2067" // right-to-left isolate
	fsi  = "\u2068" // isolate in the direction of its first strong letter
	pdi  = "\u2069" // end of isolate
	nbsp = "\u00a0"
	nbhy = "\u2011"
)

// LTR isolates plain text that reads left to right whatever is in it:
// references, telephone numbers, machine-readable zones.
func LTR(s string) string { return lri + noControls(s) + pdi }

// RTL isolates plain text that reads right to left.
func RTL(s string) string { return rli + noControls(s) + pdi }

// Isolate isolates plain text of unknown direction: names, places, free text.
func Isolate(s string) string { return fsi + noControls(s) + pdi }

// Code is LTR for a number that must also stay on one line: its spaces and
// hyphens become the non-breaking ones.
func Code(s string) string {
	return LTR(strings.NewReplacer(" ", nbsp, "-", nbhy).Replace(s))
}

// Plain takes the isolates out again, for a comparison or a file name.
func Plain(s string) string { return noControls(s) }

// Bdi gives text of unknown direction as HTML, escaped and isolated by its
// own element.
func Bdi(s string) template.HTML {
	//nolint:gosec // escaped in this very expression
	return template.HTML("<bdi>" + template.HTMLEscapeString(noControls(s)) + "</bdi>")
}

// BdiCode gives a reference, a telephone number or the like as HTML.
func BdiCode(s string) template.HTML {
	//nolint:gosec // escaped in this very expression
	return template.HTML(`<bdi dir="ltr" class="code">` + template.HTMLEscapeString(noControls(s)) + "</bdi>")
}

// noControls drops every directional control, so that a fragment can neither
// close the isolate around it nor open one that it does not close.
func noControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C {
			return -1
		}
		return r
	}, s)
}

// within isolates s for a sentence of the given direction unless all of it
// plainly runs the same way.
func within(rightToLeft bool, s string) string {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		if !runsAlong(rightToLeft, p.Class(), r) {
			return Isolate(s)
		}
	}
	return s
}

// runsAlong reports a letter that cannot disturb a line of the direction.
func runsAlong(rightToLeft bool, class bidi.Class, r rune) bool {
	if class == bidi.NSM || class == bidi.WS {
		return true
	}
	if rightToLeft {
		return class == bidi.R || class == bidi.AL
	}
	return class == bidi.L || class == bidi.EN || isQuiet(r)
}

// isQuiet takes the signs inside words and numbers of a left-to-right line.
func isQuiet(r rune) bool {
	return strings.ContainsRune("-'.,:/’()°%+", r) || r == nonBreakingHyphen
}

const nonBreakingHyphen = '\u2011'

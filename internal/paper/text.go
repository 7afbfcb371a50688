package paper

import (
	"strings"
	"unicode"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"

	"jaliya/internal/paper/pdf"
)

// style is how text looks.
type style struct {
	size    float64 // points of the Latin letters
	leading float64 // line height in sizes; zero means 1.5
	bold    bool
	mono    bool // references and codes
	color   pdf.Color
}

func (s style) lineHeight() float64 {
	if s.leading == 0 {
		return s.size * 1.5
	}
	return s.size * s.leading
}

// maxText caps one paragraph, in runes: a page holds about 6,000.
const maxText = 20_000

// span is a stretch of one paragraph with one level, script and font.
type span struct {
	from, to int
	level    bidi.Level
	script   language.Script
	cut      cut
}

// paragraph is text made ready for shaping: clean runes, the level of each,
// and the places where a line may end.
type paragraph struct {
	runes   []rune
	levels  []bidi.Level
	scripts []language.Script
	style   style
}

// Marks that force the direction of a paragraph whatever its first letter is.
const (
	lrm = '\u200e'
	rlm = '\u200f'
)

// newParagraph cleans text, fixes its direction and runs the bidirectional
// algorithm (UAX 9) over it.
func newParagraph(fonts *fontSet, text string, rtl bool, st style) *paragraph {
	mark := lrm
	if rtl {
		mark = rlm
	}
	p := &paragraph{runes: append([]rune{mark}, clean(fonts, text)...), style: st}
	direction := bidi.LeftToRight
	if rtl {
		direction = bidi.RightToLeft
	}
	var algorithm bidi.Paragraph
	runs := algorithm.Segment(p.runes, direction)
	p.levels = make([]bidi.Level, len(p.runes))
	for i := range runs.NumRuns() {
		run := runs.Run(i)
		for at := run.Start; at < run.End; at++ {
			p.levels[at] = run.Level
		}
	}
	p.scripts = scriptsOf(p.runes, p.levels)
	return p
}

// clean makes any text printable: control characters become spaces, a letter
// that no font has becomes the replacement character, so that a gap is seen
// and no missing glyph is ever drawn.
func clean(fonts *fontSet, text string) []rune {
	out := make([]rune, 0, len(text))
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		if len(out) == maxText {
			break
		}
		switch {
		case r == '\n' || isControl(r):
			out = append(out, r)
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			out = append(out, ' ')
		case fonts.covers(r):
			out = append(out, r)
		default:
			out = append(out, '\ufffd')
		}
	}
	return out
}

// isControl takes the characters that steer order and joining and draw
// nothing.
func isControl(r rune) bool {
	return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x2069 ||
		r == 0x061C || r == 0xFEFF || r == 0x00AD || r >= 0xFE00 && r <= 0xFE0F
}

// isJoiner takes the two controls that change the shape of Arabic letters and
// so must reach the shaper.
func isJoiner(r rune) bool { return r == 0x200C || r == 0x200D }

// word is a stretch that a line break may follow: its letters and the spaces
// after them, which vanish at the end of a line.
type word struct {
	from, to int // letters
	end      int // with spaces
	last     bool
}

// words cuts the paragraph where the line breaking algorithm (UAX 14) allows.
func (p *paragraph) words() []word {
	var seg segmenter.Segmenter
	seg.Init(p.runes)
	var out []word
	for lines := seg.LineIterator(); lines.Next(); {
		line := lines.Line()
		w := word{from: line.Offset, end: line.Offset + len(line.Text), last: line.IsMandatoryBreak}
		w.to = w.end
		for w.to > w.from && (p.runes[w.to-1] == ' ' || p.runes[w.to-1] == '\n') {
			w.to--
		}
		out = append(out, w)
	}
	return out
}

// graphemes cuts a word that is wider than its line where a reader would.
func (p *paragraph) graphemes(w word) []word {
	var seg segmenter.Segmenter
	seg.Init(p.runes[w.from:w.to])
	var out []word
	for cuts := seg.GraphemeIterator(); cuts.Next(); {
		g := cuts.Grapheme()
		from := w.from + g.Offset
		out = append(out, word{from: from, to: from + len(g.Text), end: from + len(g.Text)})
	}
	if n := len(out); n > 0 {
		out[n-1].end, out[n-1].last = w.end, w.last
	}
	return out
}

// spans cuts a stretch by level, script and font. Controls are left out.
func (p *paragraph) spans(fonts *fontSet, from, to int) []span {
	var out []span
	for i := from; i < to; i++ {
		r := p.runes[i]
		if isControl(r) && !isJoiner(r) || r == '\n' {
			continue
		}
		next := span{from: i, to: i + 1, level: p.levels[i], script: p.scripts[i]}
		last := len(out) - 1
		joined := last >= 0 && out[last].to == i && out[last].level == next.level
		if joined && (isJoiner(r) || unicode.Is(unicode.M, r) && has(out[last].cut, r)) {
			out[last].to++ // a mark stays with its letter
			continue
		}
		if isJoiner(r) {
			continue
		}
		next.cut = pick(fonts.choices(p.style, next.script), r)
		if joined && out[last].script == next.script && out[last].cut == next.cut {
			out[last].to++
			continue
		}
		out = append(out, next)
	}
	return out
}

// scriptsOf gives the script of each rune; what belongs to none takes that of
// the nearest letter before it in the same run, then after it.
func scriptsOf(runes []rune, levels []bidi.Level) []language.Script {
	out := make([]language.Script, len(runes))
	for i, r := range runes {
		if s := language.LookupScript(r); s.Strong() {
			out[i] = s
		} else if i > 0 && levels[i-1] == levels[i] {
			out[i] = out[i-1]
		}
	}
	for i := len(runes) - 1; i >= 0; i-- {
		switch {
		case out[i] != 0:
		case i+1 < len(runes) && levels[i+1] == levels[i]:
			out[i] = out[i+1]
		case levels[i]%2 == 1:
			out[i] = language.Arabic
		default:
			out[i] = language.Latin
		}
	}
	return out
}

// pick gives the first font that has the letter; clean made sure of one.
func pick(choices []cut, r rune) cut {
	for _, c := range choices {
		if has(c, r) {
			return c
		}
	}
	return choices[0]
}

func has(c cut, r rune) bool {
	_, ok := c.font.Shaped().NominalGlyph(r)
	return ok
}

package paper

import (
	"slices"
	"unicode"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"

	"jaliya/internal/paper/pdf"
)

// typesetter turns text into lines of placed glyphs. It belongs to one
// document: shaper and faces hold caches.
type typesetter struct {
	fonts  *fontSet
	shaper shaping.HarfbuzzShaper
	faces  faces
}

func newTypesetter(fonts *fontSet) *typesetter { return &typesetter{fonts: fonts, faces: faces{}} }

// piece is a shaped span.
type piece struct {
	level  bidi.Level
	font   *pdf.Font
	size   float64
	width  float64 // points
	glyphs []pdf.Glyph
}

// line is one line of a paragraph, its pieces in the order of reading until
// visual is called.
type line struct {
	pieces []piece
	width  float64
}

// lines sets text into lines no wider than width points.
func (t *typesetter) lines(text string, rtl bool, width float64, st style) []line {
	p := newParagraph(t.fonts, text, rtl, st)
	b := breaker{t: t, p: p, width: width}
	for _, w := range p.words() {
		b.add(w)
	}
	b.flush()
	for i := range b.done {
		b.done[i].pieces = visual(b.done[i].pieces)
	}
	return b.done
}

// breaker fills lines greedily.
type breaker struct {
	t       *typesetter
	p       *paragraph
	width   float64
	done    []line
	current line
	gap     line // spaces after the last word, kept only if another follows
	open    bool
}

// slack lets a word stand that is too wide by a rounding error.
const slack = 0.01

func (b *breaker) add(w word) {
	pieces, wide := b.t.shape(b.p, w.from, w.to)
	if wide > b.width+slack && w.to-w.from > 1 {
		if parts := b.p.graphemes(w); len(parts) > 1 {
			for _, part := range parts {
				b.add(part)
			}
			return
		}
	}
	if b.open && b.current.width+b.gap.width+wide > b.width+slack {
		b.flush()
	}
	if b.open {
		b.current.pieces = append(b.current.pieces, b.gap.pieces...)
		b.current.width += b.gap.width
	}
	b.current.pieces = append(b.current.pieces, pieces...)
	b.current.width += wide
	b.open = true
	b.gap.pieces, b.gap.width = b.t.shape(b.p, w.to, w.end)
	if w.last {
		b.flush()
	}
}

func (b *breaker) flush() {
	if b.open {
		b.done = append(b.done, b.current)
	}
	b.current, b.gap, b.open = line{}, line{}, false
}

// shape shapes a stretch of the paragraph with all of it as context, so that
// letters join across the borders of spans.
func (t *typesetter) shape(p *paragraph, from, to int) ([]piece, float64) {
	var pieces []piece
	total := 0.0
	for _, s := range p.spans(t.fonts, from, to) {
		one := t.piece(p, s)
		pieces = append(pieces, one)
		total += one.width
	}
	return pieces, total
}

func (t *typesetter) piece(p *paragraph, s span) piece {
	direction := di.DirectionLTR
	if s.level%2 == 1 {
		direction = di.DirectionRTL
	}
	units := int(s.cut.font.Units())
	out := t.shaper.ShapeNoExtents(shaping.Input{
		Text: p.runes, RunStart: s.from, RunEnd: s.to, Direction: direction,
		Face: t.faces.of(s.cut.font), Size: fixed.I(units),
		Script: s.script, Language: languageOf(s.script),
	})
	one := piece{level: s.level, font: s.cut.font, size: p.style.size * s.cut.scale}
	texts := glyphTexts(p.runes, out.Glyphs, t.faces.of(s.cut.font).NominalGlyph)
	advance := 0.0
	for i, g := range out.Glyphs {
		placed := pdf.Glyph{
			ID: uint16(g.GlyphID), Text: texts[i], //nolint:gosec // a TrueType font has at most 65535 glyphs
			Advance: units26(g.Advance), Right: units26(g.XOffset), Up: units26(g.YOffset),
		}
		advance += placed.Advance
		one.glyphs = append(one.glyphs, placed)
	}
	one.width = advance * one.size / s.cut.font.Units()
	return one
}

func units26(v fixed.Int26_6) float64 { return float64(v) / 64 }

func languageOf(s language.Script) language.Language {
	if s == language.Arabic {
		return "ar"
	}
	if s == language.Tifinagh {
		return "zgh"
	}
	return "fr"
}

// glyphTexts says what each glyph stands for, so that the file can be searched
// and read aloud. A glyph alone in its cluster says all its letters. Where
// letters and glyphs of a cluster are several, as with vowel signs, each glyph
// says the letter that it is the picture of, and the first glyph without one
// says the rest; otherwise letters would come out twice. Nothing is marked
// with ActualText: readers turn its letters around inside a right-to-left line.
func glyphTexts(runes []rune, glyphs []shaping.Glyph, nominal func(rune) (font.GID, bool)) []string {
	out := make([]string, len(glyphs))
	for from := 0; from < len(glyphs); {
		to := from + 1
		for to < len(glyphs) && glyphs[to].TextIndex() == glyphs[from].TextIndex() {
			to++
		}
		start := glyphs[from].TextIndex()
		letters := slices.Clone(runes[start:min(start+glyphs[from].RunesCount(), len(runes))])
		letters = slices.DeleteFunc(letters, isControl)
		if to-from == 1 {
			out[from] = string(letters)
		} else {
			share(out[from:to], letters, glyphs[from:to], nominal)
		}
		from = to
	}
	return out
}

func share(out []string, letters []rune, glyphs []shaping.Glyph, nominal func(rune) (font.GID, bool)) {
	for i, g := range glyphs {
		at := slices.IndexFunc(letters, func(r rune) bool {
			gid, ok := nominal(r)
			return ok && gid == g.GlyphID
		})
		if at >= 0 {
			out[i] = string(letters[at])
			letters = slices.Delete(letters, at, at+1)
		}
	}
	rest(out, letters, glyphs)
}

// rest gives the letters that are no glyph's own: vowel signs to a glyph
// without a width, the others to one with a width, so that the picture of two
// vowel signs never comes to mean the letters of the word that it first met.
func rest(out []string, letters []rune, glyphs []shaping.Glyph) {
	var signs, bases []rune
	for _, r := range letters {
		if unicode.Is(unicode.M, r) {
			signs = append(signs, r)
		} else {
			bases = append(bases, r)
		}
	}
	for i, g := range glyphs {
		switch {
		case out[i] != "":
		case g.Advance == 0:
			out[i], signs = string(signs), nil
		default:
			out[i], bases = string(bases), nil
		}
	}
	out[len(out)-1] += string(bases) + string(signs)
}

// visual puts pieces into the order of the eye, from left to right (UAX 9,
// rule L2): from the highest level down, every stretch of that level or higher
// is turned around.
func visual(pieces []piece) []piece {
	var top bidi.Level
	for _, p := range pieces {
		top = max(top, p.level)
	}
	for level := top; level > 0; level-- {
		for from := 0; from < len(pieces); from++ {
			to := from
			for to < len(pieces) && pieces[to].level >= level {
				to++
			}
			if to > from {
				slices.Reverse(pieces[from:to])
				from = to
			}
		}
	}
	return pieces
}

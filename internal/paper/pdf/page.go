package pdf

import (
	"fmt"
	"strings"
)

// Size is a paper size in points.
type Size struct{ Width, Height float64 }

// A4 gives ISO 216 A4, upright.
func A4() Size { return Size{595.276, 841.890} }

// A5 gives ISO 216 A5, upright.
func A5() Size { return Size{419.528, 595.276} }

// Color is red, green and blue, each 0 to 255, in sRGB.
type Color struct{ R, G, B uint8 }

func (c Color) operands() string {
	part := func(v uint8) string { return number(float64(v) / 255) }
	return part(c.R) + " " + part(c.G) + " " + part(c.B)
}

// Point is a place on the page.
type Point struct{ X, Y float64 }

// Box is a rectangle by its top left corner.
type Box struct{ X, Y, Width, Height float64 }

// Glyph is one placed glyph of a run. Measures are in font units.
type Glyph struct {
	ID      uint16
	Advance float64 // to the next glyph
	Right   float64 // shift of this glyph alone
	Up      float64 // shift of this glyph alone
	Text    string  // what it says; empty for a part that a neighbor says
}

// Run is a row of glyphs of one font, from left to right.
type Run struct {
	Font   *Font
	Size   float64 // points
	At     Point   // left end of the baseline
	Color  Color
	Glyphs []Glyph
}

// Page is one page in the making.
type Page struct {
	document *Document
	size     Size
	content  strings.Builder
	made     ref // its object once the file is written
}

// Size gives the size of the page.
func (p *Page) Size() Size { return p.size }

func (p *Page) op(format string, args ...any) {
	fmt.Fprintf(&p.content, format, args...)
	p.content.WriteByte('\n')
}

func (p *Page) up(y float64) string { return number(p.size.Height - y) }

func (p *Page) box(b Box) string {
	return fmt.Sprintf("%s %s %s %s re", number(b.X), p.up(b.Y+b.Height), number(b.Width), number(b.Height))
}

// Fill paints rectangles in one color.
func (p *Page) Fill(c Color, boxes ...Box) {
	if len(boxes) == 0 {
		return
	}
	p.op("%s rg", c.operands())
	for _, b := range boxes {
		p.op("%s", p.box(b))
	}
	p.op("f")
}

// Frame draws the outline of a rectangle; width is that of the pen.
func (p *Page) Frame(c Color, width float64, b Box) {
	p.op("%s RG %s w %s S", c.operands(), number(width), p.box(b))
}

// Line draws a straight line.
func (p *Page) Line(c Color, width float64, from, to Point) {
	p.op("%s RG %s w %s %s m %s %s l S", c.operands(), number(width),
		number(from.X), p.up(from.Y), number(to.X), p.up(to.Y))
}

// Polygon paints a closed figure.
func (p *Page) Polygon(c Color, corners []Point) {
	if len(corners) < 3 {
		return
	}
	p.op("%s rg", c.operands())
	for i, at := range corners {
		verb := "l"
		if i == 0 {
			verb = "m"
		}
		p.op("%s %s %s", number(at.X), p.up(at.Y), verb)
	}
	p.op("h f")
}

// Text draws a run of glyphs. Widths in the file are those of the font, so
// each difference of the shaper becomes an adjustment; a shift upward becomes
// a rise.
func (p *Page) Text(r Run) {
	if len(r.Glyphs) == 0 {
		return
	}
	u := p.document.uses(r.Font)
	p.op("BT %s rg /%s %s Tf 1 0 0 1 %s %s Tm", r.Color.operands(), u.label, number(r.Size), number(r.At.X), p.up(r.At.Y))
	row := row{use: u, size: r.Size, mille: 1000 / r.Font.units}
	for _, g := range r.Glyphs {
		u.note(g)
		row.add(g)
	}
	p.op("%s ET", row.finish())
}

// row writes the glyphs of one run as operands of TJ.
type row struct {
	use             *use
	size, mille     float64
	out, array      strings.Builder
	wanted, reached float64 // thousandths of an em from the start
	rise            float64 // font units
}

func (r *row) add(g Glyph) {
	if g.Up != r.rise {
		r.show()
		r.rise = g.Up
		fmt.Fprintf(&r.out, "%s Ts ", number(r.rise*r.mille*r.size/1000))
	}
	if back := r.reached - (r.wanted + g.Right*r.mille); back > 0.5 || back < -0.5 {
		r.array.WriteString(number(back))
		r.reached -= back
	}
	fmt.Fprintf(&r.array, "<%04X>", g.ID)
	r.reached += r.use.font.width(g.ID)
	r.wanted += g.Advance * r.mille
}

// show closes the array of glyphs collected so far.
func (r *row) show() {
	if r.array.Len() > 0 {
		r.out.WriteString("[" + r.array.String() + "] TJ ")
		r.array.Reset()
	}
}

func (r *row) finish() string {
	r.show()
	if r.rise != 0 {
		r.out.WriteString("0 Ts ")
	}
	return strings.TrimSpace(r.out.String())
}

package paper

import (
	"math"

	"jaliya/internal/paper/pdf"
)

// The colors of all papers: ink on white, one green, a sand ground for panels,
// gray for labels (contrast 6.5 to 1 on sand).
func ink() pdf.Color   { return pdf.Color{R: 0x1c, G: 0x22, B: 0x28} }
func gray() pdf.Color  { return pdf.Color{R: 0x55, G: 0x5a, B: 0x60} }
func green() pdf.Color { return pdf.Color{R: 0x0b, G: 0x66, B: 0x38} }
func sand() pdf.Color  { return pdf.Color{R: 0xf5, G: 0xf1, B: 0xe6} }
func white() pdf.Color { return pdf.Color{R: 0xff, G: 0xff, B: 0xff} }
func rule() pdf.Color  { return pdf.Color{R: 0xc9, G: 0xc2, B: 0xb0} }

// side is where the lines of a block begin.
type side uint8

const (
	atStart side = iota // left for Latin, right for Arabic
	atEnd
	centered
)

// block is a set paragraph, ready to be placed.
type block struct {
	lines []line
	style style
	rtl   bool
	side  side
	width float64
}

func (b block) height() float64 { return float64(len(b.lines)) * b.style.lineHeight() }

// Margins and the gap between the two columns, in points.
const (
	marginX  = 42.0
	marginY  = 30.0
	footer   = 12.0
	columns  = 26.0
	baseline = 0.70 // of the line height, from its top
)

// sheet is a document in the making with a cursor that runs down the pages.
type sheet struct {
	document *pdf.Document
	set      *typesetter
	pages    []*pdf.Page
	page     *pdf.Page
	size     pdf.Size
	y        float64
}

func newSheet(fonts *fontSet, size pdf.Size, info pdf.Info) *sheet {
	s := &sheet{document: pdf.New(info), set: newTypesetter(fonts), size: size}
	s.next()
	return s
}

func (s *sheet) next() {
	s.page = s.document.AddPage(s.size)
	s.pages = append(s.pages, s.page)
	s.y = marginY
}

// need begins a new page when less than height is left on this one.
func (s *sheet) need(height float64) {
	if s.y+height > s.size.Height-marginY-footer && s.y > marginY {
		s.next()
	}
}

func (s *sheet) width() float64  { return s.size.Width - 2*marginX }
func (s *sheet) column() float64 { return (s.width() - columns) / 2 }

// right gives the left edge of the right column.
func (s *sheet) right() float64 { return marginX + s.column() + columns }

// block sets text for a width.
func (s *sheet) block(text string, rtl bool, width float64, st style) block {
	return block{lines: s.set.lines(text, rtl, width, st), style: st, rtl: rtl, width: width}
}

// place draws a block with its top left corner at x, y.
func (s *sheet) place(b block, x, y float64) {
	for i, l := range b.lines {
		at := pdf.Point{X: x + b.indent(l), Y: y + (float64(i)+baseline)*b.style.lineHeight()}
		for _, p := range l.pieces {
			s.page.Text(pdf.Run{Font: p.font, Size: p.size, At: at, Color: b.style.color, Glyphs: p.glyphs})
			at.X += p.width
		}
	}
}

// indent gives the room on the left of a line.
func (b block) indent(l line) float64 {
	room := b.width - l.width
	switch b.side {
	case centered:
		return room / 2
	case atEnd:
		if b.rtl {
			return 0
		}
		return room
	case atStart:
		if b.rtl {
			return room
		}
		return 0
	default:
		return 0
	}
}

// pair places two blocks side by side, the Latin one on the left, and moves
// the cursor below the longer.
func (s *sheet) pair(left, right block, after float64) {
	height := max(left.height(), right.height())
	s.need(height + after)
	s.place(left, marginX, s.y)
	s.place(right, s.right(), s.y)
	s.y += height + after
}

// line draws a hair line over the whole width at the cursor.
func (s *sheet) line(c pdf.Color, width, after float64) {
	s.page.Line(c, width, pdf.Point{X: marginX, Y: s.y}, pdf.Point{X: s.size.Width - marginX, Y: s.y})
	s.y += after
}

// star draws the eight-pointed star, two squares turned against each other.
func (s *sheet) star(at pdf.Point, radius float64, outer, inner pdf.Color) {
	s.page.Polygon(outer, starCorners(at, radius))
	s.page.Polygon(inner, starCorners(at, radius*0.62))
}

func starCorners(at pdf.Point, radius float64) []pdf.Point {
	const points = 8
	// The inner corners of {8/2}: cos 45 over cos 22.5 degrees.
	inner := radius * math.Cos(math.Pi/4) / math.Cos(math.Pi/8)
	corners := make([]pdf.Point, 0, 2*points)
	for i := range 2 * points {
		r := radius
		if i%2 == 1 {
			r = inner
		}
		angle := math.Pi * float64(i) / points
		corners = append(corners, pdf.Point{X: at.X + r*math.Sin(angle), Y: at.Y - r*math.Cos(angle)})
	}
	return corners
}

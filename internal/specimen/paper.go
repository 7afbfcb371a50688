package specimen

import (
	"image"
	"image/color"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"jaliya/internal/consular"
)

// A page is drawn on A4 in tenths of a millimetre.
const (
	pageUnits  = 2100
	pageHeight = 2970
	pageMargin = 200
)

// Sizes of a page in pixels: A4 at 150 dots to the inch, and at 50.
var (
	pageFull  = image.Pt(1240, 1754)
	pageLight = image.Pt(413, 585)
)

// Paper is a page to be typeset. Only Kind is needed.
type Paper struct {
	Kind     consular.DocumentKind
	Person   consular.Person    // whom it is about
	Guardian *consular.Guardian // who signs for a minor
	Address  consular.Address
	Issued   consular.Date
	Seed     uint64 // of portrait, signature and paper grain
	Age      int    // of the portrait on it
}

// Scan typesets a paper about a person as JPEG, A4 at 150 dots to the inch: a
// title and fields in French and Latin script, a large SPECIMEN across. It says
// that it is fictitious and shows no arms, so that nobody takes it for a paper.
func Scan(kind consular.DocumentKind, person consular.Person) []byte {
	return Paper{Kind: kind, Person: person, Age: 30}.JPEG()
}

// JPEG typesets the page as Scan does, with all that the paper holds.
func (p Paper) JPEG() []byte { return encodeJPEG(p.draw(pageFull), photoQuality) }

func (p Paper) draw(size image.Point) *image.RGBA {
	r := generator(p.Seed, streamScan<<8|uint64(p.Kind))
	g := newPage(r, size)
	switch p.Kind { //nolint:exhaustive // the others are written papers
	case consular.DocPhotograph:
		g.photograph(p)
	case consular.DocOldCard, consular.DocCardCopy, consular.DocGuardianCard, consular.DocPassportCopy:
		g.card(p)
	default:
		g.written(p)
	}
	g.across()
	g.grain(r, 6)
	return g.img
}

// page is a canvas with two weights of type.
type page struct {
	*canvas
	r             *rand.Rand
	regular, bold *opentype.Font
}

func newPage(r *rand.Rand, size image.Point) *page {
	g := &page{
		canvas: newCanvas(size.X, size.Y, pageUnits), r: r,
		regular: must(opentype.Parse(goregular.TTF)), bold: must(opentype.Parse(gobold.TTF)),
	}
	g.ground(rgb(0xfbfaf6), rgb(0xf4f2ec))
	return g
}

// Inks.
var (
	inkBlack = color.NRGBA{R: 0x22, G: 0x24, B: 0x2a, A: 255}
	inkGray  = color.NRGBA{R: 0x70, G: 0x73, B: 0x79, A: 255}
	inkStamp = color.NRGBA{R: 0x2c, G: 0x4c, B: 0x9c, A: 150}
)

// setting says how a line of text is set; the place is its left end on the
// base line, or its middle.
type setting struct {
	at       point
	size     float64 // of the type, in units
	bold     bool
	centered bool
	paint    color.NRGBA
}

// text sets one line.
func (g *page) text(s string, set setting) {
	f := g.regular
	if set.bold {
		f = g.bold
	}
	face := must(opentype.NewFace(f, &opentype.FaceOptions{Size: set.size * g.scale, DPI: 72, Hinting: font.HintingNone}))
	d := font.Drawer{Dst: g.img, Src: image.NewUniform(set.paint), Face: face}
	x := fixed.Int26_6(set.at.x * g.scale * 64)
	if set.centered {
		x -= d.MeasureString(s) / 2
	}
	d.Dot = fixed.Point26_6{X: x, Y: fixed.Int26_6(set.at.y * g.scale * 64)}
	d.DrawString(s)
}

func (g *page) box(paint color.NRGBA, from, to point) {
	g.fill(paint, outline{from, {to.x, from.y}, to, {from.x, to.y}})
}

// frame draws the edge of a box.
func (g *page) frame(paint color.NRGBA, from, to point) {
	edge := outline{from, {to.x, from.y}, to, {from.x, to.y}}
	const w = 3
	hole := outline{from.plus(w, w), {to.x - w, from.y + w}, to.plus(-w, -w), {from.x + w, to.y - w}}
	g.fill(paint, edge, hole.reversed())
}

// across writes the word from corner to corner in dots, and says below that the
// page is fictitious.
func (g *page) across() {
	g.text("Document fictif établi pour une démonstration : sans aucune valeur",
		setting{at: point{pageUnits / 2, pageHeight - 90}, size: 38, centered: true, paint: inkGray})
	shapes, pitch := letters(), 38.0
	for i, r := range specimenWord {
		for row, bits := range shapes[r] {
			for col := range 5 {
				if bits>>(4-col)&1 == 0 {
					continue
				}
				along, down := float64(i*6+col)-23, float64(row)-3
				// Along the diagonal: 4 to the right for 5 upward.
				at := point{
					pageUnits/2 + pitch*(along*0.625+down*0.78),
					pageHeight/2 + pitch*(-along*0.78+down*0.625),
				}
				g.fill(color.NRGBA{R: 0xb4, G: 0x2a, B: 0x2a, A: 64}, ellipse(at, 19, 19))
			}
		}
	}
}

// stamp prints a round one with nobody's name.
func (g *page) stamp(at point) {
	for _, r := range []float64{170, 118} {
		g.fill(inkStamp, ellipse(at, r, r), ellipse(at, r-7, r-7).reversed())
	}
	g.text("SPECIMEN", setting{at: at.plus(0, 14), size: 40, bold: true, centered: true, paint: inkStamp})
	g.text("cachet fictif", setting{at: at.plus(0, 150), size: 26, centered: true, paint: inkStamp})
}

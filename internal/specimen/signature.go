package specimen

import (
	"image"
	"image/draw"
	"math"
	"math/rand/v2"
)

// Sizes of a signature in pixels: what a pad of 50 x 17 mm gives at 300 dots to
// the inch.
var (
	signatureFull  = image.Pt(600, 200)
	signatureLight = image.Pt(300, 100)
)

// signatureUnits is the width that strokes are measured in.
const signatureUnits = 600

// Signature draws a pen stroke as PNG, 600 x 200 pixels, 8-bit gray: loops of
// changing height as a hurried hand writes them, and a flourish.
func Signature(seed uint64) []byte { return encodePNG(drawSignature(seed, signatureFull)) }

func drawSignature(seed uint64, size image.Point) *image.Gray {
	c := newCanvas(size.X, size.Y, signatureUnits)
	c.ground(rgb(0xffffff), rgb(0xffffff))
	c.sign(generator(seed, streamSignature), point{0, 0}, 1)
	gray := image.NewGray(c.img.Rect)
	draw.Draw(gray, gray.Rect, c.img, image.Point{}, draw.Src)
	return gray
}

// sign writes with its upper left corner at a place, in a size of which 1 is
// 600 x 200 units.
func (c *canvas) sign(r *rand.Rand, at point, scale float64) {
	ink := rgb(0x1b2340)
	line := flourish(r, writing(r))
	for i, p := range line {
		line[i] = at.plus(p.x*scale, p.y*scale)
	}
	press := newWaves(r, 3)
	c.stroke(ink, line, func(t float64) float64 {
		return scale * max(1.6, 3.6+1.3*press.at(t*9, 0)) * (0.35 + 0.65*math.Sin(math.Pi*min(1, t*9+0.15)/2))
	})
}

// writing rolls along a line as a pen does: a point on a turning wheel whose
// size changes from letter to letter.
func writing(r *rand.Rand) outline {
	letters := 5 + r.IntN(5)
	heights := make([]float64, letters+2)
	for i := range heights {
		heights[i] = 14 + r.Float64()*16
		if i == 0 || r.IntN(4) == 0 { // a capital, or a letter with a stem
			heights[i] += 34
		}
	}
	slant, loop, wide := 0.2+r.Float64()*0.4, 8+r.Float64()*14, 300+r.Float64()*110
	var out outline
	for i := range letters*28 + 1 {
		t := float64(i) / 28 // letters written so far
		at, share := int(t), (1-math.Cos(math.Pi*(t-math.Floor(t))))/2
		h := heights[at]*(1-share) + heights[at+1]*share
		sin, cos := math.Sincos(2 * math.Pi * t)
		y := 104 - t*1.5 - h*cos*0.5
		x := 70 + wide*t/float64(letters) - loop*sin - (y-104)*slant
		out = append(out, point{x, y})
	}
	return out
}

// flourish goes on from the last letter, back below the name and out to the
// right; some hands leave it at a short stroke.
func flourish(r *rand.Rand, o outline) outline {
	end := o[len(o)-1]
	if r.IntN(4) == 0 {
		o = o.curve(end.plus(30, -20), end.plus(60+r.Float64()*30, -30), end.plus(90+r.Float64()*30, 10-r.Float64()*40))
		return o
	}
	low := 136 + r.Float64()*22
	back := point{90 + r.Float64()*120, low + 4 + r.Float64()*20}
	o = o.curve(end.plus(50+r.Float64()*50, -40+r.Float64()*30), point{end.x + 90, low}, point{330, low})
	o = o.curve(point{230, low - 8}, point{back.x - 60, back.y - 4}, back)
	o = o.curve(point{back.x + 90, back.y + 6}, point{420, low - 16}, point{470 + r.Float64()*70, low - 10 - r.Float64()*40})
	return o
}

package specimen

import (
	"image/color"
	"math"

	"jaliya/internal/consular"
)

// skull gives the outline of the head, grown outward by so much: the crown an
// ellipse, the jaw narrower.
func (f *face) skull(grown float64) outline {
	half, top, low := f.half+grown, f.crown-grown, f.chin+grown*0.6
	wide := f.eye + 10 // where the head is widest
	o := outline{{middle, top}}
	o = o.curve(point{middle + half*0.62, top}, point{middle + half, top + (wide-top)*0.38}, point{middle + half, wide})
	down := low - wide
	o = o.curve(point{middle + half, wide + down*0.5}, point{middle + half*f.jaw*1.18, low - down*0.04}, point{middle, low})
	return o.mirrored()
}

// base is the height of the shoulders: a child's are nearer to the chin.
func (f *face) base() float64 { return 806 - 74*f.young() }

// drawBody paints neck, shoulders and clothes.
func (f *face) drawBody(c *canvas) {
	small := 1 - 0.34*f.young()
	neck := (118 - 8*f.Float64()) * small
	if f.sex == consular.Female {
		neck *= 0.86
	}
	base := f.base()
	cloth := pick(f.Rand, cloths())
	o := outline{{middle, base - 30}, {middle + neck*0.8, base - 30}}
	o = o.curve(point{middle + neck + 30, base + 10}, point{middle + 290*small, base + 12}, point{middle + 335*small, 930})
	shoulders := append(o, point{middle, 930})
	c.fill(cloth, shoulders.mirrored())
	c.fill(faint(rgb(0x000000), 0.10), append(outline{{middle + 150*small, base + 6}}, point{middle + 335*small, 930}, point{middle + 210*small, 930}))

	throat := outline{{middle, f.chin - 120}, {middle + neck, f.chin - 120}}
	throat = throat.curve(point{middle + neck*0.94, base - 50}, point{middle + neck, base - 10}, point{middle + neck*1.12, base + 4})
	throat = throat.curve(point{middle + neck*0.7, base + 52}, point{middle + neck*0.3, base + 62}, point{middle, base + 62})
	c.fill(f.shade(0.08), throat.mirrored())
	shadow := outline{{middle, f.chin - 60}, {middle + neck, f.chin - 60}, {middle + neck*0.96, f.chin - 14}}
	shadow = shadow.curve(point{middle + neck*0.6, f.chin + 52}, point{middle + neck*0.2, f.chin + 60}, point{middle, f.chin + 60})
	c.fill(f.shade(0.26), shadow.mirrored())
	f.drawCollar(c, neck, cloth)
	if f.scarf {
		f.drawDrape(c)
	}
}

// drawCollar paints one of four collars over the lower end of the neck.
func (f *face) drawCollar(c *canvas, neck float64, cloth color.NRGBA) {
	base := f.base()
	dark, light := mix(cloth, rgb(0x000000), 0.25), mix(cloth, rgb(0xffffff), 0.78)
	round := outline{{middle, base + 62}}
	round = round.curve(point{middle + neck*0.4, base + 62}, point{middle + neck*0.85, base + 48}, point{middle + neck*1.12, base + 0})
	switch f.IntN(4) {
	case 0: // a shirt's collar
		flap := outline{
			{middle + 4, base + 66}, {middle + neck*1.02, base - 22}, {middle + neck*1.34, base + 2}, {middle + neck*0.74, base + 100},
		}
		c.fill(light, flap)
		c.fill(light, flap.flipped())
		c.stroke(dark, outline{{middle, base + 68}, {middle, 930}}, even(3))
	case 1: // a jellaba's, with a braided edge
		c.stroke(mix(cloth, rgb(0xe8d9a8), 0.75), append(round.flipped().reversed(), round...), even(13))
		c.stroke(mix(cloth, rgb(0xe8d9a8), 0.75), outline{{middle - 7, base + 66}, {middle - 7, 930}}, even(6))
		c.stroke(mix(cloth, rgb(0xe8d9a8), 0.75), outline{{middle + 7, base + 66}, {middle + 7, 930}}, even(6))
	case 2: // a jacket over a light shirt
		open := outline{{middle - neck*1.05, base - 4}, {middle + neck*1.05, base - 4}, {middle + 14, 930}, {middle - 14, 930}}
		c.fill(light, open)
		c.fill(f.shade(0.08), outline{{middle - neck*0.75, base - 14}, {middle + neck*0.75, base - 14}, {middle, base + 52}})
		lapel := outline{{middle + neck*1.02, base - 14}, {middle + neck*1.5, base + 20}, {middle + 70, 930}, {middle + 10, 930}}
		c.fill(dark, lapel)
		c.fill(dark, lapel.flipped())
	default: // a round neck
		c.stroke(dark, append(round.flipped().reversed(), round...), even(11))
	}
}

// drawHead paints ears and face with soft light from the left.
func (f *face) drawHead(c *canvas) {
	ear := ellipse(point{middle + f.half + 4, f.eye + 42}, 26, 50)
	if !f.scarf {
		c.fill(f.shade(0.10), ear)
		c.fill(f.shade(0.06), ear.flipped())
		inner := ellipse(point{middle + f.half + 8, f.eye + 42}, 12, 30)
		c.fill(f.shade(0.24), inner)
		c.fill(f.shade(0.20), inner.flipped())
	}
	c.fill(f.skin, f.skull(0))
	f.drawSide(c)
	warm := mix(f.skin, rgb(0xd9534a), 0.5)
	for _, side := range []float64{-1, 1} {
		c.glow(faint(warm, 0.26+0.14*f.young()), point{middle + side*f.half*0.56, f.eye + 108}, 74, 60)
	}
	c.glow(faint(mix(f.skin, rgb(0xffe6cc), 0.45), 0.45), point{middle - 26, f.crown + 170}, 150, 120)
}

// drawSide shades the right side of the face.
func (f *face) drawSide(c *canvas) {
	edge := f.skull(0)
	side := edge[:len(edge)/2] // from the crown down the right side to the chin
	const layers = 7
	for i := range layers {
		depth := 0.05 + 0.30*float64(i)/layers
		inner := make(outline, len(side))
		for j, p := range side {
			share := math.Sin(math.Pi * float64(j) / float64(len(side)-1))
			inner[j] = point{p.x - (p.x-middle+50)*depth*share, p.y}
		}
		c.fill(faint(f.shade(0.36), 0.055), append(append(outline{}, side...), inner.reversed()...))
	}
}

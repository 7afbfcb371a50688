package specimen

import (
	"jaliya/internal/consular"
)

// drawFeatures paints brows, eyes, nose, mouth and the lines of age.
func (f *face) drawFeatures(c *canvas) {
	open := 0.9 + f.Float64()*0.25 + 0.2*f.young()
	tilt := -3 + f.Float64()*8
	for _, side := range []float64{-1, 1} {
		f.drawEye(c, side, eyeShape{open: open, tilt: tilt})
	}
	f.drawBrows(c)
	f.drawNose(c)
	f.drawMouth(c)
	f.drawLines(c)
}

type eyeShape struct{ open, tilt float64 }

// drawEye paints the eye on one side, -1 or 1.
func (f *face) drawEye(c *canvas, side float64, s eyeShape) {
	wide, tall := 40.0, 17*s.open
	at := point{middle + side*f.apart, f.eye}
	inner, outer := at.plus(-side*wide, s.tilt*0.5), at.plus(side*wide, -s.tilt)
	lid := outline{inner}
	lid = lid.curve(inner.plus(side*wide*0.5, -tall*1.5), outer.plus(-side*wide*0.6, -tall*1.5), outer)
	under := outline{outer}
	under = under.curve(outer.plus(-side*wide*0.5, tall*1.25), inner.plus(side*wide*0.5, tall*1.2), inner)
	almond := append(append(outline{}, lid...), under...)
	c.glow(faint(f.shade(0.4), 0.30), at.plus(0, -6), wide*1.5, 44)
	c.fill(rgb(0xfaf7f3), almond)
	iris := min(tall*1.3, 21.5)
	look := at.plus(0, -2)
	clip := func(o outline) outline { return clipped(o, lid, under) }
	c.fill(f.eyes, clip(ellipse(look, iris, iris)))
	c.fill(mix(f.eyes, rgb(0x000000), 0.55), clip(ellipse(look, iris*0.52, iris*0.52)))
	c.fill(faint(rgb(0xffffff), 0.9), ellipse(look.plus(-6, -6), 4.2, 4.2))
	lash := mix(f.shade(0.8), rgb(0x1a0f0a), 0.6)
	width := 5.5
	if f.sex == consular.Female && f.age >= 10 {
		width = 7.5
	}
	c.stroke(lash, lid, taper(width))
	c.stroke(faint(f.shade(0.55), 0.6), under, taper(2.2))
	fold := outline{inner.plus(side*8, -tall*0.9)}
	fold = fold.curve(inner.plus(side*wide*0.6, -tall*2.1), outer.plus(-side*wide*0.6, -tall*2.1), outer.plus(side*2, -tall*0.55))
	c.stroke(faint(f.shade(0.5), 0.55), fold, taper(3))
}

// clipped keeps a figure between an upper and a lower lid.
func clipped(o, lid, under outline) outline {
	bound := func(edge outline, x float64) (float64, bool) {
		for i := 1; i < len(edge); i++ {
			a, b := edge[i-1], edge[i]
			if (a.x-x)*(b.x-x) <= 0 && a.x != b.x {
				return a.y + (b.y-a.y)*(x-a.x)/(b.x-a.x), true
			}
		}
		return 0, false
	}
	out := make(outline, 0, len(o))
	for _, p := range o {
		top, one := bound(lid, p.x)
		low, two := bound(under, p.x)
		if one && two {
			p.y = min(max(p.y, top), low)
		}
		out = append(out, p)
	}
	return out
}

func (f *face) drawBrows(c *canvas) {
	paint := mix(f.hair, f.skin, 0.12+0.45*f.young())
	thick := 9 + f.Float64()*4
	if f.sex == consular.Male {
		thick += 6
	}
	thick *= 1 - 0.35*f.young()
	lift := 50 + f.Float64()*8
	for _, side := range []float64{-1, 1} {
		o := outline{{middle + side*(f.apart-46), f.eye - lift + 8}}
		o = o.curve(point{middle + side*(f.apart-10), f.eye - lift - 14}, point{middle + side*(f.apart+26), f.eye - lift - 12},
			point{middle + side*(f.apart+52), f.eye - lift + 12})
		c.stroke(paint, o, func(t float64) float64 { return thick * (1.05 - 0.85*t) })
	}
}

func (f *face) drawNose(c *canvas) {
	tip := f.eye + (f.chin-f.eye)*0.44
	wide := 31 + f.Float64()*9 - 8*f.young()
	line := faint(f.shade(0.5), 0.8)
	bridge := outline{{middle + 15, f.eye + 14}}
	bridge = bridge.curve(point{middle + 18, f.eye + 50}, point{middle + wide*0.75, tip - 40}, point{middle + wide*0.8, tip - 16})
	c.stroke(faint(f.shade(0.4), 0.38*(1-0.6*f.young())), bridge, taper(8))
	c.glow(faint(mix(f.skin, rgb(0xffffff), 0.8), 0.5), point{middle - 3, tip - 20}, 16, 26)
	for _, side := range []float64{-1, 1} {
		wing := outline{{middle + side*wide, tip - 22}}
		wing = wing.curve(point{middle + side*(wide+10), tip - 4}, point{middle + side*(wide-2), tip + 7}, point{middle + side*(wide-14), tip + 3})
		c.stroke(line, wing, taper(4.6))
		c.fill(faint(f.shade(0.75), 0.75), ellipse(point{middle + side*wide*0.45, tip + 1}, 7.5, 3.6))
	}
	under := outline{{middle - 13, tip + 6}}
	under = under.curve(point{middle - 6, tip + 11}, point{middle + 6, tip + 11}, point{middle + 13, tip + 6})
	c.stroke(line, under, taper(3.6))
}

// drawMouth paints closed lips with the corners a little up.
func (f *face) drawMouth(c *canvas) {
	at := f.eye + (f.chin-f.eye)*0.685
	wide := (60 + f.Float64()*10) * (1 - 0.24*f.young())
	full := 12 + f.Float64()*6
	smile := 8 + f.Float64()*7
	rose := mix(f.skin, rgb(0xb0434a), 0.42)
	if f.sex == consular.Female && f.age >= 16 {
		rose = mix(f.skin, rgb(0xa8323f), 0.6)
	}
	left, right := point{middle - wide, at - smile}, point{middle + wide, at - smile}
	upper := outline{left}
	upper = upper.curve(point{middle - wide*0.5, at - full}, point{middle - 16, at - full - 5}, point{middle, at - full + 1})
	upper = upper.curve(point{middle + 16, at - full - 5}, point{middle + wide*0.5, at - full}, right)
	upper = upper.curve(point{middle + wide*0.5, at + smile}, point{middle - wide*0.5, at + smile}, left)
	lower := outline{left}
	lower = lower.curve(point{middle - wide*0.5, at + smile}, point{middle + wide*0.5, at + smile}, right)
	lower = lower.curve(point{middle + wide*0.5, at + full*1.75}, point{middle - wide*0.5, at + full*1.75}, left)
	c.fill(mix(rose, rgb(0x5a1a20), 0.18), upper)
	c.fill(rose, lower)
	c.glow(faint(rgb(0xffffff), 0.25), point{middle - 6, at + full*0.75}, wide*0.4, full*0.5)
	for _, side := range []float64{-1, 1} {
		dimple := outline{{middle + side*(wide+3), at - smile - 7}}
		dimple = dimple.curve(point{middle + side*(wide+8), at - smile - 2}, point{middle + side*(wide+7), at - smile + 4}, point{middle + side*(wide+2), at - smile + 7})
		c.stroke(faint(f.shade(0.5), 0.5), dimple, taper(3.4))
	}
	part := outline{left}
	part = part.curve(point{middle - wide*0.5, at + smile}, point{middle + wide*0.5, at + smile}, right)
	c.stroke(mix(rose, rgb(0x3a1013), 0.6), part, taper(4.2))
	c.glow(faint(f.shade(0.45), 0.35), point{middle, at + full*2.5}, wide*0.6, 14)
}

// drawLines paints what the years leave.
func (f *face) drawLines(c *canvas) {
	if f.age < 42 {
		return
	}
	depth := min(0.62, float64(f.age-38)/70)
	paint := faint(f.shade(0.5), depth)
	nose := f.eye + (f.chin-f.eye)*0.44
	for _, side := range []float64{-1, 1} {
		fold := outline{{middle + side*46, nose - 4}}
		fold = fold.curve(point{middle + side*66, nose + 24}, point{middle + side*84, nose + 50}, point{middle + side*84, nose + 84})
		c.stroke(paint, fold, taper(5))
		bag := outline{{middle + side*(f.apart-30), f.eye + 30}}
		bag = bag.curve(point{middle + side*(f.apart-10), f.eye + 42}, point{middle + side*(f.apart+16), f.eye + 42},
			point{middle + side*(f.apart+34), f.eye + 28})
		c.stroke(faint(f.shade(0.5), depth*0.8), bag, taper(3.4))
	}
	if f.age < 56 || f.scarf {
		return
	}
	for i := range 2 {
		y := f.crown + 150 + float64(i)*26
		o := outline{{middle - 92, y + 5}}
		o = o.curve(point{middle - 40, y - 6}, point{middle + 40, y - 6}, point{middle + 92, y + 5})
		c.stroke(faint(f.shade(0.5), depth*0.7), o, taper(3.6))
	}
}

package specimen

import (
	"math"

	"jaliya/internal/consular"
)

// Beards.
const (
	beardNone = iota
	beardStubble
	beardMoustache
	beardGoatee
	beardFull
	beardNoneToo // the most frequent
	beards
)

// drawBehind paints what hangs behind head and neck: long hair, or the back of
// a scarf.
func (f *face) drawBehind(c *canvas) {
	if f.sex != consular.Female || f.age < 2 {
		return
	}
	if f.scarf {
		o := f.skull(38)
		c.fill(mix(f.scarfColor, rgb(0x000000), 0.22), o)
		return
	}
	dark := mix(f.hair, rgb(0x000000), 0.2)
	w := f.half + 44
	var low float64
	switch f.style {
	case 0, 1: // long
		low = 890
	case 2, 3: // to the chin
		low = f.chin + 10
	case 4: // a bun
		c.fill(dark, ellipse(point{middle, f.crown - 26}, 74, 66))
		return
	default: // two bunches
		for _, side := range []float64{-1, 1} {
			c.fill(dark, ellipse(point{middle + side*(f.half+52), f.eye + 90}, 54, 104))
		}
		return
	}
	o := outline{{middle, f.crown - 30}}
	o = o.curve(point{middle + w*0.7, f.crown - 30}, point{middle + w + 6, f.crown + 120}, point{middle + w + 4, f.eye + 40})
	o = o.curve(point{middle + w + 10, f.eye + 180}, point{middle + w + 24, low - 120}, point{middle + w - 6, low})
	o = o.curve(point{middle + w*0.7, low + 26}, point{middle + w*0.3, low - 8}, point{middle, low - 10})
	c.fill(dark, o.mirrored())
}

// drawHair paints the hair over the forehead, or the scarf.
func (f *face) drawHair(c *canvas) {
	switch {
	case f.scarf:
		f.drawScarf(c)
	case f.sex == consular.Male || f.age < 2:
		f.drawShort(c)
	default:
		f.drawLong(c)
	}
}

// hairCap gives the hair on top: the skull grown a little from temple to temple,
// closed by a hairline that dips toward the temples.
func (f *face) hairCap(volume float64, line func(o outline, left, right point) outline) outline {
	edge := f.skull(volume)
	half := len(edge) / 2
	var o outline
	stop := f.eye - 4
	for i := len(edge) - 1; i >= half; i-- { // the left side upward
		if edge[i].y < stop {
			o = append(o, edge[i])
		}
	}
	left := o.reversed()
	out := append(left, o.flipped()...)
	out = line(out, point{middle - f.half + 10, stop - 18}, point{middle + f.half - 10, stop - 18})
	return out
}

// drawShort paints short hair in one of five ways, thinner with age.
func (f *face) drawShort(c *canvas) {
	volume, front := 16.0, f.crown+92
	thin := f.Float64() < float64(f.age-34)/60
	if f.age < 2 {
		edge := f.skull(0)
		for layer := range 32 { // fuzz that fades toward the forehead
			var top outline
			for _, p := range edge {
				if p.y < f.crown+18+float64(layer)*4.4 {
					top = append(top, p)
				}
			}
			c.fill(faint(f.hair, 0.022), top)
		}
		lock := outline{{middle - 40, f.crown + 70}}
		lock = lock.curve(point{middle - 6, f.crown + 44}, point{middle + 30, f.crown + 60}, point{middle + 26, f.crown + 96})
		c.stroke(faint(f.hair, 0.6), lock, taper(12))
		return
	}
	switch {
	case thin && f.style < 2: // bald on top
		f.drawFringe(c)
		return
	case thin:
		front = f.crown + 52
	case f.style >= 4:
		f.drawCurls(c)
		return
	case f.style == 3:
		volume = 30
	}
	part := 46.0 * float64(f.style%3-1)
	c.fill(f.hair, f.hairCap(volume, func(o outline, left, right point) outline {
		o = o.line(right)
		o = o.curve(right.plus(-14, -80), point{middle + 140 + part/2, front - 10}, point{middle + part, front})
		o = o.curve(point{middle - 130 + part/2, front - 14}, left.plus(12, -80), left)
		return o
	}))
	f.drawSheen(c, volume)
}

// drawFringe paints what a bald head keeps: hair above the ears.
func (f *face) drawFringe(c *canvas) {
	var rim outline
	outer, inner := f.skull(11), f.skull(-20)
	half := len(outer) / 2
	within := func(p point) bool { return p.y > f.crown+150 && p.y < f.eye+8 }
	for _, p := range outer[:half] {
		if within(p) {
			rim = append(rim, p)
		}
	}
	for i := half - 1; i >= 0; i-- {
		if p := inner[i]; within(p) {
			share := (p.y - f.crown - 150) / (f.eye - f.crown - 142) // thin at the top
			rim = append(rim, outer[i].toward(p, 0.15+0.85*share))
		}
	}
	c.fill(f.hair, rim)
	c.fill(f.hair, rim.flipped())
}

// drawCurls paints a cap of round tufts.
func (f *face) drawCurls(c *canvas) {
	dark := mix(f.hair, rgb(0x000000), 0.12)
	c.fill(f.hair, f.hairCap(18, func(o outline, left, right point) outline {
		o = o.line(right)
		o = o.curve(right.plus(-14, -80), point{middle + 130, f.crown + 86}, point{middle, f.crown + 84})
		o = o.curve(point{middle - 130, f.crown + 86}, left.plus(14, -80), left)
		return o
	}))
	for i := range 34 {
		angle := math.Pi * (0.03 + 0.94*float64(i)/33)
		sin, cos := math.Sincos(angle)
		for ring, paint := range []float64{1.06, 0.86} {
			r := 25 + f.Float64()*9
			at := point{middle + cos*(f.half+2)*paint, f.eye - 40 - sin*(f.eye-40-f.crown)*paint}
			if ring == 1 && at.y > f.crown+70 {
				continue
			}
			tone := f.hair
			if (i+ring)%3 == 0 {
				tone = dark
			}
			c.fill(tone, ellipse(at, r, r))
		}
	}
}

// drawLong paints the front of long hair: parted in the middle or at a side, or
// with a fringe.
func (f *face) drawLong(c *canvas) {
	part := []float64{0, -70, 60, 0, 0, 0}[f.style]
	front := f.crown + 66
	fringe := f.style == 3 || f.age < 8 && f.style == 5
	o := f.hairCap(26, func(o outline, left, right point) outline {
		if fringe {
			o = o.line(right)
			o = o.curve(right.plus(-20, -40), point{middle + 120, f.eye - 78}, point{middle, f.eye - 76})
			o = o.curve(point{middle - 120, f.eye - 78}, left.plus(20, -40), left)
			return o
		}
		o = o.line(right.plus(0, 40))
		o = o.curve(right.plus(-6, -70), point{middle + part + 110, front + 40}, point{middle + part, front})
		o = o.curve(point{middle + part - 110, front + 40}, left.plus(6, -70), left.plus(0, 40))
		return o
	})
	c.fill(f.hair, o)
	if f.style <= 3 { // locks beside the face
		low := f.chin - 30
		if f.style <= 1 {
			low = 850
		}
		lock := outline{{middle + f.half - 6, f.eye - 60}}
		lock = lock.curve(point{middle + f.half - 2, f.eye + 60}, point{middle + f.half + 6, low - 120}, point{middle + f.half - 12, low})
		lock = lock.line(point{middle + f.half + 38, low - 8})
		lock = lock.curve(point{middle + f.half + 52, low - 160}, point{middle + f.half + 40, f.eye}, point{middle + f.half + 26, f.eye - 70})
		c.fill(f.hair, lock)
		c.fill(mix(f.hair, rgb(0x000000), 0.08), lock.flipped())
	}
	f.drawSheen(c, 26)
}

// drawSheen paints a few lighter strands on top.
func (f *face) drawSheen(c *canvas, volume float64) {
	light := faint(mix(f.hair, rgb(0xffffff), 0.35), 0.28)
	for i := range 3 {
		y := f.crown + 16 + float64(i)*15
		wide := 96.0 + float64(i)*22
		o := outline{{middle - wide, y + 46 - volume*0.3}}
		o = o.curve(point{middle - wide*0.6, y - 2}, point{middle - wide*0.2, y - 10}, point{middle + wide*0.1, y - 10})
		c.stroke(light, o, taper(5))
	}
}

// drawDrape paints the part of a headscarf that lies below the chin and over
// the shoulders; the face comes on top of it.
func (f *face) drawDrape(c *canvas) {
	tone := f.scarfColor
	dark, light := mix(tone, rgb(0x000000), 0.2), mix(tone, rgb(0xffffff), 0.22)
	drape := outline{{middle, f.chin - 90}, {middle + f.half*0.86, f.chin - 110}}
	drape = drape.curve(point{middle + f.half + 30, f.chin + 30}, point{middle + f.half + 70, f.chin + 110}, point{middle + 300, 930})
	drape = drape.line(point{middle, 930})
	c.fill(tone, drape.mirrored())
	c.glow(faint(dark, 0.9), point{middle, f.chin + 8}, f.half*0.8, 46)
	for i := range 4 {
		shift := float64(i) * 26
		fold := outline{{middle - f.half*0.62 + shift*0.5, f.chin + 6 + shift*0.9}}
		fold = fold.curve(point{middle - 40, f.chin + 66 + shift}, point{middle + 70, f.chin + 70 + shift}, point{middle + f.half*0.86, f.chin - 10 + shift*1.6})
		paint := faint(dark, 0.5)
		if i%2 == 1 {
			paint = faint(light, 0.4)
		}
		c.stroke(paint, fold, taper(7))
	}
}

// drawScarf paints the part of a headscarf that lies around the face.
func (f *face) drawScarf(c *canvas) {
	tone := f.scarfColor
	dark, light := mix(tone, rgb(0x000000), 0.2), mix(tone, rgb(0xffffff), 0.22)
	ring := f.skull(40)
	opening := f.opening()
	c.fill(tone, ring, opening.reversed())
	c.fill(faint(f.shade(0.6), 0.25), f.openingGrown(9), opening.reversed())
	band := outline{{middle - 120, f.crown + 22}}
	band = band.curve(point{middle - 60, f.crown - 14}, point{middle + 60, f.crown - 14}, point{middle + 120, f.crown + 22})
	c.stroke(faint(light, 0.6), band, taper(7))
	for _, side := range []float64{-1, 1} {
		edge := outline{{middle + side*(f.half+24), f.eye - 80}}
		edge = edge.curve(point{middle + side*(f.half+30), f.eye + 60}, point{middle + side*(f.half+6), f.chin - 140}, point{middle + side*f.half*0.8, f.chin - 50})
		c.stroke(faint(dark, 0.42), edge, taper(6))
	}
}

// opening is what a scarf leaves free: brow to chin.
func (f *face) opening() outline { return f.openingGrown(0) }

func (f *face) openingGrown(by float64) outline {
	top, low := f.crown+74-by, f.chin+2+by*0.4
	half := f.half - 4 + by
	wide := f.eye + 16
	o := outline{{middle, top}}
	o = o.curve(point{middle + half*0.66, top}, point{middle + half*0.98, top + (wide-top)*0.45}, point{middle + half*0.97, wide})
	o = o.curve(point{middle + half*0.98, wide + (low-wide)*0.5}, point{middle + half*f.jaw*1.16, low - 6}, point{middle, low})
	return o.mirrored()
}

// drawBeard paints stubble, moustache, goatee or a full beard.
func (f *face) drawBeard(c *canvas) {
	mouth := f.eye + (f.chin-f.eye)*0.685
	tone := mix(f.hair, f.skin, 0.08)
	switch f.beard {
	case beardStubble:
		f.fillBeard(c, 0.17, mouth)
	case beardFull:
		f.fillBeard(c, 0.94, mouth)
		f.drawMoustache(c, mouth, 0.95)
	case beardMoustache:
		f.drawMoustache(c, mouth, 0.95)
	case beardGoatee:
		o := outline{{middle, mouth + 34}}
		o = o.curve(point{middle + 24, mouth + 28}, point{middle + 46, mouth + 44}, point{middle + 50, f.chin - 34})
		o = o.curve(point{middle + 40, f.chin + 2}, point{middle + 20, f.chin + 8}, point{middle, f.chin + 8})
		c.fill(faint(tone, 0.9), o.mirrored())
		f.drawMoustache(c, mouth, 0.9)
	}
}

// fillBeard paints the lower face from ear to ear and leaves the mouth free.
func (f *face) fillBeard(c *canvas, opacity, mouth float64) {
	edge := f.skull(2)
	var o outline
	for _, p := range edge[:len(edge)/2] {
		if p.y > f.eye+66 {
			o = append(o, p)
		}
	}
	line := outline{{middle, mouth - 30}}
	line = line.curve(point{middle + 40, mouth - 40}, point{middle + 70, mouth - 34}, point{middle + 92, mouth - 44})
	line = line.curve(point{middle + f.half*0.72, mouth - 60}, point{middle + f.half*0.86, f.eye + 110}, o[0])
	whole := append(line, o...).mirrored()
	lips := ellipse(point{middle, mouth + 2}, 72, 28)
	tone := mix(f.hair, f.skin, 0.06)
	if opacity < 0.5 { // stubble is darker than the skin, gray or not
		tone = mix(f.hair, rgb(0x2a2422), 0.7)
	}
	c.fill(faint(tone, opacity), whole, lips.reversed())
}

func (f *face) drawMoustache(c *canvas, mouth, opacity float64) {
	o := outline{{middle, mouth - 32}}
	o = o.curve(point{middle + 26, mouth - 42}, point{middle + 62, mouth - 22}, point{middle + 74, mouth + 4})
	o = o.curve(point{middle + 52, mouth - 10}, point{middle + 20, mouth - 16}, point{middle, mouth - 16})
	c.fill(faint(mix(f.hair, f.skin, 0.06), opacity), o.mirrored())
}

// drawGlasses paints thin frames; the eyes stay free.
func (f *face) drawGlasses(c *canvas) {
	if !f.glasses {
		return
	}
	frame := pick(f.Rand, hairs())
	for _, side := range []float64{-1, 1} {
		at := point{middle + side*f.apart, f.eye + 8}
		c.fill(faint(rgb(0xffffff), 0.08), ellipse(at, 62, 50))
		c.fill(frame, ellipse(at, 66, 53), ellipse(at, 60, 47).reversed())
		c.stroke(frame, outline{at.plus(side*64, -14), {middle + side*(f.half+2), f.eye - 12}}, even(5))
	}
	bridge := outline{{middle - f.apart + 62, f.eye}}
	bridge = bridge.curve(point{middle - 12, f.eye - 14}, point{middle + 12, f.eye - 14}, point{middle + f.apart - 62, f.eye})
	c.stroke(frame, bridge, even(5))
}

package specimen

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"golang.org/x/image/vector"
)

// point is a place on a canvas in its own units, y downward.
type point struct{ x, y float64 }

func (p point) plus(x, y float64) point { return point{p.x + x, p.y + y} }

// toward gives the point that lies a share of the way to q.
func (p point) toward(q point, share float64) point {
	return point{p.x + (q.x-p.x)*share, p.y + (q.y-p.y)*share}
}

// canvas is a picture that shapes are painted on, anti-aliased.
type canvas struct {
	img    *image.RGBA
	scale  float64 // pixels to a unit
	raster *vector.Rasterizer
}

// newCanvas gives a canvas of width x height pixels on which so many units lie
// side by side.
func newCanvas(width, height int, units float64) *canvas {
	return &canvas{
		img:    image.NewRGBA(image.Rect(0, 0, width, height)),
		scale:  float64(width) / units,
		raster: vector.NewRasterizer(1, 1),
	}
}

// outline is a closed figure as a polygon: curves are cut into short lines when
// they are drawn, so that a figure can be mirrored, moved and bounded simply.
type outline []point

// curveSteps is into how many lines a curve is cut.
const curveSteps = 24

func (o outline) line(to ...point) outline { return append(o, to...) }

// curve goes on to a point by a cubic Bézier curve with two control points.
func (o outline) curve(a, b, to point) outline {
	from := o[len(o)-1]
	for i := 1; i <= curveSteps; i++ {
		t := float64(i) / curveSteps
		p, q, r := from.toward(a, t), a.toward(b, t), b.toward(to, t)
		o = append(o, p.toward(q, t).toward(q.toward(r, t), t))
	}
	return o
}

// mirrored gives the figure and its reflection at the middle of the portrait as
// one: the figure runs from there down the right side and back.
func (o outline) mirrored() outline { return append(slices.Clone(o), o.flipped().reversed()...) }

// flipped gives the reflection alone.
func (o outline) flipped() outline {
	out := make(outline, len(o))
	for i, p := range o {
		out[i] = point{2*middle - p.x, p.y}
	}
	return out
}

// reversed runs the other way around, which makes a hole of a figure that is
// filled together with another one.
func (o outline) reversed() outline {
	out := make(outline, len(o))
	for i, p := range o {
		out[len(o)-1-i] = p
	}
	return out
}

func ellipse(at point, rx, ry float64) outline {
	const steps = 64
	out := make(outline, steps)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / steps)
		out[i] = at.plus(rx*cos, ry*sin)
	}
	return out
}

// fill paints figures as one; where one runs against the other there is a hole.
func (c *canvas) fill(paint color.Color, figures ...outline) {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, o := range figures {
		for _, p := range o {
			low = point{min(low.x, p.x), min(low.y, p.y)}
			high = point{max(high.x, p.x), max(high.y, p.y)}
		}
	}
	box := image.Rect(
		int(math.Floor(low.x*c.scale)), int(math.Floor(low.y*c.scale)),
		int(math.Ceil(high.x*c.scale))+1, int(math.Ceil(high.y*c.scale))+1,
	)
	if box.Intersect(c.img.Rect).Empty() {
		return
	}
	c.raster.Reset(box.Dx(), box.Dy())
	for _, o := range figures {
		for i, p := range o {
			x, y := float32(p.x*c.scale-float64(box.Min.X)), float32(p.y*c.scale-float64(box.Min.Y))
			if i == 0 {
				c.raster.MoveTo(x, y)
				continue
			}
			c.raster.LineTo(x, y)
		}
		c.raster.ClosePath()
	}
	mask := image.NewAlpha(image.Rect(0, 0, box.Dx(), box.Dy()))
	c.raster.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	draw.DrawMask(c.img, box, image.NewUniform(paint), image.Point{}, mask, image.Point{}, draw.Over)
}

// stroke paints a line along points, as wide as width says from 0 at its
// beginning to 1 at its end, with round ends.
func (c *canvas) stroke(paint color.Color, along outline, width func(share float64) float64) {
	var left, right outline
	for i, p := range along {
		before, after := along[max(i-1, 0)], along[min(i+1, len(along)-1)]
		dx, dy := after.x-before.x, after.y-before.y
		length := max(math.Hypot(dx, dy), 1e-9)
		w := width(float64(i)/float64(max(len(along)-1, 1))) / 2
		left = append(left, p.plus(-dy/length*w, dx/length*w))
		right = append(right, p.plus(dy/length*w, -dx/length*w))
	}
	c.fill(paint, append(left, right.reversed()...))
	for _, end := range []int{0, len(along) - 1} {
		w := width(float64(end)/float64(max(len(along)-1, 1))) / 2
		if w*c.scale > 0.5 {
			c.fill(paint, ellipse(along[end], w, w))
		}
	}
}

// even is a line of one width; taper is thin at both ends.
func even(w float64) func(float64) float64 { return func(float64) float64 { return w } }

func taper(w float64) func(float64) float64 {
	return func(t float64) float64 { return w * (0.15 + 0.85*math.Sin(math.Pi*t)) }
}

// glow paints a spot that fades toward its edge.
func (c *canvas) glow(paint color.NRGBA, at point, rx, ry float64) {
	box := image.Rect(
		int((at.x-rx)*c.scale), int((at.y-ry)*c.scale), int((at.x+rx)*c.scale)+1, int((at.y+ry)*c.scale)+1,
	).Intersect(c.img.Rect)
	mask := image.NewAlpha(box)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			dx, dy := (float64(x)/c.scale-at.x)/rx, (float64(y)/c.scale-at.y)/ry
			if r := dx*dx + dy*dy; r < 1 {
				mask.SetAlpha(x, y, color.Alpha{A: uint8(255 * (1 - r) * (1 - r))})
			}
		}
	}
	draw.DrawMask(c.img, box, image.NewUniform(paint), image.Point{}, mask, box.Min, draw.Over)
}

// rgb reads 0xrrggbb.
func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255} //nolint:gosec // the low byte is meant
}

// mix gives the color a share of the way from one to another.
func mix(a, b color.NRGBA, share float64) color.NRGBA {
	one := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*share + 0.5) }
	return color.NRGBA{R: one(a.R, b.R), G: one(a.G, b.G), B: one(a.B, b.B), A: one(a.A, b.A)}
}

// faint gives the color with an opacity from 0 to 1.
func faint(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(opacity * 255)
	return c
}

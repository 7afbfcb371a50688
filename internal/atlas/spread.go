package atlas

import "math"

// Point is a place on earth, in degrees.
type Point struct{ Lat, Lon float64 }

const (
	// rounds is how often dots are pushed; 71 of them rest after some 100.
	rounds = 600
	// back is the share of its way that a dot goes back to its city each round.
	back = 0.02
)

// Spread places points of a view so that no two dots overlap and each is as near
// to its place as that allows. Dots stay inside the view.
func (v View) Spread(points []Point) []Dot {
	dots := make([]Dot, len(points))
	for i, p := range points {
		x, y := v.Place(p.Lat, p.Lon)
		dots[i] = Dot{X: x, Y: y, TrueX: x, TrueY: y}
	}
	for round := range rounds {
		if round < rounds*3/4 { // then they are only pushed, so that none overlaps in the end
			for i := range dots {
				dots[i].X += (dots[i].TrueX - dots[i].X) * back
				dots[i].Y += (dots[i].TrueY - dots[i].Y) * back
			}
		}
		for i := range dots {
			for j := range i {
				v.push(&dots[i], &dots[j], i)
			}
		}
		for i := range dots {
			dots[i].X = min(max(dots[i].X, v.Radius), v.Width-v.Radius)
			dots[i].Y = min(max(dots[i].Y, v.Radius), v.Height-v.Radius)
		}
	}
	for i := range dots {
		dots[i].X, dots[i].Y = tenth(dots[i].X), tenth(dots[i].Y)
		dots[i].TrueX, dots[i].TrueY = tenth(dots[i].TrueX), tenth(dots[i].TrueY)
	}
	return dots
}

// push moves two dots apart that are too near, each by half of what is missing.
// Two of one place part in a direction of their own, always the same.
func (v View) push(a, b *Dot, turn int) {
	const slack = 0.5 // so that rounding cannot make them touch
	dx, dy := a.X-b.X, a.Y-b.Y
	far := math.Hypot(dx, dy)
	missing := 2*v.Radius + slack - far
	if missing <= 0 {
		return
	}
	if far < slack {
		dx, dy, far = math.Cos(float64(turn)), math.Sin(float64(turn)), 1
	}
	dx, dy = dx/far*missing/2, dy/far*missing/2
	a.X, a.Y, b.X, b.Y = a.X+dx, a.Y+dy, b.X-dx, b.Y-dy
}

func tenth(f float64) float64 { return math.Round(f*10) / 10 }

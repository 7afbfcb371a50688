package main

import (
	"math"
	"strconv"
	"strings"

	"jaliya/internal/atlas"
)

const (
	// thin is how near to each other two positions may be, in units.
	thin = 0.8
	// small is the area below which land is left out, in square units.
	small = 2.5
	// beyond is how far a ring is followed outside of the window, so that its cut
	// lies outside.
	beyond = 2
	// antarctica lies south of it as a whole.
	antarctica = -60
)

type position struct{ x, y float64 }

// drawing gives the file of one view: one path, filled.
func drawing(v atlas.View, rings [][]atlas.Point) string {
	var path strings.Builder
	for _, ring := range rings {
		if north(ring) < antarctica {
			continue
		}
		for _, turn := range []float64{-360, 0, 360} { // a ring over the antimeridian lies at both ends
			line := thinned(clipped(placed(v, ring, turn), v))
			if len(line) >= 3 && area(line) >= small {
				write(&path, line)
			}
		}
	}
	size := strconv.FormatFloat(v.Width, 'f', -1, 64) + " " + strconv.FormatFloat(v.Height, 'f', -1, 64)
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + size + `"><path d="` + path.String() + `"/></svg>` + "\n"
}

// placed gives a ring in the units of a view, turned by degrees of longitude.
func placed(v atlas.View, ring []atlas.Point, turn float64) []position {
	line := make([]position, 0, len(ring))
	for _, p := range ring {
		p.Lon += turn
		if v.Name == atlas.Europe().Name {
			// Half the world away the projection turns over itself.
			p.Lat, p.Lon = max(p.Lat, 0), min(max(p.Lon, -100), 110)
		}
		x, y := v.Place(p.Lat, p.Lon)
		line = append(line, position{x, y})
	}
	return line
}

func north(ring []atlas.Point) float64 {
	top := math.Inf(-1)
	for _, p := range ring {
		top = max(top, p.Lat)
	}
	return top
}

// clipped cuts a ring at the four sides of the window (Sutherland and Hodgman).
func clipped(line []position, v atlas.View) []position {
	for _, side := range []func(position) float64{
		func(p position) float64 { return p.x + beyond },
		func(p position) float64 { return v.Width + beyond - p.x },
		func(p position) float64 { return p.y + beyond },
		func(p position) float64 { return v.Height + beyond - p.y },
	} {
		var out []position
		for i, p := range line {
			before := line[(i+len(line)-1)%len(line)]
			here, there := side(p), side(before)
			if (here >= 0) != (there >= 0) {
				share := there / (there - here)
				out = append(out, position{before.x + (p.x-before.x)*share, before.y + (p.y-before.y)*share})
			}
			if here >= 0 {
				out = append(out, p)
			}
		}
		line = out
	}
	return line
}

func thinned(line []position) []position {
	var out []position
	for _, p := range line {
		if len(out) > 0 {
			if last := out[len(out)-1]; math.Hypot(p.x-last.x, p.y-last.y) < thin {
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

func area(line []position) float64 {
	sum := 0.0
	for i, p := range line {
		q := line[(i+1)%len(line)]
		sum += p.x*q.y - q.x*p.y
	}
	return math.Abs(sum) / 2
}

// write writes a ring in steps of tenths, which compress well.
func write(b *strings.Builder, line []position) {
	var x, y int
	for i, p := range line {
		nx, ny := int(math.Round(p.x*10)), int(math.Round(p.y*10))
		if i == 0 {
			b.WriteString("M" + tenths(nx) + joined(ny) + "l")
		} else {
			if i > 1 && nx-x >= 0 {
				b.WriteByte(' ')
			}
			b.WriteString(tenths(nx-x) + joined(ny-y))
		}
		x, y = nx, ny
	}
	b.WriteByte('z')
}

func joined(n int) string {
	if n < 0 {
		return tenths(n)
	}
	return " " + tenths(n)
}

func tenths(n int) string {
	text := strconv.FormatFloat(float64(n)/10, 'f', -1, 64)
	if rest, ok := strings.CutPrefix(text, "0."); ok {
		return "." + rest
	}
	if rest, ok := strings.CutPrefix(text, "-0."); ok {
		return "-." + rest
	}
	return text
}

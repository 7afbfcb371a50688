package specimen

import (
	"image"
	"math"
	"math/rand/v2"

	"jaliya/internal/consular"
)

// A print is grown on a grid of half its resolution and enlarged: ridges are
// smooth, so nothing is lost, and it takes a quarter of the time.
const (
	printScale  = 2
	directions  = 32 // of the filters; a ridge has no sense, so they span half a turn
	filterReach = 4  // grid points from the middle of a filter
	filterSide  = 2*filterReach + 1
	growSteps   = 9
)

// Sizes of a print in pixels at 500 dots to the inch.
var (
	printFull  = image.Pt(400, 500)
	printLight = image.Pt(200, 250)
)

// Fingerprint grows a ridge pattern, a loop, a whorl or an arch as often as
// among people, as PNG: 400 x 500 pixels, 8-bit gray, 500 dots to the inch. The
// ridges grow out of noise under filters that follow a field of directions, so
// endings and forks stand where they fall (after Cappelli and Maltoni).
func Fingerprint(seed uint64, finger consular.Finger) []byte {
	return encodePNG(drawPrint(seed, finger, printFull))
}

func drawPrint(seed uint64, finger consular.Finger, size image.Point) *image.Gray {
	r := generator(seed, streamPrint<<8|uint64(finger))
	g := newGrid(r, size, finger)
	g.grow()
	return g.press(r, size)
}

// grid is a print while it grows.
type grid struct {
	w, h      int
	ridge     []float32 // -1 valley to 1 ridge
	direction []uint8   // index of the filter at each point
	filters   [directions][filterSide * filterSide]float32
	reachX    float64 // half the width of the contact, a share of the grid
}

func newGrid(r *rand.Rand, size image.Point, finger consular.Finger) *grid {
	w, h := size.X/printScale, size.Y/printScale
	g := &grid{w: w, h: h, ridge: make([]float32, w*h), direction: make([]uint8, w*h), reachX: 0.43}
	period := 4.3 + r.Float64()*0.6
	switch finger {
	case consular.RightThumb, consular.LeftThumb:
		g.reachX, period = 0.48, period+0.3
	case consular.RightLittle, consular.LeftLittle:
		g.reachX, period = 0.37, period-0.3
	case consular.RightIndex, consular.RightMiddle, consular.RightRing,
		consular.LeftIndex, consular.LeftMiddle, consular.LeftRing:
	}
	g.setFilters(period)
	flow := newFlow(r, finger)
	for y := range h {
		for x := range w {
			// The field is described on a finger of one size: x from -1 to 1, y
			// upward, the core near the origin.
			at := complex((float64(x)/float64(w)-0.5)*2, -(float64(y)/float64(h)-0.46)*2*float64(h)/float64(w))
			turn := flow.angle(at) / math.Pi
			turn -= math.Floor(turn)
			g.direction[y*w+x] = uint8(int(turn*directions+0.5) % directions) //nolint:gosec // below 32
		}
	}
	for i := range g.ridge {
		g.ridge[i] = float32(r.Float64()*2-1) * 0.3
	}
	return g
}

// setFilters makes one filter for each direction: a wave across the ridge under
// a bell, without a mean, so that plain areas stay plain.
func (g *grid) setFilters(period float64) {
	const bell = 2.1
	for k := range g.filters {
		sin, cos := math.Sincos(math.Pi * float64(k) / directions)
		f, sum := &g.filters[k], 0.0
		for y := -filterReach; y <= filterReach; y++ {
			for x := -filterReach; x <= filterReach; x++ {
				across := float64(x)*sin + float64(y)*cos // y of the grid runs downward
				v := math.Cos(2*math.Pi*across/period) * math.Exp(-float64(x*x+y*y)/(2*bell*bell))
				f[(y+filterReach)*filterSide+x+filterReach] = float32(v)
				sum += v
			}
		}
		norm := 0.0
		for i := range f {
			f[i] -= float32(sum / (filterSide * filterSide))
			norm += math.Abs(float64(f[i]))
		}
		for i := range f {
			f[i] *= float32(3 / norm)
		}
	}
}

// grow filters again and again until ridges stand everywhere.
func (g *grid) grow() {
	// The margin is read but never written, so the loops need no bounds.
	next := make([]float32, len(g.ridge))
	for step := range growSteps {
		gain := float32(1.6)
		if step == growSteps-1 {
			gain = 0.62 // round ridges at last, not cut ones
		}
		for y := filterReach; y < g.h-filterReach; y++ {
			for x := filterReach; x < g.w-filterReach; x++ {
				next[y*g.w+x] = max(-1, min(1, gain*g.filtered(x, y)))
			}
		}
		g.ridge, next = next, g.ridge
	}
}

func (g *grid) filtered(x, y int) float32 {
	f := &g.filters[g.direction[y*g.w+x]]
	var sum float32
	for row := range filterSide {
		from := (y+row-filterReach)*g.w + x - filterReach
		line := g.ridge[from : from+filterSide : from+filterSide]
		taps := f[row*filterSide : row*filterSide+filterSide]
		for i, v := range line {
			sum += v * taps[i]
		}
	}
	return sum
}

// press gives the picture that a scanner takes: dark ridges on white, an
// irregular contact, here more and there less pressure, pores and specks.
func (g *grid) press(r *rand.Rand, size image.Point) *image.Gray {
	img := image.NewGray(image.Rectangle{Max: size})
	lobes, wet := newWaves(r, 5), newWaves(r, 6)
	var touch, press float64
	for y := range size.Y {
		v := float64(y)/float64(size.Y) - 0.51
		for x := range size.X {
			u := float64(x)/float64(size.X) - 0.5
			if x%2 == 0 { // both change slowly
				reach := 1 + 0.03*lobes.at(math.Atan2(v, u), 0.3)
				edge := reach - rounded(u/g.reachX, v/0.475)
				touch = min(1, max(0, edge*9))
				press = 0.05 + 0.34*wet.at(u*5, v*5)
			}
			ridge := g.between(float64(x)/printScale, float64(y)/printScale)
			ink := touch * (0.5 + 0.5*soft(3.4*(ridge+press*0.8)))
			noise := (r.Float64() - 0.5) * 26
			if r.IntN(170) == 0 { // a pore, or dust
				ink *= 0.45
			}
			gray := 250 - ink*200 + noise*(0.15+0.5*ink)
			img.Pix[y*img.Stride+x] = uint8(min(max(gray, 0), 255)) &^ 7 // fewer grays make a smaller file
		}
	}
	return img
}

// rounded is the distance from the middle of a finger-tip, 1 at its edge: a
// shape between a circle and a square.
func rounded(x, y float64) float64 {
	x, y = x*x, y*y
	return math.Sqrt(math.Sqrt(x*x + y*y + 1.5*x*y))
}

// soft runs from -1 to 1 like a hyperbolic tangent, for less work.
func soft(x float64) float64 { return x / math.Sqrt(1+x*x) }

// between reads the grid between its points.
func (g *grid) between(x, y float64) float64 {
	x0, y0 := min(int(x), g.w-2), min(int(y), g.h-2)
	fx, fy := x-float64(x0), y-float64(y0)
	i := y0*g.w + x0
	top := float64(g.ridge[i])*(1-fx) + float64(g.ridge[i+1])*fx
	low := float64(g.ridge[i+g.w])*(1-fx) + float64(g.ridge[i+g.w+1])*fx
	return top*(1-fy) + low*fy
}

// waves is a smooth random field from about -1 to 1.
type waves [][3]float64

func newWaves(r *rand.Rand, n int) waves {
	out := make(waves, n)
	for i := range out {
		out[i] = [3]float64{1 + r.Float64()*3, (r.Float64() - 0.5) * 5, r.Float64() * 7}
	}
	return out
}

func (w waves) at(x, y float64) float64 {
	sum := 0.0
	for _, one := range w {
		sum += math.Sin(math.Round(one[0])*x + one[1]*y + one[2])
	}
	return sum / math.Sqrt(float64(len(w))) / 1.4
}

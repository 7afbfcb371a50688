package specimen

import (
	"math"
	"math/cmplx"
	"math/rand/v2"

	"jaliya/internal/consular"
)

// flow is the field of ridge directions: cores that ridges turn around and
// deltas where three flows meet (Sherlock and Monro), or the bow of an arch.
type flow struct {
	cores, deltas []complex128
	arch          float64 // height of the bow, zero where there are cores
	lean          float64
}

// newFlow draws the pattern. Loops open to the little finger, which lies to the
// right on a print of a right hand.
func newFlow(r *rand.Rand, finger consular.Finger) flow {
	hand := 1.0
	if finger >= consular.LeftThumb {
		hand = -1
	}
	if r.IntN(12) == 0 { // radial loops are rare
		hand = -hand
	}
	jitter := func(x, y float64) complex128 {
		return complex(x+(r.Float64()-0.5)*0.14, y+(r.Float64()-0.5)*0.14)
	}
	f := flow{lean: (r.Float64() - 0.5) * 0.16}
	switch kind := r.IntN(100); {
	case kind < 6:
		f.arch = 0.9 + r.Float64()*0.8
	case kind < 64:
		f.cores = []complex128{jitter(hand*0.02, 0.08)}
		f.deltas = []complex128{jitter(-hand*0.62, -0.72)}
	default:
		gap := 0.14 + r.Float64()*0.26
		f.cores = []complex128{jitter(-hand*0.03, 0.14), jitter(hand*0.03, 0.08-gap)}
		f.deltas = []complex128{jitter(-0.72, -0.82), jitter(0.72, -0.82)}
	}
	return f
}

// angle gives the direction of the ridge at a place, in radians, y upward.
func (f flow) angle(at complex128) float64 {
	if f.arch > 0 {
		x, y := real(at), imag(at)
		rise := f.arch * math.Exp(-(y+0.2)*(y+0.2)*1.4)
		return math.Atan(-rise*math.Sin(math.Pi*min(1, max(-1, x)))) + f.lean
	}
	sum := 0.0
	for _, c := range f.cores {
		sum += cmplx.Phase(at - c)
	}
	for _, d := range f.deltas {
		sum -= cmplx.Phase(at - d)
	}
	// As many deltas as cores: far away the ridges lie level.
	return sum/2 + f.lean
}

package sim

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// Rand is the one source of chance of a run. It is a *rand.Rand and an
// io.Reader that never fails.
type Rand struct{ *rand.Rand }

// NewRand gives the generator of a seed.
func NewRand(seed uint64) *Rand {
	const stream = 0x6a616c697961                     // "jaliya": seeds of others are not ours
	return &Rand{rand.New(rand.NewPCG(seed, stream))} //nolint:gosec // a simulation must repeat, nothing is guarded by it
}

// Chance is true with probability p.
func (r *Rand) Chance(p float64) bool { return p > 0 && r.Float64() < p }

// Between draws a duration from [low, high).
func (r *Rand) Between(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(r.Int64N(int64(high-low)))
}

// Spread draws an exponentially distributed duration with the given mean, at
// most ten times as long.
func (r *Rand) Spread(mean time.Duration) time.Duration {
	return time.Duration(min(r.ExpFloat64(), 10) * float64(mean))
}

// Read fills b.
func (r *Rand) Read(b []byte) (int, error) {
	n := len(b)
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, r.Uint64())
		b = b[8:]
	}
	if len(b) > 0 {
		var last [8]byte
		binary.LittleEndian.PutUint64(last[:], r.Uint64())
		copy(b, last[:])
	}
	return n, nil
}

// Bytes draws n bytes.
func (r *Rand) Bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = r.Read(b) // never fails
	return b
}

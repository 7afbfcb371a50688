package ship_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/ship"
)

// road is a link whose capacity is in bytes per second: each connection gets
// share of it, until it is full.
type road struct {
	spread   *ship.Spread
	now      time.Time
	rtt      time.Duration
	capacity float64
	share    float64 // of the capacity, of one connection
	lossy    bool    // packets are lost though nothing queues
	policed  bool    // what is too much is lost, and never queues
	noise    float64
	recovery time.Duration // in which new connections make up for what they dropped
	begun    time.Time     // when there were more of them last
	burst    time.Duration // in which the first connection sends more than the link takes
	chance   *rand.Rand

	standing int
	bytes    float64
	lost     uint64
	changes  []int
}

func newLinkModel() *road {
	return &road{
		spread: ship.NewSpread(ship.MostLanes), now: storyStart, rtt: 200 * time.Millisecond, capacity: 500_000, share: 0.2, lossy: true,
		chance: rand.New(rand.NewPCG(3, 4)),
	}
}

const sampleEvery = 50 * time.Millisecond

func (r *road) run(d time.Duration, busy bool) {
	for end := r.now.Add(d); r.now.Before(end); r.now = r.now.Add(sampleEvery) {
		offered := r.share * float64(r.standing+1)
		rtt := r.rtt
		if offered >= 1 && !r.policed {
			rtt += r.rtt
		}
		taken := min(1, offered)
		if r.burst > 0 {
			r.burst -= sampleEvery
			taken = 1.1 // the rest waits in the queue, and counts as arrived
		}
		if r.now.Sub(r.begun) < r.recovery {
			taken /= 4
		}
		rate := r.capacity * taken * (1 + r.noise*(2*r.chance.Float64()-1))
		if busy {
			r.bytes += rate * sampleEvery.Seconds()
			if r.lossy || offered > 1 {
				r.lost++
			}
		}
		want := r.spread.Step(r.now, ship.Sample{
			Standing: r.standing, Busy: busy, Bytes: uint64(r.bytes), Lost: r.lost, RTT: rtt, Best: r.rtt,
		})
		if busy && want != r.standing {
			if want > r.standing {
				r.begun = r.now
			}
			r.standing = want
			r.changes = append(r.changes, want)
		}
	}
}

func TestSpread(t *testing.T) {
	tests := map[string]struct {
		change func(*road)
		after  time.Duration
		least  int
		most   int
	}{
		"OK a long link that loses packets gets all": {func(*road) {}, time.Minute, 4, 8},
		"OK at once":                                 {func(r *road) { r.share = 0.1 }, 15 * time.Second, 8, 8},
		"OK a link without loss gets none":           {func(r *road) { r.lossy, r.share = false, 1 }, time.Hour, 0, 0},
		"OK a full link gets none":                   {func(r *road) { r.share = 1 }, time.Hour, 0, 0},
		"OK two are enough in the end":               {func(r *road) { r.share = 0.34 }, 3 * time.Hour, 2, 2},
		"OK a policed link keeps none":               {func(r *road) { r.policed, r.share = true, 1 }, 4 * time.Hour, 0, 1},
		"OK what fills the link stays after a burst": {func(r *road) { r.share, r.burst = 0.3, 2*time.Second }, 20 * time.Second, 3, 3},
		"OK new ones make up for what they dropped":  {func(r *road) { r.share, r.recovery = 0.1, 3*time.Second }, 30 * time.Second, 7, 8},
		"OK few where little is on the way":          {func(r *road) { r.capacity, r.rtt, r.share = 32_000, 800*time.Millisecond, 0.1 }, time.Hour, 3, 3},
		"OK the cap holds":                           {func(r *road) { r.spread = ship.NewSpread(3) }, time.Minute, 3, 3},
		"OK a cap above what there is is ours":       {func(r *road) { r.spread, r.share = ship.NewSpread(50), 0.1 }, time.Hour, 8, 8},
		"OK measurements that differ by a half":      {func(r *road) { r.noise, r.share = 0.5, 0.1 }, time.Hour, 8, 8},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newLinkModel()
			tt.change(r)
			r.run(tt.after, true)
			require.GreaterOrEqual(t, r.standing, tt.least, "%v", r.changes)
			require.LessOrEqual(t, r.standing, tt.most, "%v", r.changes)
		})
	}
}

// Over one link the number changes ever more seldom.
func TestSpreadSettles(t *testing.T) {
	for _, share := range []float64{0.05, 0.15, 0.3, 0.5, 0.9, 1} {
		r := newLinkModel()
		r.share, r.noise = share, 0.3
		r.run(2*time.Hour, true)
		first := len(r.changes)
		r.run(6*time.Hour, true)
		require.LessOrEqual(t, first, 60, "share %v: %v", share, r.changes)
		require.LessOrEqual(t, len(r.changes)-first, 6*2*4+2, "share %v: %v", share, r.changes[first:])
	}
}

// The same samples give the same decisions.
func TestSpreadIsDeterministic(t *testing.T) {
	one, two := newLinkModel(), newLinkModel()
	one.noise, two.noise = 0.4, 0.4
	one.run(time.Hour, true)
	two.run(time.Hour, true)
	require.Equal(t, one.changes, two.changes)
	require.NotEmpty(t, one.changes)
}

func TestSpreadWithoutWork(t *testing.T) {
	r := newLinkModel()
	r.run(time.Hour, false)
	require.Empty(t, r.changes)
	r.run(time.Minute, true)
	learned := r.standing
	require.Positive(t, learned)
	r.run(time.Hour, false)
	require.Equal(t, learned, r.standing, "what was learned of the link stays for the next work")
}

func TestSpreadDialFails(t *testing.T) {
	r := newLinkModel()
	for range 20 {
		before := len(r.changes)
		for len(r.changes) == before {
			r.run(sampleEvery, true)
		}
		r.standing = 0 // none comes
		r.spread.Failed(r.now, 0)
	}
	require.Greater(t, r.now.Sub(storyStart), time.Hour, "a hub that takes no more is asked ever more seldom")
}

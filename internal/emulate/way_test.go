package emulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/internal/fault"
)

func TestWayRateAndDelay(t *testing.T) {
	tests := map[string]Weather{
		"20 Mbit/s 20 ms":   {Rate: 20_000_000, Delay: 20 * time.Millisecond, Queue: 1 << 30},
		"256 kbit/s 400 ms": {Rate: 256_000, Delay: 400 * time.Millisecond, Queue: 1 << 30},
	}
	for name, weather := range tests {
		t.Run(name, func(t *testing.T) {
			const packets, size = 1000, 1200
			w := NewWay(weather)
			var first, last time.Duration
			for n := range packets {
				at, fate := w.Take(0, size)
				require.Equal(t, Arrives, fate)
				if n == 0 {
					first = at
				}
				last = at
			}
			turn := time.Duration(size) * 8 * time.Second / time.Duration(weather.Rate)
			require.Equal(t, weather.Delay+turn, first, "one packet on a free wire")
			require.InDelta(t, float64(weather.Rate), (packets-1)*size*8/(last-first).Seconds(), float64(weather.Rate)/1e6)

			at, _ := w.Take(last+time.Minute, size)
			require.Equal(t, last+time.Minute+turn+weather.Delay, at, "a wire that rested saves nothing up")
		})
	}
}

func TestWayLoss(t *testing.T) {
	fates := func(seed uint64, pace time.Duration) (out []Fate) {
		w := NewWay(Weather{Rate: 4_000_000, Loss: 0.08, Queue: 1 << 30, Seed: seed})
		for n := range 50_000 {
			_, f := w.Take(time.Duration(n)*pace, 1000)
			out = append(out, f)
		}
		return out
	}
	share := func(all []Fate) float64 {
		lost := 0
		for _, f := range all {
			if f == Lost {
				lost++
			}
		}
		return float64(lost) / float64(len(all))
	}
	one := fates(1, 0)
	require.InDelta(t, 0.08, share(one), 0.004) // three sigma
	require.Equal(t, one, fates(1, time.Second), "the n-th packet has its fate, whenever it comes")
	other := fates(2, 0)
	require.InDelta(t, 0.08, share(other), 0.004)
	require.NotEqual(t, one, other)
}

func TestWayWithoutLimits(t *testing.T) {
	w := NewWay(Weather{})
	for n := range 1000 {
		now := time.Duration(n/2) * time.Millisecond
		at, fate := w.Take(now, mtu)
		require.Equal(t, Arrives, fate)
		require.Equal(t, now, at)
	}
	require.Equal(t, Count{Packets: 1000, Bytes: 1000 * mtu}, w.Count())
}

// TestWayQueue offers packets at random times: no more than the queue holds
// ever waits, what overflows takes no time of the wire, order is kept, and the
// wire is never idle while something waits.
func TestWayQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weather := Weather{
			Rate: rapid.IntRange(64_000, 20_000_000).Draw(t, "rate"), Queue: rapid.IntRange(mtu, 200_000).Draw(t, "queue"),
			Loss: rapid.Float64Range(0, 0.5).Draw(t, "loss"), Seed: rapid.Uint64().Draw(t, "seed"),
		}
		require.NoError(t, weather.Validate())
		w := NewWay(weather)
		var now, wire, last time.Duration // wire: when a wire that carries the same is free
		arrived := Count{}
		for range 200 {
			now += time.Duration(rapid.IntRange(0, 50).Draw(t, "pause")) * time.Millisecond
			size := rapid.IntRange(40, mtu).Draw(t, "size")
			waits := max(0, wire-now).Seconds() * float64(weather.Rate) / 8
			at, fate := w.Take(now, size)
			full := waits+float64(size) > float64(weather.Queue)+1
			if fate == Overflow {
				require.Greater(t, waits+float64(size), float64(weather.Queue)-1)
				arrived.Overflown++
				continue
			}
			require.False(t, full, "%f bytes wait", waits)
			wire = max(now, wire) + time.Duration(size)*8*time.Second/time.Duration(weather.Rate)
			if fate == Lost {
				arrived.Lost++
				continue
			}
			require.Equal(t, wire, at)
			require.GreaterOrEqual(t, at, last)
			last = at
		}
		require.Equal(t, arrived.Lost, w.Count().Lost)
		require.Equal(t, arrived.Overflown, w.Count().Overflown)
		require.Equal(t, 200, w.Count().Packets)
	})
}

func TestWeatherValidate(t *testing.T) {
	tests := map[string]Weather{
		"ErrInvalid rate":                        {Rate: -1},
		"ErrInvalid delay":                       {Delay: -1},
		"ErrInvalid loss below":                  {Loss: -0.1},
		"ErrInvalid loss above":                  {Loss: 1.1},
		"ErrInvalid queue below":                 {Queue: -1},
		"ErrInvalid a slow wire without a queue": {Rate: 64_000, Queue: mtu - 1},
	}
	for name, w := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, fault.Invalid.String(), fault.KindOf(w.Validate()).String())
		})
	}
	require.NoError(t, Weather{}.Validate())
	require.NoError(t, Weather{Rate: 64_000, Queue: mtu, Loss: 1}.Validate())
}

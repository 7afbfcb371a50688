package ship

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is on the way doubles with each round of quick receipts and halves once
// with each round of late ones, however many receipts a round has.
func TestWindowFollowsRounds(t *testing.T) {
	begun := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	round := func(w *window, took time.Duration) {
		for w.open() {
			w.fly(flight{last: uint64(len(w.flights) + 1), bytes: w.limit / 16, at: begun})
		}
		for n := range w.flights {
			w.land(begun.Add(took), uint64(n+1))
		}
		require.Zero(t, w.bytes)
		w.halved = 0 // sequences begin again with each round of this test
	}
	for roads, slower := range map[int]time.Duration{0: 1, 4: 2} {
		least := 2 * firstBytes
		if roads > 0 {
			least = spreadBytes
		}
		w := newWindow()
		w.roads = roads
		round(&w, slower*quick)
		require.Equal(t, 2*firstBytes, w.limit)
		round(&w, slower*quick)
		require.Equal(t, 4*firstBytes, w.limit)
		round(&w, slower*late)
		require.Equal(t, 4*firstBytes, w.limit, "neither")
		round(&w, slower*late+slower)
		require.Equal(t, least, w.limit, "several connections are given enough at any time")
		w.limit = mostBytes
		w.fly(flight{last: 1, bytes: 1})
		w.empty()
		require.Equal(t, firstBytes, w.limit, "the next session begins with small batches")
		require.True(t, w.open())
	}
}

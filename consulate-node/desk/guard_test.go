package desk

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGuard(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	newTest := func() *guard { return newGuard(func() time.Time { return now }) }
	t.Run("OKBurstThenOneAtATime", func(t *testing.T) {
		g := newTest()
		for range guardBurst {
			require.Zero(t, g.wait("a"))
			g.failed("a")
		}
		require.Equal(t, guardEvery, g.wait("b", "a").Round(time.Second))
		require.Zero(t, g.wait("b"))
		now = now.Add(guardEvery + time.Second)
		require.Zero(t, g.wait("a"))
	})
	t.Run("OKTableIsBounded", func(t *testing.T) {
		g := newTest()
		for n := range guardMax + 50 {
			g.failed(strconv.Itoa(n))
		}
		require.Len(t, g.keys, guardMax)
		now = now.Add(2 * guardIdle)
		g.failed("late")
		require.Len(t, g.keys, 1, "the idle ones are forgotten")
	})
}

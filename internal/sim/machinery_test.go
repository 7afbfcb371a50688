package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/sim"
)

func TestScheduler(t *testing.T) {
	t.Run("OKInOrder", func(t *testing.T) {
		clock := sim.NewScheduler(start)
		var got []int
		clock.After(time.Hour, func() { got = append(got, 3) })
		clock.After(time.Minute, func() {
			got = append(got, 1)
			clock.After(0, func() { got = append(got, 2) })
		})
		stopped := clock.After(time.Minute, func() { got = append(got, 9) })
		stopped.Stop()
		require.Equal(t, 3, clock.Run(start.Add(2*time.Hour), nil))
		require.Equal(t, []int{1, 2, 3}, got)
		require.Equal(t, start.Add(2*time.Hour), clock.Now())
	})
	t.Run("OKStops", func(t *testing.T) {
		clock := sim.NewScheduler(start)
		for range 5 {
			clock.After(time.Second, func() {})
		}
		require.Equal(t, 1, clock.Run(start.Add(time.Hour), func() bool { return true }))
	})
}

func TestLink(t *testing.T) {
	begin := func(w sim.Weather) (*sim.Scheduler, *sim.Link) {
		clock := sim.NewScheduler(start)
		return clock, sim.NewLink(clock, sim.NewRand(1), w)
	}
	send := func(p *sim.Pipe, n int) *[]int {
		got := &[]int{}
		for i := range n {
			p.Send(func() { *got = append(*got, i) })
		}
		return got
	}
	t.Run("OKInOrder", func(t *testing.T) {
		clock, l := begin(sim.Weather{Delay: time.Second, Jitter: time.Second})
		got := send(l.Open(sim.Up), 50)
		clock.Run(start.Add(time.Minute), nil)
		require.IsIncreasing(t, *got)
		require.Len(t, *got, 50)
	})
	t.Run("OKCutWaitsForHeal", func(t *testing.T) {
		clock, l := begin(sim.Weather{Delay: time.Second})
		up, down := l.Open(sim.Up), l.Open(sim.Down)
		l.Cut(sim.Up)
		require.False(t, l.Whole())
		lost, heard := send(up, 3), send(down, 3)
		clock.Run(start.Add(time.Minute), nil)
		require.Empty(t, *lost)
		require.Len(t, *heard, 3)
		l.Heal(sim.Up)
		clock.Run(start.Add(2*time.Minute), nil)
		require.Len(t, *lost, 3)
	})
	t.Run("OKClosedGivesNothing", func(t *testing.T) {
		clock, l := begin(sim.Weather{Delay: time.Second})
		p := l.Open(sim.Down)
		got := send(p, 3)
		p.Close()
		clock.Run(start.Add(time.Minute), nil)
		require.Empty(t, *got)
	})
	t.Run("OKHostile", func(t *testing.T) {
		clock, l := begin(sim.Weather{Delay: time.Second, Drop: 0.2, Repeat: 0.2, Reorder: 0.2})
		got := send(l.Open(sim.Up), 500)
		clock.Run(start.Add(time.Minute), nil)
		require.False(t, l.Calm())
		require.Positive(t, l.Harmed)
		require.NotEqual(t, 500, len(*got))
	})
}

func TestDisk(t *testing.T) {
	put := func(w kv.Writer) error { return w.Put([]byte("b"), []byte("k"), []byte("v")) }
	tests := []struct {
		name    string
		mishap  sim.Mishap
		survive bool
	}{
		{"ErrLost", sim.LoseCommit, false},
		{"ErrKept", sim.KeepCommit, true},
		{"ErrSync", sim.FailCommit, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			told := 0
			d := sim.NewDisk(kv.NewMemory(), func(error) { told++ })
			d.Prepare(test.mishap)
			require.Equal(t, fault.Storage, fault.KindOf(d.Update(put)))
			require.Equal(t, 1, told)
			d.Reopen()
			require.Equal(t, test.survive, d.Len([]byte("b")) == 1)
			require.NoError(t, d.Update(put))
			require.Equal(t, 1, d.Commits)
		})
	}
	t.Run("ErrFull", func(t *testing.T) {
		d := sim.NewDisk(kv.NewMemory(), nil)
		d.Full = true
		require.Equal(t, fault.Full, fault.KindOf(d.Update(put)))
		require.Zero(t, d.Len([]byte("b")))
	})
}

func TestTrace(t *testing.T) {
	var one, two sim.Trace
	for i := range uint64(5000) {
		one.Add(sim.Line{At: start, Who: "hub", What: "applied", A: i})
		two.Add(sim.Line{At: start, Who: "hub", What: "applied", A: i})
	}
	require.Equal(t, one.Hash(), two.Hash())
	require.Contains(t, one.Tail(1, ""), "applied                4999 0")
	require.Empty(t, one.Tail(10, "FR-LYO"))
	two.Add(sim.Line{At: start, Who: "hub", What: "applied"})
	require.NotEqual(t, one.Hash(), two.Hash())
}

func TestRand(t *testing.T) {
	one, two := sim.NewRand(7), sim.NewRand(7)
	require.Equal(t, one.Bytes(37), two.Bytes(37))
	require.Equal(t, time.Second, one.Between(time.Second, time.Second))
	require.False(t, one.Chance(0))
	require.True(t, one.Chance(1))
	require.LessOrEqual(t, one.Spread(time.Second), 10*time.Second)
}

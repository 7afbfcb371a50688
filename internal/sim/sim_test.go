package sim_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	envSeed  = "JALIYA_SIM_SEED"  // one seed, with its trace
	envSeeds = "JALIYA_SIM_SEEDS" // so many seeds
	envTime  = "JALIYA_SIM_TIME"  // seeds for so long
	envWho   = "JALIYA_SIM_WHO"   // of a failing seed, the lines about this post or "hub" only
	envFirst = "JALIYA_SIM_FIRST" // first seed of a series, 1 when absent
)

// budget says how many seeds are to run.
type budget struct {
	first, count uint64
	length       time.Duration
}

func budgetOf(t *testing.T) budget {
	t.Helper()
	number := func(name string, otherwise uint64) uint64 {
		text := os.Getenv(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, name)
		return n
	}
	b := budget{first: number(envFirst, 1), count: 200, length: 10 * time.Second}
	if one := number(envSeed, 0); one != 0 {
		return budget{first: one, count: 1, length: time.Hour}
	}
	if n := number(envSeeds, 0); n != 0 {
		b.count, b.length = n, 24*time.Hour
	}
	if text := os.Getenv(envTime); text != "" {
		d, err := time.ParseDuration(text)
		require.NoError(t, err, envTime)
		b.count, b.length = 1<<40, d
	}
	return b
}

// total is what all seeds of a series did.
type total struct {
	mu sync.Mutex // guards what follows
	figures
	violations int
	seen       map[string]int // what happened, by name
}

func (s *total) add(w *world) {
	f := w.figures()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]int{}
	}
	for i, fault := range w.mishaps() {
		s.seen[fault.Name] += w.chaos.Done[i]
	}
	for _, n := range w.nodes {
		s.seen["end "+n.core.Phase.String()]++
		if n.fenced != "" {
			s.seen["end fenced itself"]++
		}
	}
	if c, err := w.hub.views.Counts(); err == nil {
		s.seen["cases"] += int(c.Cases)
		s.seen["refused"] += int(c.Refused)
		s.seen["quarantine"] += int(c.Quarantine)
	}
	s.seeds += f.seeds
	s.faults += f.faults
	s.entries += f.entries
	s.days += f.days
}

// TestSimulation runs networks until the budget is used up, on all processors.
func TestSimulation(t *testing.T) {
	b := budgetOf(t)
	begun := time.Now()
	var next atomic.Uint64
	var failed atomic.Bool
	var sum total
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for !failed.Load() && time.Since(begun) < b.length {
				at := next.Add(1) - 1
				if at >= b.count {
					return
				}
				w := newWorld(b.first+at, nothing)
				if wrong := w.run(); wrong != "" {
					failed.Store(true)
					report(t, w, wrong)
					sum.mu.Lock()
					sum.violations++
					sum.mu.Unlock()
				}
				sum.add(w)
			}
		})
	}
	workers.Wait()
	fmt.Printf("simulation: %d seeds, %.0f virtual days, %d faults injected, %d entries, %d violations\n",
		sum.seeds, sum.days, sum.faults, sum.entries, sum.violations)
	for _, name := range slices.Sorted(maps.Keys(sum.seen)) {
		t.Logf("%-20s %d", name, sum.seen[name])
	}
}

// report says what is wrong, how to see it again, and what led there.
func report(t *testing.T, w *world, wrong string) {
	t.Helper()
	t.Errorf("seed %d: %s\nrepeat: %s=%d go test ./internal/sim -run TestSimulation\n%+v\n%s",
		w.seed, wrong, envSeed, w.seed, w.temper, w.trace.Tail(120, os.Getenv(envWho)))
}

// TestSimulationRepeats proves that a seed decides everything.
func TestSimulationRepeats(t *testing.T) {
	for seed := uint64(1000); seed < 1010; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			one, two := newWorld(seed, nothing), newWorld(seed, nothing)
			require.Equal(t, one.run(), two.run())
			require.Equal(t, one.trace.Count(), two.trace.Count())
			require.Equal(t, one.trace.Hash(), two.trace.Hash())
			require.Equal(t, one.figures(), two.figures())
		})
	}
}

// TestControls plants a mistake at a time and wants it seen.
func TestControls(t *testing.T) {
	const seeds = 60
	mistakes := []struct {
		name  string
		plant plant
	}{
		{"ReceiptBeforeCommit", earlyReceipt},
		{"GapAccepted", acceptGap},
		{"SessionsIgnored", ignoreSessions},
		{"PoisonBlocks", poisonBlocks},
		{"SequenceReused", reuseSequence},
	}
	caught := 0
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			for seed := uint64(1); seed <= seeds; seed++ {
				if wrong := newWorld(seed, m.plant).run(); wrong != "" {
					caught++
					t.Logf("seed %d: %s", seed, wrong)
					return
				}
			}
			t.Errorf("not seen in %d seeds", seeds)
		})
	}
	fmt.Printf("controls: caught %d of %d\n", caught, len(mistakes))
}

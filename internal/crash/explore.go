package crash

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/durable"
)

// recording is one run: what was done, and what was said to be durable when.
type recording[A any] struct {
	seed   uint64
	events []event
	acked  []A
}

// event is an operation, or an acknowledgement when Kind is 0.
type event struct{ op durable.Op }

func recordRun[A any](w Workload[A], seed uint64, scratch string) (recording[A], error) {
	dir, err := os.MkdirTemp(scratch, "crash-run-*")
	if err != nil {
		return recording[A]{}, err
	}
	log := recording[A]{seed: seed}
	var mu sync.Mutex // the workload may sync from several goroutines
	stop, err := listen(dir, func(op durable.Op) {
		mu.Lock()
		defer mu.Unlock()
		log.events = append(log.events, event{op})
	})
	if err != nil {
		return log, err
	}
	err = w.Run(dir, generator(seed), func(a A) {
		mu.Lock()
		defer mu.Unlock()
		log.acked = append(log.acked, a)
		log.events = append(log.events, event{})
	})
	stop()
	if err != nil {
		return log, err
	}
	return log, os.RemoveAll(dir)
}

func generator(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x6a616c697961)) } //nolint:gosec // repeatable on purpose

// exploreRun verifies the states of all boundaries of one run.
func exploreRun[A any](w Workload[A], log recording[A], o Options, rep *Report) error {
	jobs := make(chan boundary)
	var group errgroup.Group
	var mu sync.Mutex // guards rep
	enough := func() bool { mu.Lock(); defer mu.Unlock(); return rep.Lost >= stopAfterLost }
	for range workers() {
		group.Go(func() error {
			for b := range jobs {
				if enough() {
					continue
				}
				found, err := verifyBoundary(w, log, b, o)
				if err != nil {
					drain(jobs)
					return err
				}
				mu.Lock()
				rep.States += found.States
				rep.Lost += found.Lost
				if rep.First == nil {
					rep.First = found.First
				}
				mu.Unlock()
			}
			return nil
		})
	}
	for b := range log.boundaries(o) {
		jobs <- b
	}
	close(jobs)
	return group.Wait()
}

func drain(jobs <-chan boundary) {
	for range jobs { // the sender must be able to finish
	}
}

// boundaries yields the disk just before each sync, and at the end.
func (log recording[A]) boundaries(o Options) func(yield func(boundary) bool) {
	return func(yield func(boundary) bool) {
		d, acked := newDisk(), 0
		for i, e := range log.events {
			kind := e.op.Kind
			if kind == 0 {
				acked++
			}
			if kind == 0 || o.Control.drops(kind) && strings.HasPrefix(e.op.Path+"/", o.ControlDir) {
				continue
			}
			sync := kind == durable.OpSync || kind == durable.OpSyncData || kind == durable.OpSyncDir
			if sync && !yield(boundaryOf(d, i, acked)) {
				return
			}
			d.apply(e.op)
		}
		yield(boundaryOf(d, len(log.events), acked))
	}
}

func (c Control) drops(k durable.Kind) bool {
	switch c {
	case NoControl:
		return false
	case DropDataSync:
		return k == durable.OpSyncData
	case DropSync:
		return k == durable.OpSync
	case DropDirSync:
		return k == durable.OpSyncDir
	}
	return false
}

// verifyBoundary cuts the power at one boundary in many ways.
func verifyBoundary[A any](w Workload[A], log recording[A], b boundary, o Options) (Report, error) {
	var rep Report
	r := generator(log.seed<<20 + uint64(b.at)) //nolint:gosec // positions are positive
	seed, known := maphash.MakeSeed(), map[uint64]bool{}
	for i := range o.PerBoundary + 2 {
		shares := []float64{0, 1, 0.5, 0.9, 0.15}
		f := fate{r: r, keep: shares[min(i, 2+i%3)]}
		for _, dir := range o.Disks {
			one := disked{dir: dir, keep: f.keep}
			if i > 1 {
				one.keep = shares[r.IntN(len(shares))] // one disk may have all and the other nothing
			}
			f.disks = append(f.disks, one)
		}
		s := b.cut(f)
		sum := s.sum(seed)
		if known[sum] {
			continue
		}
		known[sum] = true
		rep.States++
		lost, err := verifyState(w, s, log.acked[:b.acked:b.acked], o.Scratch)
		if err != nil {
			return rep, err
		}
		if lost == nil {
			continue
		}
		rep.Lost++
		if rep.First == nil {
			rep.First = fmt.Errorf("seed %d, event %d, state %d, %d acknowledged: %w", log.seed, b.at, i, b.acked, lost)
		}
	}
	return rep, nil
}

func verifyState[A any](w Workload[A], s state, acked []A, scratch string) (lost, err error) {
	dir, err := os.MkdirTemp(scratch, "crash-state-*")
	if err != nil {
		return nil, err
	}
	if err := s.write(dir); err != nil {
		return nil, err
	}
	lost = w.Verify(dir, acked)
	return lost, os.RemoveAll(dir)
}

// relative gives op with paths below dir, false when it is about another place.
func relative(dir string, op durable.Op) (durable.Op, bool) {
	var err error
	if op.Path, err = filepath.Rel(dir, op.Path); err != nil || !filepath.IsLocal(op.Path) {
		return op, false
	}
	if op.To != "" {
		if op.To, err = filepath.Rel(dir, op.To); err != nil {
			return op, false
		}
	}
	return op, true
}

// Package crash is the crash-state tier: it records every write, truncate and
// sync that a workload really does, rebuilds what a disk may hold after a loss
// of power at each sync, and lets the workload's own verifier look at each of
// these states. It is test support, beside the path of a record.
//
// Guarantee: what an operation leaves behind is bounded only by the syncs that
// came before the cut. Of what was written since, any subset of 512-byte
// sectors may be there, in any order, each file as long or as short as any of
// its lengths; of the names given or taken since the last sync of the
// directory, a prefix or any subset. What the kernel does beyond that (bit rot,
// a drive that lies) is not its subject.
//
// Recording needs the build tag crashstates and the recording copy of bbolt
// that scripts/crash-states.sh makes.
package crash

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"
)

// Workload is a program that claims to be durable, and the proof of it. A is
// what it was told is durable: a position, a hash.
type Workload[A any] interface {
	// Run works in dir, an empty directory, with all choices from r, and calls
	// ack right after the store under test said that something is durable. It
	// should be short, tens of transactions: each of its syncs becomes some ten
	// states.
	Run(dir string, r *rand.Rand, ack func(A)) error
	// Verify looks at what a crash left in dir. Each of acked must be there
	// completely, and what was not acked must be there completely or not at
	// all. It may write. It is called from several goroutines, each with its
	// own dir; acked must not be changed.
	Verify(dir string, acked []A) error
}

// Options bounds an exploration; zero values are right for a test.
type Options struct {
	Time        time.Duration // no new run starts after it; at least one runs. 0 is one run
	Seed        uint64        // of the first run; the next has the next number
	PerBoundary int           // random states per sync boundary, besides "all lost" and "all there"; 0 is 10
	Scratch     string        // a directory for states, best in memory; "" is the system's
	Control     Control       // leave operations of this sort out of the recording
	ControlDir  string        // below it alone the control counts; "" is everywhere
	Disks       []string      // directories below the workload's that are disks of their own: each keeps and loses by itself
}

// Control leaves one sort of sync out of a recording, as if the program had
// forgotten it. A tier that does not notice is worth nothing.
type Control uint8

// The controls.
const (
	NoControl Control = iota
	DropDataSync
	DropSync
	DropDirSync
)

// String names the control in reports.
func (c Control) String() string {
	switch c {
	case NoControl:
		return "none"
	case DropDataSync:
		return "data sync dropped"
	case DropSync:
		return "sync dropped"
	case DropDirSync:
		return "directory sync dropped"
	}
	return "unknown"
}

// Report is what an exploration found.
type Report struct {
	Runs, Operations, States int
	Lost                     int   // states that the verifier refused
	First                    error // the first refusal, with what repeats it
}

const (
	defaultPerBoundary = 10
	stopAfterLost      = 20
)

// Explore runs the workload again and again, and verifies the crash states of
// each run on all processors. It returns an error when the tier itself could
// not work; lost states are in the report.
func Explore[A any](w Workload[A], o Options) (Report, error) {
	if o.PerBoundary == 0 {
		o.PerBoundary = defaultPerBoundary
	}
	var rep Report
	end := time.Now().Add(o.Time)
	for seed := o.Seed; ; seed++ {
		log, err := recordRun(w, seed, o.Scratch)
		if err != nil {
			return rep, fmt.Errorf("run with seed %d: %w", seed, err)
		}
		rep.Runs++
		rep.Operations += len(log.events)
		if err := exploreRun(w, log, o, &rep); err != nil {
			return rep, err
		}
		if rep.Lost >= stopAfterLost || !time.Now().Before(end) {
			return rep, nil
		}
	}
}

// Prove explores without a control for o.Time, wanting no loss, and then with
// each control, wanting that the loss is noticed. The line that it returns is
// the one that scripts add up.
func Prove[A any](w Workload[A], o Options, controls ...Control) (string, error) {
	rep, err := Explore(w, o)
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("%d crash states, %d lost; %d runs, %d operations", rep.States, rep.Lost, rep.Runs, rep.Operations)
	if rep.Lost > 0 {
		return line, fmt.Errorf("%s: %w", line, rep.First)
	}
	if rep.States == 0 {
		return line, errors.New("no crash state was looked at")
	}
	for _, c := range controls {
		o.Control, o.Time = c, 0
		rep, err := Explore(w, o)
		if err != nil {
			return line, err
		}
		if rep.Lost == 0 {
			return line, fmt.Errorf("control not caught in %d states: %s", rep.States, c)
		}
	}
	return fmt.Sprintf("%s; %d of %d controls caught", line, len(controls), len(controls)), nil
}

func workers() int { return runtime.GOMAXPROCS(0) }

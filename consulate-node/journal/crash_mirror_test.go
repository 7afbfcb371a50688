//go:build crashstates

package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/kv"
)

// Directories of the two disks of a mirrored journal.
const (
	firstDisk  = "first"
	secondDisk = "second"
)

// mirroredWorkload is journalWorkload with a mirror on a second disk, new bases
// of the mirror and compactions in between. Each disk loses its own unsynced
// writes.
type mirroredWorkload struct{ journalWorkload }

// saved is what was said: where the journal was, whether both disks had it, and
// the number in a row that a draft keeps under an erasable key.
type saved struct {
	state journal.State
	both  bool
	row   uint64
}

func (w mirroredWorkload) options(dir string) journal.Options {
	o := journal.WithMirror(w.kit.Options(), filepath.Join(dir, secondDisk, "mirror"))
	o.Mirror.Erasable = []string{"crash.keys"}
	return journal.Impatient(o, time.Minute) // a slow test machine is no broken disk
}

var (
	crashKeys = []byte("crash.keys")
	crashKey  = []byte("visit")
)

func rowOf(r kv.Reader) (n uint64) {
	if v := r.Get(crashKeys, crashKey); len(v) == 32 {
		for _, b := range v[24:] {
			n = n<<8 | uint64(b)
		}
	}
	return n
}

func putRow(n uint64) func(w kv.Writer) error {
	return func(w kv.Writer) error {
		v := make([]byte, 32)
		for i := range 8 {
			v[31-i] = byte(n >> (8 * i))
		}
		return w.Put(crashKeys, crashKey, v)
	}
}

// Run implements crash.Workload.
func (w mirroredWorkload) Run(dir string, r *rand.Rand, ack func(saved)) error {
	if err := os.Mkdir(filepath.Join(dir, secondDisk), 0o700); err != nil {
		return err
	}
	k := w.kit.With(r.Uint64())
	j, err := journal.Open(filepath.Join(dir, firstDisk), w.options(dir))
	if err != nil {
		return err
	}
	var row uint64
	for range crashSteps / 2 {
		if err := w.step(j, k, r, &row); err != nil {
			return errors.Join(err, j.Close())
		}
		s, err := j.State()
		if err != nil {
			return errors.Join(err, j.Close())
		}
		ack(saved{state: s, both: j.Mirror().State == mirror.Good, row: row})
		if r.IntN(10) > 0 {
			continue
		}
		if err := j.Close(); err != nil {
			return err
		}
		if j, err = journal.Open(filepath.Join(dir, firstDisk), w.options(dir)); err != nil {
			return err
		}
	}
	return j.Close()
}

func (w mirroredWorkload) step(j *journal.Journal, k *journaltest.Kit, r *rand.Rand, row *uint64) error {
	switch r.IntN(10) {
	case 0:
		j.RetryMirror()
		return nil
	case 1:
		_, err := j.Compact()
		return err
	case 2, 3:
		*row++
		return j.Update(putRow(*row))
	default:
		return crashStep(j, k, r)
	}
}

// Verify implements crash.Workload: the journal opens with both disks and holds
// what was said; so it does when the first disk is lost, if both had it; and the
// mirror proves.
func (w mirroredWorkload) Verify(dir string, acked []saved) error {
	if err := os.MkdirAll(filepath.Join(dir, secondDisk), 0o700); err != nil {
		return err
	}
	var last saved
	if len(acked) > 0 {
		last = acked[len(acked)-1]
	}
	if last.both {
		if err := w.verifyAlone(dir, last); err != nil {
			return fmt.Errorf("from the second disk alone: %w", err)
		}
	}
	return w.verifyOpen(dir, last)
}

// verifyAlone makes a journal from a copy of the second disk.
func (w mirroredWorkload) verifyAlone(dir string, last saved) error {
	alone := dir + ".alone"
	if err := os.CopyFS(filepath.Join(alone, secondDisk), os.DirFS(filepath.Join(dir, secondDisk))); err != nil {
		return err
	}
	return errors.Join(w.verifyOpen(alone, last), os.RemoveAll(alone))
}

func (w mirroredWorkload) verifyOpen(dir string, last saved) error {
	j, err := journal.Open(filepath.Join(dir, firstDisk), w.options(dir))
	if err != nil {
		return err
	}
	var acked []journal.State
	if last.state.Head.Incarnation != 0 {
		acked = append(acked, last.state)
	}
	err = w.verify(j, acked)
	if err == nil {
		err = j.View(func(r kv.Reader) error {
			if row := rowOf(r); row != last.row && row != last.row+1 {
				return fmt.Errorf("row %d, acknowledged was %d", row, last.row)
			}
			return nil
		})
	}
	if s := j.Mirror(); err == nil && s.State != mirror.Good {
		err = fmt.Errorf("the mirror is %s: %s", s.State, s.Reason)
	}
	if err = errors.Join(err, j.Close()); err != nil {
		return err
	}
	_, err = journal.VerifyMirror(filepath.Join(dir, secondDisk, "mirror"), w.kit.Keys())
	return err
}

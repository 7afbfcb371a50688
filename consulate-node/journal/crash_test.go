//go:build crashstates

package journal_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/crash"
	"jaliya/internal/wire"
)

// TestCrashStates cuts the power at every sync of a journal that does what a
// post does on a busy morning, images included (reliability 7.2, tier C). Its
// line is added up by scripts/crash-states.sh.
func TestCrashStates(t *testing.T) {
	o, err := crash.FromEnv()
	require.NoError(t, err)
	k := newKit(t)
	o.Time /= 2
	line, err := crash.Prove(journalWorkload{kit: k}, o, crash.DropDataSync, crash.DropSync, crash.DropDirSync)
	require.NoError(t, err)
	t.Log("journal: " + line)
	o.Disks, o.ControlDir = []string{firstDisk, secondDisk}, secondDisk
	line, err = crash.Prove(mirroredWorkload{journalWorkload{kit: k}}, o, crash.DropSync, crash.DropDirSync)
	require.NoError(t, err)
	t.Log("journal on two disks: " + line)
}

// journalWorkload acknowledges the state of the journal after each change. The
// kit's identity and keys are one for all runs.
type journalWorkload struct{ kit *journaltest.Kit }

const crashSteps = 30

// Run implements crash.Workload.
func (w journalWorkload) Run(dir string, r *rand.Rand, ack func(journal.State)) error {
	k := w.kit.With(r.Uint64())
	j, err := journal.Open(dir, k.Options())
	if err != nil {
		return err
	}
	for range crashSteps {
		if err := crashStep(j, k, r); err != nil {
			return errors.Join(err, j.Close())
		}
		s, err := j.State()
		if err != nil {
			return errors.Join(err, j.Close())
		}
		ack(s)
		if r.IntN(15) > 0 {
			continue
		}
		if err := j.Close(); err != nil {
			return err
		}
		if j, err = journal.Open(dir, k.Options()); err != nil {
			return err
		}
	}
	return j.Close()
}

// crashStep is one thing that a post does.
func crashStep(j *journal.Journal, k *journaltest.Kit, r *rand.Rand) error {
	switch r.IntN(10) {
	case 8:
		_, err := j.OpenIncarnation(journal.Opening{Incarnation: r.Uint64() | 1, Why: journal.WhyAnchor})
		return err
	case 9:
		return crashRestore(j, k, 1+r.IntN(3))
	case 0:
		return k.Secure(j, 1+r.IntN(4))
	case 1:
		s, err := j.State()
		if err != nil {
			return err
		}
		n := wire.Notice{Kind: wire.NoticeCaseMoved, Reference: k.Release(1).Header.Reference, Case: 1, State: 2}
		return j.StoreNotices(k.Notices(s.Notices, n))
	case 2:
		digests, _, err := j.Unstored(2)
		if err != nil {
			return err
		}
		return j.MarkStored(digests...)
	case 3, 4:
		d, err := k.ReleaseWith(j, r.IntN(500), 1+r.IntN(9000))
		if err != nil {
			return err
		}
		return crashAppend(j, d)
	default:
		return crashAppend(j, k.Release(r.IntN(4000)))
	}
}

// crashRestore takes back the next entries of an incarnation that a copy of this
// journal wrote.
func crashRestore(j *journal.Journal, k *journaltest.Kit, n int) error {
	const past = 99
	after, err := j.Wanting([]wire.Position{{Node: k.Identity.Node, Incarnation: past, Seq: 1 << 20}})
	if err != nil {
		return err
	}
	p, err := k.Past(after[0], n)
	if err == nil {
		_, err = j.Restore(p)
	}
	return err
}

func crashAppend(j *journal.Journal, d journal.Draft) error {
	_, err := j.Append(context.Background(), d)
	return err
}

// Verify implements crash.Workload: the journal opens, is at or one change after
// what was acknowledged, verifies as a whole, has every bundle that an entry
// names, and goes on.
func (w journalWorkload) Verify(dir string, acked []journal.State) error {
	j, err := journal.Open(dir, w.kit.Options())
	if err != nil {
		return err
	}
	return errors.Join(w.verify(j, acked), j.Close())
}

func (w journalWorkload) verify(j *journal.Journal, acked []journal.State) error {
	s, err := j.State()
	if err != nil {
		return err
	}
	rep, err := j.Check(w.kit.Keys())
	if err != nil {
		return err
	}
	if len(acked) > 0 {
		if err := notBehind(j, s, acked[len(acked)-1]); err != nil {
			return err
		}
	}
	if err := bundlesThere(j, rep); err != nil {
		return err
	}
	if err := crashAppend(j, w.kit.Release(100)); err != nil {
		return err
	}
	_, err = j.Check(w.kit.Keys())
	return err
}

func notBehind(j *journal.Journal, s, acked journal.State) error {
	if s.Head.Incarnation != acked.Head.Incarnation {
		return oneOpened(j, s, acked)
	}
	at, err := j.Position(acked.Head.Seq)
	switch {
	case err != nil:
		return err
	case at != acked.Head:
		return fmt.Errorf("entry %d is not the acknowledged one", acked.Head.Seq)
	case s.Head.Seq > acked.Head.Seq+1:
		return fmt.Errorf("head %d, acknowledged was %d", s.Head.Seq, acked.Head.Seq)
	case s.Receipted < acked.Receipted || s.Notices.Seq < acked.Notices.Seq:
		return errors.New("a receipt or a notice is lost")
	}
	return nil
}

// oneOpened wants a new incarnation that was opened in the cut: the old one is as
// it was acknowledged, and all of it that had no receipt stands again.
func oneOpened(j *journal.Journal, s, acked journal.State) error {
	list, err := j.Chapters()
	if err != nil {
		return err
	}
	n := len(list)
	switch {
	case n < 2 || list[n-2].Incarnation != acked.Head.Incarnation:
		return errors.New("an incarnation is lost")
	case list[n-2].End != acked.Head.Seq || s.Head.Seq != acked.Head.Seq-acked.Receipted:
		return fmt.Errorf("%d entries stand again, of %d without a receipt", s.Head.Seq, acked.Head.Seq-acked.Receipted)
	case s.Notices.Seq < acked.Notices.Seq:
		return errors.New("a notice is lost")
	}
	_, err = j.ReadAfter(acked.Head, 1)
	return err
}

// bundlesThere reads every bundle that an entry names (I2).
func bundlesThere(j *journal.Journal, rep journal.Report) error {
	at := wire.Genesis(rep.Identity.Node, rep.Head.Incarnation)
	for at != rep.Head {
		entries, err := j.ReadAfter(at, wire.MaxBatchEntries)
		if err != nil {
			return err
		}
		for _, e := range entries {
			at = at.Next(e)
			h, err := e.Check()
			if err != nil {
				return err
			}
			for _, image := range h.Images {
				if err := bundleWhole(j, image); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func bundleWhole(j *journal.Journal, image wire.Image) error {
	f, err := j.OpenBundle(image.Digest)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if wire.Digest(sum.Sum(nil)) != image.Digest {
		return errors.New("a bundle is damaged")
	}
	return nil
}

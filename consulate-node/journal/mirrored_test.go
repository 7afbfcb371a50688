package journal_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// disks are the two disks of a post.
type disks struct {
	first, second string
	kit           *journaltest.Kit
}

func newDisks(tb testing.TB) disks {
	tb.Helper()
	dir := tb.TempDir()
	d := disks{first: filepath.Join(dir, "first"), second: filepath.Join(dir, "second"), kit: newKit(tb)}
	require.NoError(tb, os.Mkdir(d.second, 0o700))
	return d
}

func (d disks) options() journal.Options {
	o := journal.WithMirror(d.kit.Options(), filepath.Join(d.second, "mirror"))
	o.Mirror.Erasable = []string{"test.keys"}
	return o
}

// run opens the journal, lets do work and closes it.
func (d disks) run(tb testing.TB, do func(j *journal.Journal)) {
	tb.Helper()
	j, err := journal.Open(d.first, d.options())
	require.NoError(tb, err)
	do(j)
	require.NoError(tb, j.Close())
}

func requireMirror(tb testing.TB, j *journal.Journal, state mirror.State, reason mirror.Reason) {
	tb.Helper()
	s := j.Mirror()
	require.Equal(tb, state, s.State, "%+v", s)
	require.Equal(tb, reason, s.Reason)
}

// fill is a post's work: entries, images, receipts, and a row of somebody else.
func (d disks) fill(tb testing.TB, j *journal.Journal, n int) {
	tb.Helper()
	for i := range n {
		draft, err := d.kit.ReleaseWith(j, 300+i, 5000+i)
		require.NoError(tb, err)
		appendAll(tb, j, draft)
	}
	require.NoError(tb, d.kit.Secure(j, 3))
	require.NoError(tb, j.Update(func(w kv.Writer) error { return w.Put([]byte("test.rows"), []byte("k"), []byte("row")) }))
}

// requireSame wants that the journal made again is the one that was.
func (d disks) requireSame(tb testing.TB, j *journal.Journal, want journal.State) {
	tb.Helper()
	require.Equal(tb, want, state(tb, j))
	requireSound(tb, j, d.kit)
	require.NoError(tb, j.View(func(r kv.Reader) error {
		require.Equal(tb, "row", string(r.Get([]byte("test.rows"), []byte("k"))))
		return nil
	}))
}

func TestMirrorMakesALostJournalAgain(t *testing.T) {
	d := newDisks(t)
	var want journal.State
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Good, "")
		d.fill(t, j, 5)
		want = state(t, j)
	})
	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Good, "")
		require.Len(t, j.Warnings(), 2)
		d.requireSame(t, j, want)
		d.fill(t, j, 2)
		want = state(t, j)
	})
	rep, err := journal.Verify(filepath.Join(d.first, "journal.db"), d.kit.Keys())
	require.NoError(t, err)
	require.Zero(t, rep.Missing, "the images came back too")
	require.Equal(t, want.Head, rep.Head)
	proved, err := journal.VerifyMirror(filepath.Join(d.second, "mirror"), d.kit.Keys())
	require.NoError(t, err)
	require.Equal(t, rep, proved)
}

func TestMirrorCompletesAnOldJournal(t *testing.T) {
	d := newDisks(t)
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 3) })
	old, err := os.ReadFile(filepath.Join(d.first, "journal.db"))
	require.NoError(t, err)
	var want journal.State
	d.run(t, func(j *journal.Journal) {
		d.fill(t, j, 4)
		want = state(t, j)
	})
	require.NoError(t, os.WriteFile(filepath.Join(d.first, "journal.db"), old, 0o600))
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Good, "")
		d.requireSame(t, j, want)
	})
}

func TestMirrorThatWasAwayIsFilledAgain(t *testing.T) {
	d := newDisks(t)
	d.run(t, func(j *journal.Journal) {
		d.fill(t, j, 2)
		away := d.second + ".away"
		require.NoError(t, os.Rename(d.second, away))
		require.NoError(t, os.WriteFile(d.second, nil, 0o600)) // nothing can be made there
		j.RetryMirror()
		d.fill(t, j, 2) // its log is open still: the handle outlives the name
		require.NoError(t, os.Remove(d.second))
		require.NoError(t, os.Rename(away, d.second))
		j.RetryMirror()
		requireMirror(t, j, mirror.Good, "")
	})
	var want journal.State
	bare := d.kit.Options()
	j, err := journal.Open(d.first, bare) // without a mirror for a while
	require.NoError(t, err)
	d.fill(t, j, 3)
	want = state(t, j)
	require.NoError(t, j.Close())
	d.run(t, func(j *journal.Journal) { requireMirror(t, j, mirror.Good, "") })
	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) { d.requireSame(t, j, want) })
}

func TestMirrorMissingStopsNobody(t *testing.T) {
	d := newDisks(t)
	require.NoError(t, os.Remove(d.second))
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Failed, mirror.ReasonMissing)
		d.fill(t, j, 2)
		require.NoError(t, os.Mkdir(d.second, 0o700))
		j.RetryMirror()
		requireMirror(t, j, mirror.Good, "")
		d.fill(t, j, 2)
	})
	proved, err := journal.VerifyMirror(filepath.Join(d.second, "mirror"), d.kit.Keys())
	require.NoError(t, err)
	require.EqualValues(t, 4, proved.Entries)
}

func TestMirrorOfAnotherHistoryIsNotOverwritten(t *testing.T) {
	d := newDisks(t)
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 3) })
	require.NoError(t, os.RemoveAll(d.first))
	away := d.second + ".away"
	require.NoError(t, os.Rename(d.second, away))
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 1) }) // begun anew while its mirror was away
	require.NoError(t, os.Rename(away, d.second))
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Failed, mirror.ReasonHistory)
		d.fill(t, j, 1)
		requireMirror(t, j, mirror.Failed, mirror.ReasonHistory)
	})
	proved, err := journal.VerifyMirror(filepath.Join(d.second, "mirror"), d.kit.Keys())
	require.NoError(t, err)
	require.EqualValues(t, 3, proved.Entries)
}

func TestMirrorRefusesTheSameDisk(t *testing.T) {
	d := newDisks(t)
	o := d.options()
	o.Mirror.SameDisk = false
	_, err := journal.Open(d.first, o)
	requireKind(t, err, fault.Invalid)
	require.ErrorContains(t, err, "disk of the journal")
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 1) })
	j := open(t, d.first, o) // it worked once: now it is a mount that is missing
	requireMirror(t, j, mirror.Failed, mirror.ReasonSameDisk)
}

// TestMirrorTorn cuts the mirror's log at each byte of its last transactions.
func TestMirrorTorn(t *testing.T) {
	d := newDisks(t)
	var states []journal.State
	var sizes []int64
	d.run(t, func(j *journal.Journal) {
		for range 3 {
			appendAll(t, j, d.kit.Release(40))
			states = append(states, state(t, j))
			sizes = append(sizes, j.Mirror().Log)
		}
	})
	logs, err := filepath.Glob(filepath.Join(d.second, "mirror", "log-*"))
	require.NoError(t, err)
	require.Len(t, logs, 1)
	whole, err := os.ReadFile(logs[0])
	require.NoError(t, err)
	for cut := sizes[0]; cut <= sizes[2]; cut += 41 {
		require.NoError(t, os.WriteFile(logs[0], whole[:cut], 0o600))
		for name, lost := range map[string]bool{"journal there": false, "journal lost": true} {
			again := disks{first: filepath.Join(t.TempDir(), "first"), second: filepath.Join(t.TempDir(), "second"), kit: d.kit}
			require.NoError(t, os.CopyFS(again.second, os.DirFS(d.second)))
			if !lost {
				require.NoError(t, os.CopyFS(again.first, os.DirFS(d.first)))
			}
			want := states[2]
			for i := 2; lost && sizes[i] > cut; i-- {
				want = states[i-1]
			}
			again.run(t, func(j *journal.Journal) {
				requireMirror(t, j, mirror.Good, "")
				require.Equal(t, want, state(t, j), "%s, cut at %d", name, cut)
				appendAll(t, j, d.kit.Release(40))
				requireSound(t, j, d.kit)
			})
			_, err := journal.VerifyMirror(filepath.Join(again.second, "mirror"), d.kit.Keys())
			require.NoError(t, err)
		}
	}
}

// TestMirrorFlippedBit flips a bit in each part of a mirror: with a journal it is
// written anew, without one the damage is told and nothing is made of it.
func TestMirrorFlippedBit(t *testing.T) {
	d := newDisks(t)
	var want journal.State
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 2); j.RetryMirror(); d.fill(t, j, 2); want = state(t, j) })
	for _, pattern := range []string{"base-*", "log-*"} {
		files, err := filepath.Glob(filepath.Join(d.second, "mirror", pattern))
		require.NoError(t, err)
		require.Len(t, files, 1)
		whole, err := os.ReadFile(files[0])
		require.NoError(t, err)
		for at := 5; at < len(whole)-600; at += len(whole) / 9 {
			again := disks{first: filepath.Join(t.TempDir(), "first"), second: filepath.Join(t.TempDir(), "second"), kit: d.kit}
			require.NoError(t, os.CopyFS(again.second, os.DirFS(d.second)))
			flipped := bytes.Clone(whole)
			flipped[at] ^= 4
			require.NoError(t, os.WriteFile(filepath.Join(again.second, "mirror", filepath.Base(files[0])), flipped, 0o600))
			_, err := journal.VerifyMirror(filepath.Join(again.second, "mirror"), d.kit.Keys())
			require.Error(t, err, "%s at %d", pattern, at)
			_, err = journal.Open(again.first, again.options())
			requireKind(t, err, fault.Corrupt)
			require.NoError(t, os.RemoveAll(again.first))
			require.NoError(t, os.CopyFS(again.first, os.DirFS(d.first)))
			again.run(t, func(j *journal.Journal) {
				again.requireSame(t, j, want)
				j.RetryMirror()
				requireMirror(t, j, mirror.Good, "")
			})
			_, err = journal.VerifyMirror(filepath.Join(again.second, "mirror"), d.kit.Keys())
			require.NoError(t, err, "%s at %d", pattern, at)
		}
	}
}

func TestMirrorHealsADamagedJournal(t *testing.T) {
	d := newDisks(t)
	var want journal.State
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 3); want = state(t, j) })
	path := filepath.Join(d.first, "journal.db")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(make([]byte, 8192), whole[8192:]...), 0o600)) // both meta pages
	d.run(t, func(j *journal.Journal) { d.requireSame(t, j, want) })
	_, err = os.Stat(path + ".damaged")
	require.NoError(t, err, "people may want to look at it")
}

// TestMirrorDamagedInTheMiddle puts an older journal back while one bit of what only
// the mirror has is flipped: what is whole before it comes back, and what is whole
// behind it is neither cut nor written over.
func TestMirrorDamagedInTheMiddle(t *testing.T) {
	entry := func(d disks, j *journal.Journal) error {
		_, err := j.Append(t.Context(), d.kit.Release(100))
		return err
	}
	row := func(d disks, j *journal.Journal) error {
		key := d.kit.Bundle(8).Bytes
		return j.Update(func(w kv.Writer) error { return w.Put([]byte("test.rows"), key, key) })
	}
	for name, work := range map[string]func(disks, *journal.Journal) error{"entries": entry, "other rows": row} {
		t.Run(name, func(t *testing.T) {
			d := newDisks(t)
			var sizes []int64
			d.run(t, func(j *journal.Journal) { d.fill(t, j, 1) })
			old, err := os.ReadFile(filepath.Join(d.first, "journal.db"))
			require.NoError(t, err)
			var want journal.State
			var rows int
			d.run(t, func(j *journal.Journal) {
				for range 3 {
					require.NoError(t, work(d, j))
					if sizes = append(sizes, j.Mirror().Log); len(sizes) == 1 {
						want, rows = state(t, j), countRows(t, j)
					}
				}
			})
			files, err := filepath.Glob(filepath.Join(d.second, "mirror", "log-*"))
			require.NoError(t, err)
			require.Len(t, files, 1)
			raw, err := os.ReadFile(files[0])
			require.NoError(t, err)
			raw[sizes[0]+60] ^= 1 // of the second transaction that the old journal lacks
			require.NoError(t, os.WriteFile(files[0], raw, 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(d.first, "journal.db"), old, 0o600))
			for range 2 { // the next start is no bolder
				d.run(t, func(j *journal.Journal) {
					requireMirror(t, j, mirror.Failed, mirror.ReasonHistory)
					require.Equal(t, want, state(t, j), "what is whole before it came back")
					require.Equal(t, rows, countRows(t, j))
				})
				after, err := os.ReadFile(files[0])
				require.NoError(t, err)
				require.Equal(t, raw, after)
			}
		})
	}
}

// TestMirrorThatCannotBeTidied has a new base whose predecessors cannot be removed:
// what comes after is on the second disk all the same.
func TestMirrorThatCannotBeTidied(t *testing.T) {
	d := newDisks(t)
	var want journal.State
	d.run(t, func(j *journal.Journal) {
		d.fill(t, j, 1)
		stuck := filepath.Join(d.second, "mirror", "base-ffffffffffffffff.jm", "in the way")
		require.NoError(t, os.MkdirAll(stuck, 0o700))
		j.RetryMirror()
		requireMirror(t, j, mirror.Good, "")
		d.fill(t, j, 2)
		requireMirror(t, j, mirror.Good, "")
		want = state(t, j)
	})
	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) {
		d.requireSame(t, j, want)
		require.NoError(t, os.RemoveAll(filepath.Join(d.second, "mirror", "base-ffffffffffffffff.jm")))
		d.fill(t, j, 1)
		j.RetryMirror()
		left, err := filepath.Glob(filepath.Join(d.second, "mirror", "*.jm"))
		require.NoError(t, err)
		require.Len(t, left, 2, "the next base sweeps")
	})
}

// TestMirrorForgetsKeys wants nothing left of a value that had to be erasable.
func TestMirrorForgetsKeys(t *testing.T) {
	secret := []byte("wrapped key of a draft, never in a log")
	d := newDisks(t)
	bucket, key := []byte("test.keys"), []byte("visit")
	found := func() (n int) {
		require.NoError(t, filepath.WalkDir(d.second, func(path string, e fs.DirEntry, err error) error {
			require.NoError(t, err)
			if e.Type().IsRegular() {
				raw, err := os.ReadFile(path)
				require.NoError(t, err)
				n += bytes.Count(raw, secret)
			}
			return nil
		}))
		return n
	}
	d.run(t, func(j *journal.Journal) {
		require.NoError(t, j.Update(func(w kv.Writer) error { return w.Put(bucket, key, secret) }))
		require.Equal(t, 1, found())
		j.RetryMirror()
		require.Equal(t, 1, found(), "a base holds it no more than a log")
		require.NoError(t, j.Update(func(w kv.Writer) error { return w.Put(bucket, key, secret) }))
		require.Equal(t, 1, found(), "what is put again as it was is not dropped")
	})
	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) {
		require.NoError(t, j.View(func(r kv.Reader) error {
			require.Equal(t, secret, r.Get(bucket, key), "an open draft comes back")
			return nil
		}))
		require.NoError(t, j.Update(func(w kv.Writer) error { return w.Delete(bucket, key) }))
		require.Zero(t, found())
	})
	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) {
		require.NoError(t, j.View(func(r kv.Reader) error {
			require.Nil(t, r.Get(bucket, key))
			return nil
		}))
	})
}

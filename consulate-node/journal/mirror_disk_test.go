package journal_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// TestMirrorDiskFull fills a second disk of 2 MiB: the journal goes on with one
// disk, says why, and has both again when there is room. Without the right to
// mount, the disk is one that takes nothing.
func TestMirrorDiskFull(t *testing.T) {
	d := newDisks(t)
	if err := unix.Mount("tmpfs", d.second, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("no right to mount a small disk: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(d.second, 0)) })
	o := d.options()
	o.Mirror.SameDisk = false // it is another one
	j, err := journal.Open(d.first, o)
	require.NoError(t, err)
	requireMirror(t, j, mirror.Good, "")
	filler := filepath.Join(d.second, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, 1<<20), 0o600))
	for n := 0; j.Mirror().State == mirror.Good; n++ {
		require.Less(t, n, 100)
		draft, err := d.kit.ReleaseWith(j, 30_000, 30_000)
		require.NoError(t, err)
		appendAll(t, j, draft)
	}
	requireMirror(t, j, mirror.Failed, mirror.ReasonFull)
	j.RetryMirror()
	requireMirror(t, j, mirror.Failed, mirror.ReasonFull)
	d.fill(t, j, 1)
	require.Positive(t, j.Mirror().Behind)
	require.NoError(t, os.Remove(filler))
	j.RetryMirror()
	requireMirror(t, j, mirror.Good, "")
	want := state(t, j)
	require.NoError(t, j.Close())
	require.NoError(t, os.RemoveAll(d.first))
	j, err = journal.Open(d.first, o)
	require.NoError(t, err)
	d.requireSame(t, j, want)
	require.NoError(t, j.Close())
}

// TestMirrorDiskHangs holds a write to the second disk for ever: a save waits only
// as long as it may, and the disk is used again when it answers.
func TestMirrorDiskHangs(t *testing.T) {
	d := newDisks(t)
	j, err := journal.Open(d.first, journal.Impatient(d.options(), 300*time.Millisecond))
	require.NoError(t, err)
	requireMirror(t, j, mirror.Good, "")
	pipe := filepath.Join(d.first, "bundles", "hangs")
	require.NoError(t, unix.Mkfifo(pipe, 0o600)) // who opens it waits for its other end
	start := time.Now()
	j.FileAppended("bundles", "hangs", 0)
	require.Less(t, time.Since(start), time.Minute)
	requireMirror(t, j, mirror.Failed, mirror.ReasonSlow)
	d.fill(t, j, 2)
	j.RetryMirror()
	requireMirror(t, j, mirror.Failed, mirror.ReasonSlow) // it hangs still: nothing more is given to it
	end, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	require.NoError(t, err)
	require.NoError(t, os.Remove(pipe))
	require.NoError(t, end.Close())
	require.Eventually(t, func() bool {
		j.RetryMirror()
		return j.Mirror().State == mirror.Good
	}, time.Minute, 10*time.Millisecond)
	d.fill(t, j, 1)
	want := state(t, j)
	require.NoError(t, j.Close())
	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) { d.requireSame(t, j, want) })
}

// TestMirrorHangsAtStart opens a post whose second disk answers nothing, whatever is
// asked first: the desk works with one disk, and with both when it answers.
func TestMirrorHangsAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		pipe string // what hangs when it is opened
		lost bool   // there is no journal.db either
		late bool   // the disk was away at the start, and hangs when it is back
	}{
		"its log":                 {pipe: "log-*"},
		"its base":                {pipe: "base-*"},
		"its base and no journal": {pipe: "base-*", lost: true},
		"when it is written anew": {pipe: "base-*", late: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisks(t)
			d.run(t, func(j *journal.Journal) { d.fill(t, j, 1) })
			files, err := filepath.Glob(filepath.Join(d.second, "mirror", c.pipe))
			require.NoError(t, err)
			require.Len(t, files, 1)
			pipe := files[0]
			require.NoError(t, os.Remove(pipe))
			require.NoError(t, unix.Mkfifo(pipe, 0o600))
			if c.lost {
				require.NoError(t, os.RemoveAll(d.first))
			}
			away := d.second + ".away"
			if c.late {
				require.NoError(t, os.Rename(d.second, away))
			}
			start := time.Now()
			j, err := journal.Open(d.first, journal.Impatient(d.options(), 300*time.Millisecond))
			require.NoError(t, err)
			require.Less(t, time.Since(start), time.Minute)
			if c.late {
				requireMirror(t, j, mirror.Failed, mirror.ReasonMissing)
				require.NoError(t, os.Rename(away, d.second))
				j.RetryMirror()
			}
			requireMirror(t, j, mirror.Failed, mirror.ReasonSlow)
			d.fill(t, j, 1)
			j.RetryMirror()
			requireMirror(t, j, mirror.Failed, mirror.ReasonSlow) // it hangs still
			end, err := os.OpenFile(pipe, os.O_WRONLY, 0)
			require.NoError(t, err)
			require.NoError(t, os.RemoveAll(filepath.Join(d.second, "mirror")))
			require.NoError(t, end.Close())
			require.Eventually(t, func() bool {
				j.RetryMirror()
				return j.Mirror().State == mirror.Good
			}, time.Minute, 10*time.Millisecond)
			want := state(t, j)
			require.NoError(t, j.Close())
			require.NoError(t, os.RemoveAll(d.first))
			d.run(t, func(j *journal.Journal) { d.requireSame(t, j, want) })
		})
	}
}

// TestMirrorRefusedCommit takes back what the second disk had of a transaction
// that the first one refused for its limit.
func TestMirrorRefusedCommit(t *testing.T) {
	d := newDisks(t)
	o := d.options()
	o.MaxSize = kv.MinMaxSize
	j, err := journal.Open(d.first, o)
	require.NoError(t, err)
	var first []byte
	for err == nil {
		key := d.kit.Bundle(8).Bytes
		if first == nil {
			first = key
		}
		err = j.Update(func(w kv.Writer) error { return w.Put([]byte("test.rows"), key, make([]byte, 1<<20)) })
	}
	requireKind(t, err, fault.Full)
	require.NoError(t, j.Update(func(w kv.Writer) error { return w.Delete([]byte("test.rows"), first) }))
	require.NoError(t, j.Update(func(w kv.Writer) error { return w.Put([]byte("test.rows"), []byte("k"), []byte("row")) }))
	appendAll(t, j, d.kit.Release(100))
	requireMirror(t, j, mirror.Good, "")
	want := state(t, j)
	rows := countRows(t, j)
	require.NoError(t, j.Close())
	require.NoError(t, os.RemoveAll(d.first))
	j, err = journal.Open(d.first, o)
	require.NoError(t, err)
	d.requireSame(t, j, want)
	require.Equal(t, rows, countRows(t, j), "what was refused did not come back")
	require.NoError(t, j.Close())
}

// TestMirrorLargeTransaction has a transaction of 70 MiB on both disks, and one that
// no frame holds on neither.
func TestMirrorLargeTransaction(t *testing.T) {
	d := newDisks(t)
	large := func(n int) func(kv.Writer) error {
		return func(w kv.Writer) error {
			for i := range n {
				if err := w.Put([]byte("test.rows"), []byte{byte(n), byte(i)}, make([]byte, 1<<20)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	d.run(t, func(j *journal.Journal) {
		require.NoError(t, j.Update(large(70)))
		d.fill(t, j, 1)
		requireMirror(t, j, mirror.Good, "")
	})
	require.NoError(t, os.RemoveAll(d.first))
	var want journal.State
	j, err := journal.Open(d.first, journal.SmallFrames(d.options(), 3<<20))
	require.NoError(t, err)
	require.Equal(t, 71, countRows(t, j))
	requireKind(t, j.Update(large(4)), fault.TooLarge)
	require.NoError(t, j.Update(large(2)))
	d.fill(t, j, 1)
	requireMirror(t, j, mirror.Good, "")
	require.Equal(t, 73, countRows(t, j))
	want = state(t, j)
	require.NoError(t, j.Close())
	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) {
		d.requireSame(t, j, want)
		require.Equal(t, 73, countRows(t, j), "what was refused is nowhere")
	})
}

func countRows(tb testing.TB, j *journal.Journal) (n int) {
	tb.Helper()
	require.NoError(tb, j.View(func(r kv.Reader) error {
		r.Ascend([]byte("test.rows"), nil, func(_, _ []byte) bool { n++; return true })
		return nil
	}))
	return n
}

// TestMirrorHoldsNothingInClear looks for what the journal holds sealed: the
// mirror has the same bytes and no others.
func TestMirrorHoldsNothingInClear(t *testing.T) {
	d := newDisks(t)
	draft := d.kit.Release(500)
	d.run(t, func(j *journal.Journal) { appendAll(t, j, draft) })
	found := false
	require.NoError(t, filepath.WalkDir(d.second, func(path string, e fs.DirEntry, err error) error {
		require.NoError(t, err)
		if !e.Type().IsRegular() {
			return nil
		}
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), path)
		raw, err := os.ReadFile(path)
		found = found || bytes.Contains(raw, draft.Body)
		return err
	}))
	require.True(t, found, "the sealed body itself, as it is sent")
}

// TestTheNightTidies compacts what is half empty and begins the mirror anew.
func TestTheNightTidies(t *testing.T) {
	d := newDisks(t)
	d.run(t, func(j *journal.Journal) {
		for range 4 {
			require.NoError(t, j.Update(func(w kv.Writer) error {
				return w.Put([]byte("test.rows"), []byte("large"), make([]byte, 8<<20))
			}))
		}
		require.NoError(t, j.Update(func(w kv.Writer) error { return w.Delete([]byte("test.rows"), []byte("large")) }))
		d.fill(t, j, 2)
		before := j.Mirror().Log
		require.NoError(t, j.Tonight())
		c, err := j.Compacted()
		require.NoError(t, err)
		require.Less(t, c.After, c.Before*3/4, "%+v", c)
		require.Eventually(t, func() bool { return j.Mirror().Log < before/2 }, time.Minute, time.Millisecond)
		due, err := j.Due()
		require.NoError(t, err)
		require.False(t, due)
		require.Less(t, j.Idle(), time.Minute)
		requireSound(t, j, d.kit)
	})
	d.run(t, func(j *journal.Journal) {
		c, err := j.Compacted()
		require.NoError(t, err)
		require.Positive(t, c.At, "the next start still knows")
	})
}

// TestAFullDiskStartsAgain fills the first disk until a save fails: the next start
// has the room of the ballast for what it must write first.
func TestAFullDiskStartsAgain(t *testing.T) {
	for name, mirrored := range map[string]bool{"one disk": false, "two disks": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=192m"); err != nil {
				t.Skipf("no right to mount a small disk: %v", err)
			}
			t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
			d := disks{first: filepath.Join(dir, "journal"), second: t.TempDir(), kit: newKit(t)}
			o := d.kit.Options()
			if mirrored {
				o = d.options()
				o.Mirror.SameDisk = false
			}
			o.Ballast = 48 << 20
			j, err := journal.Open(d.first, o)
			require.NoError(t, err)
			s, err := j.Space()
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "filler"), make([]byte, s.Free-(1<<20)), 0o600))
			saved := 0
			for ; err == nil; saved++ {
				require.Less(t, saved, 1000)
				err = j.Update(func(w kv.Writer) error {
					return w.Put([]byte("test.rows"), []byte{byte(saved >> 8), byte(saved)}, make([]byte, 200_000))
				})
			}
			requireKind(t, err, fault.Storage)
			require.NoError(t, j.Close())
			before, err := os.Stat(filepath.Join(d.first, "ballast"))
			require.NoError(t, err)
			require.EqualValues(t, o.Ballast, before.Size())
			// As after a sync that failed: it is written anew, which wants room too.
			require.NoError(t, os.WriteFile(filepath.Join(d.first, "journal.db.suspect"), nil, 0o600))

			for range 2 {
				j, err = journal.Open(d.first, o)
				require.NoError(t, err)
				require.GreaterOrEqual(t, countRows(t, j), saved-1)
				s, err = j.Space()
				require.NoError(t, err)
				require.Zero(t, s.Ballast)
				requireKind(t, j.CanCapture(4<<20), fault.Full)
				appendAll(t, j, d.kit.Release(1000))
				if mirrored {
					requireMirror(t, j, mirror.Good, "")
				}
				require.NoError(t, j.Close())
			}
		})
	}
}

// TestBallastOnAFullDisk gives the ballast up at a start without room, keeps
// visits out meanwhile, uses it for a compaction, and takes it again.
func TestBallastOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=192m"); err != nil {
		t.Skipf("no right to mount a small disk: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	k := newKit(t)
	o := k.Options()
	o.Ballast = 48 << 20
	j, err := journal.Open(filepath.Join(dir, "journal"), o)
	require.NoError(t, err)
	s, err := j.Space()
	require.NoError(t, err)
	require.EqualValues(t, o.Ballast, s.Ballast)
	require.NoError(t, j.CanCapture(4<<20))

	filler := filepath.Join(dir, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, s.Free-(40<<20)), 0o600))
	_, err = j.Compact()
	require.NoError(t, err, "the ballast makes room for the copy")
	s, err = j.Space()
	require.NoError(t, err)
	require.EqualValues(t, o.Ballast, s.Ballast, "and is taken again")
	require.NoError(t, os.Truncate(filler, 0))
	s, err = j.Space()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filler, make([]byte, s.Free-(8<<20)), 0o600))
	require.NoError(t, j.Close())

	j, err = journal.Open(filepath.Join(dir, "journal"), o)
	require.NoError(t, err)
	s, err = j.Space()
	require.NoError(t, err)
	require.Zero(t, s.Ballast, "a start without room gives it up")
	appendAll(t, j, k.Release(1000))
	requireKind(t, j.CanCapture(4<<20), fault.Full)
	require.NoError(t, os.Remove(filler))
	require.NoError(t, j.Tonight())
	s, err = j.Space()
	require.NoError(t, err)
	require.EqualValues(t, o.Ballast, s.Ballast)
	require.NoError(t, j.CanCapture(4<<20))
	require.NoError(t, j.Close())
}

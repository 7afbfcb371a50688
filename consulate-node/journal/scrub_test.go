package journal_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// nights are the nights of a post: each proves at most so many bundles.
type nights struct {
	now  time.Time
	most int
	read int64
}

func (n *nights) one(tb testing.TB, j *journal.Journal) journal.Scrubbed {
	tb.Helper()
	left := n.most
	require.NoError(tb, j.ScrubBundles(journal.ScrubOptions{
		GoOn: func() bool { left--; return left >= 0 },
		Wait: func(read int64) bool { n.read += read; return true },
		Now:  func() time.Time { return n.now },
	}))
	n.now = n.now.Add(24 * time.Hour)
	s, err := j.Scrubbed()
	require.NoError(tb, err)
	return s
}

func newNights(most int) *nights {
	return &nights{now: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC), most: most}
}

func bundlePath(dir string, d wire.Digest) string {
	name := hex.EncodeToString(d[:])
	return filepath.Join(dir, "bundles", name[:2], name)
}

func spoil(tb testing.TB, path string) {
	tb.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(tb, err)
	raw[len(raw)/2] ^= 8
	require.NoError(tb, os.WriteFile(path, raw, 0o600))
}

func withBundles(tb testing.TB, j *journal.Journal, k *journaltest.Kit, n int) (list []wire.Digest) {
	tb.Helper()
	for i := range n {
		d, err := k.ReleaseWith(j, 50, 1000+i)
		require.NoError(tb, err)
		appendAll(tb, j, d)
		list = append(list, d.Header.Images[0].Digest)
	}
	return list
}

// A round goes on night after night, over restarts, reads each bundle once, and
// begins again when it is due.
func TestScrubBundlesInNights(t *testing.T) {
	dir, k := t.TempDir(), newKit(t)
	n := newNights(4)
	for night := range 40 {
		j, err := journal.Open(dir, k.Options())
		require.NoError(t, err)
		if night == 0 {
			withBundles(t, j, k, 10)
		}
		s := n.one(t, j)
		require.Equal(t, night >= 2, s.Done != 0, "night %d", night)
		switch {
		case night < 2:
			require.EqualValues(t, 4*(night+1), s.Proved)
		case night < 27:
			require.EqualValues(t, 10, s.Proved, "night %d", night)
		case night >= 29:
			require.EqualValues(t, 20, s.Proved, "night %d", night)
		}
		require.Empty(t, s.Lost)
		require.NoError(t, j.Close())
	}
	require.EqualValues(t, 2*(10*1000+45), n.read)
	require.NoDirExists(t, filepath.Join(dir, "damaged"))
}

// What the hub has is set aside, and may still be named; what it has not is told
// to people until it is mended or at the hub.
func TestScrubBundlesOfOneDisk(t *testing.T) {
	dir, k := t.TempDir(), newKit(t)
	j := open(t, dir, k.Options())
	draft, err := k.ReleaseWith(j, 50, 3000)
	require.NoError(t, err)
	appendAll(t, j, draft)
	stored := draft.Header.Images[0].Digest
	all := withBundles(t, j, k, 5)
	flipped, gone := all[1], all[3]
	require.NoError(t, j.MarkStored(stored))
	good, err := os.ReadFile(bundlePath(dir, flipped))
	require.NoError(t, err)
	spoil(t, bundlePath(dir, stored))
	spoil(t, bundlePath(dir, flipped))
	require.NoError(t, os.Remove(bundlePath(dir, gone)))

	n := newNights(100)
	s := n.one(t, j)
	require.ElementsMatch(t, []wire.Digest{flipped, gone}, s.Lost)
	require.EqualValues(t, 1, s.Aside)
	require.EqualValues(t, 3, s.Proved)
	require.NoFileExists(t, bundlePath(dir, stored))
	kept, err := os.ReadDir(filepath.Join(dir, "damaged"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Contains(t, kept[0].Name(), stored.String())
	require.FileExists(t, bundlePath(dir, flipped), "the only copy is left to people")
	appendAll(t, j, k.Amend(draft, 60))

	s = n.one(t, j)
	require.Len(t, s.Lost, 2, "told every day")
	require.NoError(t, os.WriteFile(bundlePath(dir, flipped), good, 0o600))
	require.NoError(t, j.MarkStored(gone))
	s = n.one(t, j)
	require.Empty(t, s.Lost)
	require.EqualValues(t, 1, s.Aside, "there was nothing left to set aside")
}

// An entry may not name what neither this disk nor the hub has.
func TestScrubbedAwayMayNotBeNamed(t *testing.T) {
	dir, k := t.TempDir(), newKit(t)
	j := open(t, dir, k.Options())
	draft, err := k.ReleaseWith(j, 50, 3000)
	require.NoError(t, err)
	appendAll(t, j, draft)
	require.NoError(t, os.Remove(bundlePath(dir, draft.Header.Images[0].Digest)))
	_, err = j.Append(t.Context(), k.Amend(draft, 60))
	requireKind(t, err, fault.NotFound)
}

// The second disk gives back what the first one has spoiled, whole or not at all.
func TestScrubBundlesOfTwoDisks(t *testing.T) {
	d := newDisks(t)
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Good, "")
		all := withBundles(t, j, d.kit, 4)
		spoil(t, bundlePath(d.first, all[0]))
		require.NoError(t, os.Remove(bundlePath(d.first, all[1])))
		spoil(t, bundlePath(d.first, all[2]))
		spoil(t, bundlePath(filepath.Join(d.second, "mirror"), all[2]))
		n := newNights(100)
		s := n.one(t, j)
		require.EqualValues(t, 2, s.Restored)
		require.Equal(t, []wire.Digest{all[2]}, s.Lost, "both copies are damaged")
		requireMirror(t, j, mirror.Good, "")
		n.now = n.now.Add(30 * 24 * time.Hour)
		again := n.one(t, j)
		require.EqualValues(t, s.Proved+3, again.Proved, "what came back is whole")
		require.EqualValues(t, 2, again.Restored)
	})
}

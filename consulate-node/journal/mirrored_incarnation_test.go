package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/wire"
)

// restored lets a journal go on in a new incarnation and takes back what the hub
// has of the one before, which this machine never saw or wrote otherwise.
func (d disks) restored(t *testing.T, j *journal.Journal, ranges []wire.ProvedRange) {
	t.Helper()
	reopen(t, j, d.kit, journal.WhyRestored)
	for _, r := range ranges {
		_, err := j.Restore(r)
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, requireSound(t, j, d.kit).Aside)
}

// past gives nine entries that a post wrote, and that the hub has, and the
// beginning of a copy of it: two of them, and one that nobody else has seen.
func (d disks) past(t *testing.T) (copied []journal.Draft, ranges []wire.ProvedRange) {
	t.Helper()
	whole := open(t, t.TempDir(), d.kit.Options())
	drafts := releases(d.kit, 9)
	appendAll(t, whole, drafts...)
	ranges, err := d.kit.Ranges(whole, wire.Genesis(d.kit.Identity.Node, d.kit.Incarnation), 4)
	require.NoError(t, err)
	return append(drafts[:2:2], d.kit.Release(77)), ranges
}

// A new incarnation, and what came back from the hub under it, are on the second
// disk like every other transaction.
func TestMirrorKeepsIncarnations(t *testing.T) {
	d := newDisks(t)
	copied, ranges := d.past(t)
	var want journal.State
	var chapters []journal.Chapter
	d.run(t, func(j *journal.Journal) {
		appendAll(t, j, copied...)
		requireMirror(t, j, mirror.Good, "")
		d.restored(t, j, ranges)
		d.fill(t, j, 2)
		requireMirror(t, j, mirror.Good, "")
		want = state(t, j)
		var err error
		chapters, err = j.Chapters()
		require.NoError(t, err)
	})
	mirrorDir := filepath.Join(d.second, "mirror")
	before, err := journal.VerifyMirror(mirrorDir, d.kit.Keys())
	require.NoError(t, err, "the log alone proves both incarnations")
	require.EqualValues(t, 2, before.Chapters)
	require.EqualValues(t, 1, before.Aside)
	require.Equal(t, want.Head, before.Head)

	require.NoError(t, os.RemoveAll(d.first))
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Good, "")
		d.requireSame(t, j, want)
		got, err := j.Chapters()
		require.NoError(t, err)
		require.Equal(t, chapters, got)
		require.NotEqual(t, d.kit.Incarnation, want.Head.Incarnation)
		for _, r := range ranges {
			fresh, err := j.Restore(r)
			require.NoError(t, err)
			require.Zero(t, fresh, "what had come back is here")
		}
		a, err := j.Append(t.Context(), copied[2])
		require.NoError(t, err)
		require.True(t, a.Replayed)
		require.Equal(t, want.Head.Incarnation, a.Position.Incarnation, "issued again")
		d.fill(t, j, 1)
		want = state(t, j)
	})
	rep, err := journal.Verify(filepath.Join(d.first, "journal.db"), d.kit.Keys())
	require.NoError(t, err)
	require.Equal(t, want.Head, rep.Head)
	proved, err := journal.VerifyMirror(mirrorDir, d.kit.Keys())
	require.NoError(t, err)
	require.Equal(t, rep, proved)
}

// The power goes between the new incarnation on the second disk and the commit
// on the first, or the first disk is a copy from before: the mirror completes it.
func TestMirrorCompletesAJournalFromBeforeItsIncarnation(t *testing.T) {
	d := newDisks(t)
	copied, ranges := d.past(t)
	d.run(t, func(j *journal.Journal) { appendAll(t, j, copied...) })
	path := filepath.Join(d.first, "journal.db")
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	var want journal.State
	d.run(t, func(j *journal.Journal) {
		d.restored(t, j, ranges)
		d.fill(t, j, 1)
		want = state(t, j)
	})
	require.NoError(t, os.WriteFile(path, old, 0o600))
	d.run(t, func(j *journal.Journal) {
		requireMirror(t, j, mirror.Good, "")
		d.requireSame(t, j, want)
		behind, err := j.Behind(want.Head)
		require.NoError(t, err)
		require.False(t, behind, "complete: it needs no other incarnation")
	})
}

// A second disk that failed before an entry was set aside is still the mirror of
// this journal: it is filled again.
func TestMirrorThatMissedTheIncarnationIsFilledAgain(t *testing.T) {
	d := newDisks(t)
	copied, ranges := d.past(t)
	d.run(t, func(j *journal.Journal) { appendAll(t, j, copied...) })
	bare, err := journal.Open(d.first, d.kit.Options())
	require.NoError(t, err)
	d.restored(t, bare, ranges)
	d.fill(t, bare, 1)
	want := state(t, bare)
	require.NoError(t, bare.Close())
	d.run(t, func(j *journal.Journal) {
		j.RetryMirror()
		requireMirror(t, j, mirror.Good, "")
		d.requireSame(t, j, want)
	})
	proved, err := journal.VerifyMirror(filepath.Join(d.second, "mirror"), d.kit.Keys())
	require.NoError(t, err)
	require.Equal(t, want.Head, proved.Head)
}

// A second disk whose journal opened an incarnation that this one has never heard
// of may hold what is nowhere else: it is not written over.
func TestMirrorOfAnotherIncarnationIsKept(t *testing.T) {
	d := newDisks(t)
	path := filepath.Join(d.first, "journal.db")
	bare, err := journal.Open(d.first, d.kit.Options())
	require.NoError(t, err)
	appendAll(t, bare, releases(d.kit, 2)...)
	require.NoError(t, bare.Close())
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	var want journal.State
	d.run(t, func(j *journal.Journal) {
		appendAll(t, j, releases(d.kit, 2)...)
		require.NoError(t, d.kit.Secure(j, 9))
		want = reopen(t, j, d.kit, journal.WhySettled)
		require.Zero(t, want.Head.Seq, "nothing is issued in it")
	})
	require.NoError(t, os.WriteFile(path, old, 0o600))
	d.run(t, func(j *journal.Journal) {
		j.RetryMirror()
		requireMirror(t, j, mirror.Failed, mirror.ReasonHistory)
	})
	rep, err := journal.VerifyMirror(filepath.Join(d.second, "mirror"), d.kit.Keys())
	require.NoError(t, err)
	require.Equal(t, want.Head, rep.Head)
}

package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// The ways in which a journal.db is spoiled.
var spoils = map[string]func(raw []byte){
	"the heads of its pages": func(raw []byte) {
		for at := 2 * 4096; at < len(raw); at += 4096 {
			clear(raw[at+8 : at+16])
		}
	},
	"both meta pages": func(raw []byte) { clear(raw[:2*4096]) },
}

// spoilJournal changes journal.db and gives what it was changed to.
func (d disks) spoilJournal(t *testing.T, change func(raw []byte)) []byte {
	t.Helper()
	path := filepath.Join(d.first, "journal.db")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	change(raw)
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	return raw
}

// withoutMirror lets the journal go on while its mirror cannot be seen.
func (d disks) withoutMirror(t *testing.T, how string) journal.State {
	t.Helper()
	o, away := d.options(), d.second+".away"
	if how == "not configured" {
		o.Mirror = journal.MirrorOptions{}
	}
	require.NoError(t, os.Rename(d.second, away))
	j, err := journal.Open(d.first, o)
	require.NoError(t, err)
	require.NotEqual(t, mirror.Good, j.Mirror().State)
	appendAll(t, j, releases(d.kit, 2)...)
	want := state(t, j)
	require.NoError(t, j.Close())
	require.NoError(t, os.Rename(away, d.second))
	return want
}

// TestAMirrorThatEndedBeforeReplacesNothing damages a journal that had confirmed more
// than its mirror has: the post does not go on with less as if nothing were lost.
func TestAMirrorThatEndedBeforeReplacesNothing(t *testing.T) {
	for name, spoil := range spoils {
		for _, how := range []string{"away", "not configured"} {
			t.Run(name+", "+how, func(t *testing.T) {
				d := newDisks(t)
				d.run(t, func(j *journal.Journal) { d.fill(t, j, 2) })
				d.withoutMirror(t, how)
				raw := d.spoilJournal(t, spoil)
				before := filesIn(t, d.second)
				for range 2 {
					_, err := journal.Open(d.first, d.options())
					requireKind(t, err, fault.Corrupt)
					require.ErrorContains(t, err, "the mirror ends before what it had confirmed")
				}
				left, err := filepath.Glob(filepath.Join(d.first, "journal.db*"))
				require.NoError(t, err)
				require.Len(t, left, 1, "it stays under its name, alone")
				now, err := os.ReadFile(left[0])
				require.NoError(t, err)
				require.Equal(t, raw, now)
				require.Equal(t, before, filesIn(t, d.second))

				require.NoError(t, os.Rename(left[0], left[0]+".looked-at")) // people decided
				d.run(t, func(j *journal.Journal) { require.EqualValues(t, 2, state(t, j).Head.Seq) })
			})
		}
	}
}

// TestAMirrorIsComparedWithTheAnchor damages a journal so that nothing of it can be
// read any more: then the anchor says whether the mirror has all.
func TestAMirrorIsComparedWithTheAnchor(t *testing.T) {
	d := newDisks(t)
	o := d.options()
	o.Anchor = filepath.Join(t.TempDir(), "anchor")
	reach := func(at journal.State) {
		a, _, _, err := journal.OpenAnchor(o.Anchor)
		require.NoError(t, err)
		require.NoError(t, a.Reach(at.Head))
		require.NoError(t, a.Close())
	}
	nothing := func(raw []byte) { clear(raw) }
	var want journal.State
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 2); want = state(t, j) })
	reach(want)
	d.spoilJournal(t, nothing)
	j, err := journal.Open(d.first, o)
	require.NoError(t, err)
	d.requireSame(t, j, want)
	require.NoError(t, j.Close())

	reach(d.withoutMirror(t, "away"))
	d.spoilJournal(t, nothing)
	_, err = journal.Open(d.first, o)
	requireKind(t, err, fault.Corrupt)
	require.ErrorContains(t, err, "the mirror ends before what it had confirmed")
}

// TestWhatWasDamagedBeforeIsKept damages a journal twice.
func TestWhatWasDamagedBeforeIsKept(t *testing.T) {
	d := newDisks(t)
	var want journal.State
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 2) })
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 1); j.RetryMirror(); want = state(t, j) })
	path := filepath.Join(d.first, "journal.db")
	for _, name := range []string{path + ".damaged", path + ".damaged.2", path + ".damaged.3"} {
		raw := d.spoilJournal(t, func(raw []byte) { spoils["both meta pages"](raw); raw[0] = name[len(name)-1] })
		d.run(t, func(j *journal.Journal) {
			d.requireSame(t, j, want)
			requireMirror(t, j, mirror.Good, "")
		})
		kept, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, raw, kept)
		d.run(t, func(j *journal.Journal) { d.fill(t, j, 1); want = state(t, j) })
	}
}

// TestMirrorOfMoreThanFits opens a post whose limit has no room for what only its
// mirror has: it sends what it has, and nothing is written over.
func TestMirrorOfMoreThanFits(t *testing.T) {
	d := newDisks(t)
	d.run(t, func(j *journal.Journal) { d.fill(t, j, 1) })
	old, err := os.ReadFile(filepath.Join(d.first, "journal.db"))
	require.NoError(t, err)
	d.run(t, func(j *journal.Journal) {
		for n := range 30 {
			require.NoError(t, j.Update(func(w kv.Writer) error {
				return w.Put([]byte("test.rows"), []byte{byte(n)}, make([]byte, 1<<20))
			}))
		}
		d.fill(t, j, 1)
	})
	require.NoError(t, os.WriteFile(filepath.Join(d.first, "journal.db"), old, 0o600))
	before := filesIn(t, d.second)
	o := d.options()
	o.MaxSize = kv.MinMaxSize
	j, err := journal.Open(d.first, o)
	require.NoError(t, err)
	requireMirror(t, j, mirror.Failed, mirror.ReasonHistory)
	require.EqualValues(t, 1, state(t, j).Head.Seq)
	require.Equal(t, before, filesIn(t, d.second))
	require.NoError(t, j.Close())
}

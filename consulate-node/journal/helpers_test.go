package journal_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newKit(tb testing.TB) *journaltest.Kit {
	tb.Helper()
	k, err := journaltest.New(1)
	require.NoError(tb, err)
	return k
}

func open(tb testing.TB, dir string, o journal.Options) *journal.Journal {
	tb.Helper()
	j, err := journal.Open(dir, o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, j.Close()) })
	return j
}

// fresh gives an empty journal and what belongs to it.
func fresh(tb testing.TB) (*journal.Journal, *journaltest.Kit) {
	tb.Helper()
	k := newKit(tb)
	return open(tb, tb.TempDir(), k.Options()), k
}

func appendAll(tb testing.TB, j *journal.Journal, drafts ...journal.Draft) []journal.Appended {
	tb.Helper()
	out := make([]journal.Appended, 0, len(drafts))
	for _, d := range drafts {
		a, err := j.Append(tb.Context(), d)
		require.NoError(tb, err)
		out = append(out, a)
	}
	return out
}

func releases(k *journaltest.Kit, n int) []journal.Draft {
	out := make([]journal.Draft, n)
	for i := range out {
		out[i] = k.Release(300 + i)
	}
	return out
}

func state(tb testing.TB, j *journal.Journal) journal.State {
	tb.Helper()
	s, err := j.State()
	require.NoError(tb, err)
	return s
}

// all reads every entry of the current incarnation, n at a time.
func all(tb testing.TB, j *journal.Journal, n int) []wire.Entry {
	tb.Helper()
	s := state(tb, j)
	at := wire.Genesis(s.Head.Node, s.Head.Incarnation)
	var out []wire.Entry
	for at != s.Head {
		got, err := j.ReadAfter(at, n)
		require.NoError(tb, err)
		require.NotEmpty(tb, got)
		for _, e := range got {
			at = at.Next(e)
		}
		out = append(out, got...)
	}
	return out
}

func requireKind(tb testing.TB, err error, kind fault.Kind) {
	tb.Helper()
	require.Error(tb, err)
	require.Equal(tb, kind.String(), fault.KindOf(err).String(), "%v", err)
}

func requireSound(tb testing.TB, j *journal.Journal, k *journaltest.Kit) journal.Report {
	tb.Helper()
	rep, err := j.Check(k.Keys())
	require.NoError(tb, err)
	return rep
}

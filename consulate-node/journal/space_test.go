package journal_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

func TestCanCapture(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	j := open(t, dir, k.Options())
	free, err := kv.FreeSpace(dir)
	require.NoError(t, err)

	t.Run("OK", func(t *testing.T) { require.NoError(t, j.CanCapture(1<<20)) })
	t.Run("ErrFullUnlessThreeFit", func(t *testing.T) {
		requireKind(t, j.CanCapture(free/2), fault.Full)
	})
	t.Run("ErrFullBelowMinFree", func(t *testing.T) {
		o := k.Options()
		o.MinFree = free + 1<<40
		requireKind(t, open(t, t.TempDir(), o).CanCapture(1), fault.Full)
	})
	t.Run("ErrInvalidForNothing", func(t *testing.T) { requireKind(t, j.CanCapture(0), fault.Invalid) })
}

func TestAFullJournalRefusesBeforeCapture(t *testing.T) {
	k := newKit(t)
	o := k.Options()
	o.MaxSize = kv.MinMaxSize
	j := open(t, t.TempDir(), o)
	require.NoError(t, j.CanCapture(2<<20))
	warned, refused := false, false
	var before journal.State
	var err error
	for range 1000 {
		if !refused {
			refused = fault.Is(j.CanCapture(2<<20), fault.Full)
		}
		s, serr := j.Space()
		require.NoError(t, serr)
		warned = warned || s.Warn()
		before = state(t, j)
		if _, err = j.Append(t.Context(), k.Release(wire.MaxBody)); err != nil {
			break
		}
	}
	requireKind(t, err, fault.Full)
	require.Equal(t, before, state(t, j), "nothing was changed, and it is not latched")
	require.True(t, warned, "a warning at 80 % came first")
	require.True(t, refused, "and then a refusal before capture")

	require.NoError(t, k.Secure(j, 256), "what the hub says still finds room")
	requireSound(t, j, k)
}

func TestBallast(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	o := k.Options()
	o.Ballast = 1 << 20
	j := open(t, dir, o)
	s, err := j.Space()
	require.NoError(t, err)
	require.GreaterOrEqual(t, s.Ballast, int64(1<<20))
	require.NoError(t, j.ReleaseBallast())
	require.NoFileExists(t, filepath.Join(dir, "ballast"))

	t.Run("TooLargeIsAWarning", func(t *testing.T) {
		o.Ballast = 1 << 50
		j := open(t, t.TempDir(), o)
		require.Len(t, j.Warnings(), 1)
		requireKind(t, j.ReleaseBallast(), fault.NotFound)
		appendAll(t, j, k.Release(1))
	})
}

func TestPreflightLooksAtTheDirectory(t *testing.T) {
	k := newKit(t)
	o := k.Options()
	o.NoPreflight = false
	j := open(t, t.TempDir(), o)
	for _, w := range j.Warnings() {
		t.Log(w) // depends on the machine
	}
}

package journal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestReadAfter(t *testing.T) {
	j, k := fresh(t)
	said := appendAll(t, j, releases(k, 10)...)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)

	for name, c := range map[string]struct{ limit, want int }{
		"NothingForNoLimit":      {0, 0},
		"NothingForLessThanNone": {-3, 0},
		"OneForOne":              {1, 1},
		"AsManyAsThereAre":       {256, 10},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := j.ReadAfter(start, c.limit)
			require.NoError(t, err)
			require.Len(t, got, c.want)
		})
	}
	t.Run("NothingAtTheHead", func(t *testing.T) {
		got, err := j.ReadAfter(said[9].Position, 5)
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("ErrForkForAnotherHash", func(t *testing.T) {
		at := said[3].Position
		at.Hash[0] ^= 1
		_, err := j.ReadAfter(at, 5)
		requireKind(t, err, fault.Fork)
	})
	t.Run("ErrForkForAnotherGenesis", func(t *testing.T) {
		at := start
		at.Hash[0] ^= 1
		_, err := j.ReadAfter(at, 5)
		requireKind(t, err, fault.Fork)
	})
	t.Run("ErrDeniedForAnotherNode", func(t *testing.T) {
		_, err := j.ReadAfter(wire.Genesis(wire.NodeID{1}, k.Incarnation), 5)
		requireKind(t, err, fault.Denied)
	})
	t.Run("ErrNotFoundBeyondTheHead", func(t *testing.T) {
		at := said[9].Position
		at.Seq++
		_, err := j.ReadAfter(at, 5)
		requireKind(t, err, fault.NotFound)
	})
	t.Run("NothingOfAnotherIncarnation", func(t *testing.T) {
		got, err := j.ReadAfter(wire.Genesis(k.Identity.Node, k.Incarnation+2), 5)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}

func TestReadAfterFitsOneBatch(t *testing.T) {
	j, k := fresh(t)
	for range 12 {
		appendAll(t, j, k.Release(wire.MaxBody))
	}
	got, err := j.ReadAfter(wire.Genesis(k.Identity.Node, k.Incarnation), 256)
	require.NoError(t, err)
	require.Len(t, got, 4)
	_, err = wire.SealBatch(wire.Genesis(k.Identity.Node, k.Incarnation), got, 1, k.Journal)
	require.NoError(t, err)
	require.Len(t, all(t, j, 256), 12)
}

func TestABatchHoldsAtMost256(t *testing.T) {
	j, k := fresh(t)
	appendAll(t, j, releases(k, 260)...)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	got, err := j.ReadAfter(start, 1000)
	require.NoError(t, err)
	require.Len(t, got, wire.MaxBatchEntries)
	raw, err := wire.SealBatch(start, got, 1, k.Journal)
	require.NoError(t, err)
	batch, err := wire.DecodeBatch(raw)
	require.NoError(t, err)
	_, err = batch.Verify(k.Journal.Public())
	require.NoError(t, err)
}

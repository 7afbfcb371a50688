package journal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestImagesGoBeforeTheirEntry(t *testing.T) {
	j, k := fresh(t)
	with := func(bundles ...int) journal.Draft {
		d, err := k.ReleaseWith(j, 50, bundles...)
		require.NoError(t, err)
		return d
	}
	drafts := []journal.Draft{k.Release(1), with(100, 9000), k.Release(1), with(5000), k.Release(1)}
	appendAll(t, j, drafts...)
	a, b, c := drafts[1].Header.Images[0].Digest, drafts[1].Header.Images[1].Digest, drafts[3].Header.Images[0].Digest
	requireUnstored := func(t *testing.T, bound uint64, want ...wire.Digest) {
		t.Helper()
		got, first, err := j.Unstored(10)
		require.NoError(t, err)
		require.ElementsMatch(t, want, got)
		require.Equal(t, bound, first)
	}

	t.Run("OldestFirst", func(t *testing.T) {
		requireUnstored(t, 2, a, b, c)
		got, first, err := j.Unstored(2)
		require.NoError(t, err)
		require.ElementsMatch(t, []wire.Digest{a, b}, got)
		require.EqualValues(t, 2, first)
		_, first, err = j.Unstored(0)
		require.NoError(t, err)
		require.EqualValues(t, 2, first)
	})
	t.Run("OfferDescribesTheBundle", func(t *testing.T) {
		i, err := j.Image(b)
		require.NoError(t, err)
		require.NoError(t, i.Offer(b).Validate())
		require.Equal(t, 3, i.Offer(b).Count())
		require.Equal(t, drafts[1].Header.Record, i.Record)
	})
	t.Run("BoundMovesWithTheHub", func(t *testing.T) {
		require.NoError(t, j.MarkStored(a))
		requireUnstored(t, 2, b, c)
		require.NoError(t, j.MarkStored(b, a))
		requireUnstored(t, 4, c)
	})
	t.Run("MissingIsSentAgain", func(t *testing.T) {
		require.NoError(t, j.MarkMissing(a))
		requireUnstored(t, 2, a, c)
		require.NoError(t, j.MarkMissing(a))
		require.NoError(t, j.MarkStored(a))
		requireUnstored(t, 4, c)
	})
	t.Run("MissingOfASecuredEntryHoldsNothingUp", func(t *testing.T) {
		require.NoError(t, j.MarkStored(c))
		require.NoError(t, k.Secure(j, 3))
		require.NoError(t, j.MarkMissing(a))
		requireUnstored(t, 0, a)
	})
	t.Run("ErrNotFoundForAStranger", func(t *testing.T) {
		requireKind(t, j.MarkStored(wire.Digest{1}), fault.NotFound)
		requireKind(t, j.MarkMissing(wire.Digest{1}), fault.NotFound)
	})
	rep := requireSound(t, j, k)
	require.EqualValues(t, 3, rep.Images)
}

func TestOneBundleOfTwoEntries(t *testing.T) {
	j, k := fresh(t)
	b := k.Bundle(9000)
	require.NoError(t, b.WriteTo(j))
	first, second := b.NamedBy(k.Release(1)), b.NamedBy(k.Release(1))
	appendAll(t, j, first, k.Release(1), second)
	digests, bound, err := j.Unstored(10)
	require.NoError(t, err)
	require.Equal(t, []wire.Digest{b.Digest}, digests, "it is sent once")
	require.EqualValues(t, 1, bound)

	t.Run("StoredFreesBoth", func(t *testing.T) {
		require.NoError(t, j.MarkStored(b.Digest))
		digests, bound, err := j.Unstored(10)
		require.NoError(t, err)
		require.Empty(t, digests)
		require.Zero(t, bound)
	})
	t.Run("AThirdNeedsNothing", func(t *testing.T) {
		appendAll(t, j, b.NamedBy(k.Release(1)))
		_, bound, err := j.Unstored(10)
		require.NoError(t, err)
		require.Zero(t, bound)
	})
	t.Run("MissingHoldsTheFirstWithoutReceipt", func(t *testing.T) {
		start := wire.Genesis(k.Identity.Node, k.Incarnation)
		entries, err := j.ReadAfter(start, 2)
		require.NoError(t, err)
		require.NoError(t, j.StoreReceipts([]journal.Receipted{k.Receipt(start, entries)}))
		require.NoError(t, j.MarkMissing(b.Digest))
		digests, bound, err := j.Unstored(10)
		require.NoError(t, err)
		require.Equal(t, []wire.Digest{b.Digest}, digests)
		require.EqualValues(t, 3, bound)
	})
	t.Run("ErrInvalidForTheSameTwice", func(t *testing.T) {
		_, err := j.Append(t.Context(), b.NamedBy(b.NamedBy(k.Release(1))))
		requireKind(t, err, fault.Invalid)
	})
	t.Run("ErrInvalidForAnotherCut", func(t *testing.T) {
		other := b
		other.File.ChunkSize++
		_, err := j.Append(t.Context(), other.NamedBy(k.Release(1)))
		requireKind(t, err, fault.Invalid)
	})
	requireSound(t, j, k)
}

package journal_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestReceiptsMakeL2(t *testing.T) {
	j, k := fresh(t)
	drafts := releases(k, 10)
	said := appendAll(t, j, drafts...)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	entries := all(t, j, 256)
	receipt := func(first, last int) journal.Receipted {
		after := start
		if first > 1 {
			after = said[first-2].Position
		}
		return k.Receipt(after, entries[first-1:last])
	}
	level := func(i int) journal.Level {
		q, err := j.Request(drafts[i].Header.Reference)
		require.NoError(t, err)
		return q.Level
	}
	store := func(r journal.Receipted) error { return j.StoreReceipts([]journal.Receipted{r}) }
	require.NoError(t, store(receipt(1, 4)))
	require.Equal(t, []journal.Level{journal.L2, journal.L1}, []journal.Level{level(3), level(4)})

	for name, c := range map[string]struct {
		change func(*wire.Receipt)
		kind   fault.Kind
	}{
		"ErrForkForAnotherHash":        {func(r *wire.Receipt) { r.Head[5] ^= 1 }, fault.Fork},
		"ErrForkForWhatIsNotHere":      {func(r *wire.Receipt) { r.Last += 10 }, fault.Fork},
		"ErrGapForAHole":               {func(r *wire.Receipt) { *r = receipt(7, 8).Receipt }, fault.Gap},
		"ErrDeniedForAnotherNode":      {func(r *wire.Receipt) { r.Node[0] ^= 1 }, fault.Denied},
		"ErrDeniedForAnotherCluster":   {func(r *wire.Receipt) { r.Cluster[0] ^= 1 }, fault.Denied},
		"ErrDeniedForAnotherHistory":   {func(r *wire.Receipt) { r.Incarnation++ }, fault.Denied},
		"ErrInvalidForNoRange":         {func(r *wire.Receipt) { r.First = 0 }, fault.Invalid},
		"ErrInvalidForABackwardRange":  {func(r *wire.Receipt) { r.First = r.Last + 1 }, fault.Invalid},
		"ErrInvalidForAHugeRange":      {func(r *wire.Receipt) { r.Last += 1 << 40 }, fault.Invalid},
		"ErrCorruptForARootNotOurs":    {func(r *wire.Receipt) { r.Root[0] ^= 1 }, fault.Corrupt},
		"ErrCorruptForAShorterRange":   {func(r *wire.Receipt) { r.First++; r.Last = 6 }, fault.Fork},
		"ErrForkForAHashOfAnotherSpot": {func(r *wire.Receipt) { r.Last = 6 }, fault.Fork},
	} {
		t.Run(name, func(t *testing.T) {
			before := state(t, j)
			r := receipt(5, 7).Receipt
			c.change(&r)
			requireKind(t, store(k.Sign(r)), c.kind)
			require.Equal(t, before, state(t, j))
		})
	}
	t.Run("RepeatChangesNothing", func(t *testing.T) {
		before, changed := state(t, j), j.Changed()
		require.NoError(t, store(receipt(1, 4)))
		require.NoError(t, store(receipt(2, 3)))
		require.Equal(t, before, state(t, j))
		select {
		case <-changed:
			t.Fatal("it changed")
		default:
		}
	})
	t.Run("OneBadOfManyStoresNone", func(t *testing.T) {
		bad := receipt(8, 10).Receipt
		bad.Head[0] ^= 1
		requireKind(t, j.StoreReceipts([]journal.Receipted{receipt(5, 7), k.Sign(bad)}), fault.Fork)
		require.EqualValues(t, 4, state(t, j).Receipted)
	})
	t.Run("OverlapIsTaken", func(t *testing.T) {
		require.NoError(t, store(receipt(3, 9)))
		require.EqualValues(t, 9, state(t, j).Receipted)
		require.Equal(t, journal.L1, level(9))
	})
	rep := requireSound(t, j, k)
	require.EqualValues(t, 2, rep.Receipts)
	require.EqualValues(t, 9, rep.Receipted)
}

func TestProofOfEveryEntry(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 8, 20} {
		t.Run(fmt.Sprintf("Under%d", n), func(t *testing.T) {
			j, k := fresh(t)
			said := appendAll(t, j, releases(k, 20)...)
			_, err := j.Prove(said[0].Position, k.Keys())
			requireKind(t, err, fault.NotFound)
			require.NoError(t, k.Secure(j, n))
			for _, a := range said {
				p, err := j.Prove(a.Position, k.Keys())
				require.NoError(t, err)
				p, err = wire.ParseProof(p.Text())
				require.NoError(t, err)
				r, err := p.Verify(k.Keys())
				require.NoError(t, err)
				require.Equal(t, a.Position.Hash, p.Hash)
				require.LessOrEqual(t, r.Last-r.First, uint64(n))
			}
			_, err = j.Prove(wire.Genesis(k.Identity.Node, k.Incarnation), k.Keys())
			requireKind(t, err, fault.NotFound)
			stranger, err := journaltest.New(2)
			require.NoError(t, err)
			_, err = j.Prove(said[0].Position, stranger.Keys())
			requireKind(t, err, fault.Denied)
		})
	}
}

package journal_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
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

// A journal that has gone on in another incarnation still takes what the hub
// says of the one before it, and says L2 only then.
func TestReceiptsOfAnOlderIncarnation(t *testing.T) {
	k := newKit(t)
	store := kv.NewStrictMemory()
	j, err := journal.OpenOn(t.TempDir(), store, k.Options())
	require.NoError(t, err)
	drafts := releases(k, 4)
	appendAll(t, j, drafts...)
	old := state(t, j).Head
	entries := all(t, j, 4)
	// What opening a new incarnation does to the state.
	require.NoError(t, store.Update(func(w kv.Writer) error {
		s := journal.State{Head: wire.Genesis(k.Identity.Node, k.Incarnation+2), Oldest: 1}
		s.Notices = wire.NoticeGenesis(k.Identity.Cluster, k.Identity.Post)
		return w.Put([]byte("meta"), []byte("state"), journal.EncodeHeld(s))
	}))
	appendAll(t, j, k.Release(10))
	level := func(i int) journal.Level {
		q, err := j.Request(drafts[i].Header.Reference)
		require.NoError(t, err)
		return q.Level
	}
	require.Equal(t, journal.L1, level(0), "no receipt, no L2")
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	require.NoError(t, j.StoreReceipts([]journal.Receipted{k.Receipt(start, entries[:2])}))
	require.Equal(t, journal.L2, level(1))
	require.Equal(t, journal.L1, level(2))
	require.Zero(t, state(t, j).Receipted, "nothing is said of the new one")
	r := k.Receipt(start.Next(entries[0]).Next(entries[1]).Next(entries[2]), entries[3:])
	requireKind(t, j.StoreReceipts([]journal.Receipted{r}), fault.Gap)
	_, err = j.Prove(old, k.Keys())
	requireKind(t, err, fault.NotFound)
	require.EqualValues(t, 5, requireSound(t, j, k).Entries)
}

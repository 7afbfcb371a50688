package journal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const opened = 1_700_000_200_000

func reopen(tb testing.TB, j *journal.Journal, k *journaltest.Kit, why journal.Why) journal.State {
	tb.Helper()
	before := state(tb, j)
	s, err := j.OpenIncarnation(journal.Opening{Incarnation: before.Head.Incarnation + 2, Why: why, At: opened})
	require.NoError(tb, err)
	require.Equal(tb, s, state(tb, j))
	requireSound(tb, j, k)
	return s
}

func level(tb testing.TB, j *journal.Journal, d journal.Draft) journal.Level {
	tb.Helper()
	q, err := j.Request(d.Header.Reference)
	require.NoError(tb, err)
	return q.Level
}

func TestOpenIncarnation(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	j, err := journal.Open(dir, k.Options())
	require.NoError(t, err)
	first, err := k.ReleaseWith(j, 200, 5000)
	require.NoError(t, err)
	second, err := k.ReleaseWith(j, 100, 300)
	require.NoError(t, err)
	amended := k.Amend(first, 90)
	drafts := []journal.Draft{first, k.Release(10), second, amended, k.Cancel(first)}
	said := appendAll(t, j, drafts...)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	entries := all(t, j, 9)
	require.NoError(t, j.MarkStored(first.Header.Images[0].Digest))
	require.NoError(t, j.StoreReceipts([]journal.Receipted{k.Receipt(start, entries[:2])}))
	old := state(t, j)
	changed := j.Changed()

	s := reopen(t, j, k, journal.WhyAnchor)

	select {
	case <-changed:
	default:
		t.Fatal("nobody was woken")
	}
	t.Run("TheHeadMovesAndTheRestStandsAgain", func(t *testing.T) {
		require.Equal(t, k.Incarnation+2, s.Head.Incarnation)
		require.EqualValues(t, 3, s.Head.Seq)
		require.Zero(t, s.Receipted)
		require.Equal(t, old.Notices, s.Notices)
		again := all(t, j, 9)
		for i, e := range again {
			h, err := e.Check()
			require.NoError(t, err)
			before, err := entries[2+i].Check()
			require.NoError(t, err)
			require.Equal(t, before.Record, h.Record)
			require.Equal(t, before.Time, h.Time)
			require.Equal(t, entries[2+i].Body, e.Body)
		}
	})
	t.Run("ARetryIsAnsweredWhereTheRecordStandsNow", func(t *testing.T) {
		for i, d := range drafts {
			a, err := j.Append(t.Context(), d)
			require.NoError(t, err)
			require.True(t, a.Replayed)
			if i < 2 {
				require.Equal(t, said[i].Position, a.Position)
			} else {
				require.Equal(t, s.Head.Incarnation, a.Position.Incarnation)
				require.EqualValues(t, i-1, a.Position.Seq)
			}
			h, err := j.ByRecord(d.Header.Record)
			require.NoError(t, err)
			require.Equal(t, a.Position.Incarnation, h.Incarnation)
		}
		require.Equal(t, s, state(t, j))
	})
	t.Run("LevelsAndWorkGoOn", func(t *testing.T) {
		require.Equal(t, journal.L1, level(t, j, second))
		require.Equal(t, journal.L2, level(t, j, drafts[1]))
		q, err := j.Request(first.Header.Reference)
		require.NoError(t, err)
		require.Equal(t, amended.Header.Record, q.Record)
		require.EqualValues(t, 2, q.Position.Seq)
		require.True(t, q.Withdrawn)
		o, err := j.Outstanding()
		require.NoError(t, err)
		require.EqualValues(t, 3, o.Entries)
		require.EqualValues(t, 1, o.Images)
		digests, waits, err := j.Unstored(9)
		require.NoError(t, err)
		require.Equal(t, []wire.Digest{second.Header.Images[0].Digest}, digests)
		require.EqualValues(t, 1, waits, "the image goes before the entry that names it, in its new place")
		require.NoError(t, j.MarkStored(digests...))
		require.NoError(t, k.Secure(j, 2))
		require.Equal(t, journal.L2, level(t, j, second))
		appendAll(t, j, k.Amend(second, 5), k.Release(3))
	})
	t.Run("TheOldOneIsReadProvedAndReceipted", func(t *testing.T) {
		got, err := j.ReadAfter(start, 9)
		require.NoError(t, err)
		require.Equal(t, entries, got)
		after := start.Next(entries[0]).Next(entries[1])
		requireKind(t, j.StoreReceipts([]journal.Receipted{k.Receipt(after.Next(entries[2]), entries[3:])}), fault.Gap)
		_, err = j.Prove(said[3].Position, k.Keys())
		requireKind(t, err, fault.NotFound)
		before := state(t, j)
		require.NoError(t, j.StoreReceipts([]journal.Receipted{k.Receipt(after, entries[2:4])}))
		proof, err := j.Prove(said[3].Position, k.Keys())
		require.NoError(t, err)
		require.EqualValues(t, 4, proof.Seq)
		require.Equal(t, before, state(t, j), "nothing is said of the new one")
	})
	t.Run("ErrInvalidForAnIncarnationThatWas", func(t *testing.T) {
		for _, inc := range []uint64{0, k.Incarnation, k.Incarnation + 2} {
			_, err := j.OpenIncarnation(journal.Opening{Incarnation: inc, Why: journal.WhyAnchor})
			requireKind(t, err, fault.Invalid)
		}
	})
	t.Run("AndOnceMore", func(t *testing.T) {
		s := reopen(t, j, k, journal.WhySettled)
		require.EqualValues(t, 2, s.Head.Seq)
		list, err := j.Chapters()
		require.NoError(t, err)
		require.Equal(t, []journal.Chapter{
			{Incarnation: k.Incarnation, End: 5, Receipted: 4},
			{Incarnation: k.Incarnation + 2, Why: journal.WhyAnchor, At: opened, Again: 3, End: 5, Receipted: 3},
			{Incarnation: k.Incarnation + 4, Why: journal.WhySettled, At: opened, Again: 2},
		}, list)
		rep := requireSound(t, j, k)
		require.EqualValues(t, 3, rep.Chapters)
		require.EqualValues(t, 5+5+2, rep.Entries)
		require.EqualValues(t, 5, rep.Again)
	})
	require.NoError(t, j.Close())
	j = open(t, dir, k.Options())
	requireSound(t, j, k)
	appendAll(t, j, k.Release(8))
}

func TestOpenIncarnationOfAnEmptyJournal(t *testing.T) {
	j, k := fresh(t)
	s := reopen(t, j, k, journal.WhyRestored)
	require.Equal(t, wire.Genesis(k.Identity.Node, k.Incarnation+2), s.Head)
	appendAll(t, j, k.Release(8))
	require.EqualValues(t, 2, requireSound(t, j, k).Chapters)
}

// copyOf gives a journal with the first n entries of the drafts: what a backup
// from then holds.
func copyOf(t *testing.T, k *journaltest.Kit, drafts []journal.Draft) *journal.Journal {
	t.Helper()
	j := open(t, t.TempDir(), k.Options())
	for _, d := range drafts {
		for _, f := range d.Images {
			require.NotEmpty(t, f.Chunks)
		}
	}
	appendAll(t, j, drafts...)
	return j
}

func TestRestore(t *testing.T) {
	k := newKit(t)
	whole := open(t, t.TempDir(), k.Options())
	drafts := releases(k, 9)
	withImage, err := k.ReleaseWith(whole, 50, 700)
	require.NoError(t, err)
	drafts = append(drafts, withImage, k.Amend(drafts[0], 30), k.Amend(drafts[7], 30), k.Cancel(drafts[6]))
	appendAll(t, whole, drafts...)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	ranges, err := k.Ranges(whole, start, 3)
	require.NoError(t, err)
	require.Len(t, ranges, 5)

	back := copyOf(t, k, drafts[:5])
	require.NoError(t, back.StoreReceipts([]journal.Receipted{{Signed: ranges[0].Signed, Receipt: ranges[0].Receipt}}))
	_, err = back.Restore(ranges[1])
	requireKind(t, err, fault.Conflict)
	// It was written while the hub was asked, and nobody else has seen it.
	unseen, err := k.ReleaseWith(back, 20, 400)
	require.NoError(t, err)
	appendAll(t, back, unseen)
	s := reopen(t, back, k, journal.WhyRestored)
	require.EqualValues(t, 3, s.Head.Seq, "two that the hub has, one that it has not")

	held := []wire.Position{ranges[4].Entries[0].At, s.Head, {Node: k.Identity.Node, Incarnation: 77, Seq: 2}}
	after, err := back.Wanting(held)
	require.NoError(t, err)
	require.Equal(t, []wire.Position{ranges[0].Entries[2].At, wire.Genesis(k.Identity.Node, 77)}, after)

	_, err = back.Restore(ranges[2])
	requireKind(t, err, fault.Gap)
	counts := []int{0, 1, 3, 3, 1} // entry 6 was written otherwise here, 4 and 5 as they are there
	for i, r := range ranges {
		fresh, err := back.Restore(r)
		require.NoError(t, err, i)
		require.Equal(t, counts[i], fresh, i)
		requireSound(t, back, k)
	}
	changed := back.Changed()
	for _, r := range ranges {
		fresh, err := back.Restore(r)
		require.NoError(t, err)
		require.Zero(t, fresh)
	}
	select {
	case <-changed:
		t.Fatal("a repeat changed something")
	default:
	}
	rep := requireSound(t, back, k)
	require.EqualValues(t, 1, rep.Aside)
	require.EqualValues(t, 13+3, rep.Entries)
	require.EqualValues(t, 2, rep.Again)

	t.Run("EverythingIsBackAtL2", func(t *testing.T) {
		got, err := back.ReadAfter(start, 256)
		require.NoError(t, err)
		want, err := whole.ReadAfter(start, 256)
		require.NoError(t, err)
		require.Equal(t, want, got)
		for _, d := range drafts[5:10] {
			require.Equal(t, journal.L2, level(t, back, d))
		}
		require.Equal(t, journal.L1, level(t, back, unseen))
		require.NoError(t, k.Secure(back, 9))
		require.Equal(t, journal.L2, level(t, back, unseen))
		require.Equal(t, journal.L2, level(t, back, drafts[4]))
	})
	t.Run("RequestsSayWhatTheySaid", func(t *testing.T) {
		for _, d := range []journal.Draft{drafts[1], drafts[6], drafts[8], withImage} {
			want, err := whole.Request(d.Header.Reference)
			require.NoError(t, err)
			got, err := back.Request(d.Header.Reference)
			require.NoError(t, err)
			if got.Position.Incarnation == k.Incarnation {
				require.Equal(t, want.Request, got.Request)
			}
			require.Equal(t, want.Withdrawn, got.Withdrawn)
		}
		for i, d := range []journal.Draft{drafts[0], drafts[7]} {
			got, err := back.Request(d.Header.Reference)
			require.NoError(t, err)
			require.Equal(t, drafts[10+i].Header.Record, got.Record)
		}
	})
	t.Run("ARetryFindsThem", func(t *testing.T) {
		for _, d := range drafts[5:] {
			a, err := back.Append(t.Context(), d)
			require.NoError(t, err)
			require.True(t, a.Replayed)
			require.Equal(t, k.Incarnation, a.Position.Incarnation)
		}
		a, err := back.Append(t.Context(), unseen)
		require.NoError(t, err)
		require.True(t, a.Replayed)
		require.Equal(t, s.Head, a.Position)
	})
	t.Run("ImagesOfTheHubAreNoLossHere", func(t *testing.T) {
		digests, _, err := back.Unstored(9)
		require.NoError(t, err)
		require.Equal(t, []wire.Digest{unseen.Header.Images[0].Digest}, digests)
		// The packet is amended with the same images, which this machine has meanwhile.
		b := k.Bundle(10)
		require.NoError(t, b.WriteTo(back))
		again := b.NamedBy(k.Release(9))
		appendAll(t, back, again)
		requireSound(t, back, k)
	})
	t.Run("ErrForkUnderAReceipt", func(t *testing.T) {
		other := open(t, t.TempDir(), k.Options())
		appendAll(t, other, releases(k, 16)...)
		strange, err := k.Ranges(other, start, 15)
		require.NoError(t, err)
		_, err = back.Restore(strange[0])
		requireKind(t, err, fault.Fork)
		_, err = back.Restore(strange[1])
		requireKind(t, err, fault.Gap)
	})
	t.Run("ErrDeniedForAnotherNode", func(t *testing.T) {
		bad := ranges[4]
		bad.Receipt.Node[0]++
		_, err := back.Restore(bad)
		requireKind(t, err, fault.Denied)
		bad = ranges[4]
		bad.Receipt.Cluster[0]++
		_, err = back.Restore(bad)
		requireKind(t, err, fault.Denied)
	})
}

// What the hub told before the entries came back stands.
func TestRestoreAfterNotices(t *testing.T) {
	k := newKit(t)
	whole := open(t, t.TempDir(), k.Options())
	drafts := releases(k, 2)
	amended := k.Amend(drafts[1], 10)
	appendAll(t, whole, drafts[0], drafts[1], amended)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	ranges, err := k.Ranges(whole, start, 256)
	require.NoError(t, err)

	back, err := journal.OpenOn(t.TempDir(), kv.NewMemory(), k.Options())
	require.NoError(t, err)
	moved := func(d, by journal.Draft, version uint64, to uint8) wire.Notice {
		return wire.Notice{Kind: wire.NoticeCaseMoved, Reference: d.Header.Reference, Record: by.Header.Record, Case: version, State: to}
	}
	require.NoError(t, back.StoreNotices(k.Notices(state(t, back).Notices,
		moved(drafts[0], drafts[0], 1, 2), moved(drafts[1], drafts[1], 1, 2), moved(drafts[1], amended, 2, 3))))
	reopen(t, back, k, journal.WhyRestored)
	fresh, err := back.Restore(ranges[0])
	require.NoError(t, err)
	require.Equal(t, 3, fresh)
	requireSound(t, back, k)
	for i, d := range drafts {
		q, err := back.Request(d.Header.Reference)
		require.NoError(t, err)
		require.EqualValues(t, 2+i, q.State)
		require.EqualValues(t, 1+i, q.Version)
		require.Equal(t, journal.L2, q.Level)
		require.EqualValues(t, 1+2*i, q.Position.Seq)
		require.False(t, q.Elsewhere)
	}
}

// A body that the hub has erased comes back as a stub, of which the chain is
// proved all the same; one that is here stays.
func TestRestoreStubs(t *testing.T) {
	k := newKit(t)
	whole := open(t, t.TempDir(), k.Options())
	drafts := releases(k, 4)
	appendAll(t, whole, drafts...)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	entries := all(t, whole, 9)
	erased := []wire.Entry{{Header: entries[0].Header}, entries[1], {Header: entries[2].Header}, entries[3]}
	r, err := k.Range(start, erased, 0)
	require.NoError(t, err)

	back := copyOf(t, k, drafts[:1])
	reopen(t, back, k, journal.WhyRestored)
	fresh, err := back.Restore(r)
	require.NoError(t, err)
	require.Equal(t, 3, fresh)
	rep := requireSound(t, back, k)
	require.EqualValues(t, 1, rep.Stubs)
	for i, d := range drafts {
		require.Equal(t, map[bool]journal.Level{true: journal.L2, false: journal.L1}[i > 0], level(t, back, d))
		_, err := back.Prove(r.Entries[i].At, k.Keys())
		require.NoError(t, err)
	}
	got, err := back.ReadAfter(start, 2)
	require.NoError(t, err)
	require.Equal(t, entries[:2], got)
	_, err = back.ReadAfter(start, 9)
	requireKind(t, err, fault.Corrupt)
}

// A backup from before an earlier new incarnation gets that one back as well.
func TestRestoreOfAnIncarnationThatIsNotKnown(t *testing.T) {
	k := newKit(t)
	whole := open(t, t.TempDir(), k.Options())
	drafts := releases(k, 6)
	appendAll(t, whole, drafts[:3]...)
	start := wire.Genesis(k.Identity.Node, k.Incarnation)
	one, err := k.Ranges(whole, start, 256)
	require.NoError(t, err)
	reopen(t, whole, k, journal.WhyAnchor)
	appendAll(t, whole, drafts[3:]...)
	two, err := k.Ranges(whole, wire.Genesis(k.Identity.Node, k.Incarnation+2), 256)
	require.NoError(t, err)

	back := copyOf(t, k, drafts[:1])
	_, err = back.OpenIncarnation(journal.Opening{Incarnation: 5, Why: journal.WhyRestored})
	require.NoError(t, err)
	fresh, err := back.Restore(two[0])
	require.NoError(t, err)
	require.Equal(t, 6, fresh)
	fresh, err = back.Restore(one[0])
	require.NoError(t, err)
	require.Equal(t, 2, fresh)
	rep := requireSound(t, back, k)
	require.EqualValues(t, 3, rep.Chapters)
	for _, d := range drafts[1:] {
		require.Equal(t, journal.L2, level(t, back, d))
	}
	list, err := back.Chapters()
	require.NoError(t, err)
	require.Equal(t, journal.Chapter{Incarnation: k.Incarnation + 2, Why: journal.WhyFetched, End: 6, Receipted: 6}, list[1])
	require.Equal(t, "fetched", list[1].Why.String())
}

// restoredSample is a journal with something in every bucket, two closed
// incarnations and something set aside.
func restoredSample(t *testing.T, store kv.Store) *journaltest.Kit {
	t.Helper()
	k := newKit(t)
	whole := open(t, t.TempDir(), k.Options())
	drafts := releases(k, 3)
	appendAll(t, whole, drafts...)
	ranges, err := k.Ranges(whole, wire.Genesis(k.Identity.Node, k.Incarnation), 2)
	require.NoError(t, err)
	j, err := journal.OpenOn(t.TempDir(), store, k.Options())
	require.NoError(t, err)
	unseen, err := k.ReleaseWith(j, 20, 400)
	require.NoError(t, err)
	appendAll(t, j, drafts[0], unseen)
	reopen(t, j, k, journal.WhyRestored)
	for _, r := range ranges {
		_, err := j.Restore(r)
		require.NoError(t, err)
	}
	reopen(t, j, k, journal.WhySettled)
	require.EqualValues(t, 1, requireSound(t, j, k).Aside)
	return k
}

func TestEveryFlippedBitIsFoundAfterARestore(t *testing.T) {
	good := kv.NewMemory()
	k := restoredSample(t, good)
	for _, bucket := range []string{"entries", "receipts", "records", "images", "requests", "meta", "aside"} {
		t.Run(bucket, func(t *testing.T) {
			for _, p := range pairs(t, good, bucket) {
				for bit := range 8 * len(p.value) {
					bad := append([]byte(nil), p.value...)
					bad[bit/8] ^= 1 << (bit % 8)
					store := good.Clone()
					require.NoError(t, store.Update(func(w kv.Writer) error { return w.Put([]byte(bucket), p.key, bad) }))
					if err := check(t, store, k.Keys()); !fault.Is(err, fault.Corrupt) {
						t.Fatalf("bit %d of %d bytes: %v", bit, len(p.value), err)
					}
				}
			}
		})
	}
	t.Run("AndEveryMissingEntry", func(t *testing.T) {
		for _, bucket := range []string{"entries", "receipts", "records", "images", "unstored"} {
			for _, p := range pairs(t, good, bucket) {
				store := good.Clone()
				require.NoError(t, store.Update(func(w kv.Writer) error { return w.Delete([]byte(bucket), p.key) }))
				requireKind(t, check(t, store, k.Keys()), fault.Corrupt)
			}
		}
	})
	t.Run("AndAListWithoutAnIncarnation", func(t *testing.T) {
		store := good.Clone()
		require.NoError(t, store.Update(func(w kv.Writer) error { return w.Delete([]byte("meta"), []byte("chapters")) }))
		requireKind(t, check(t, store, k.Keys()), fault.Corrupt)
	})
}

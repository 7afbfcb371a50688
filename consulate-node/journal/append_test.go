package journal_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

func TestSavedEntriesAreThereAfterAReopen(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	j, err := journal.Open(dir, k.Options())
	require.NoError(t, err)
	drafts := releases(k, 5)
	said := appendAll(t, j, drafts...)
	require.NoError(t, j.Close())

	j = open(t, dir, k.Options())
	require.Equal(t, said[4].Position, state(t, j).Head)
	require.EqualValues(t, 1, state(t, j).Oldest)
	entries := all(t, j, 2)
	require.Len(t, entries, 5)
	for i, e := range entries {
		h, err := e.Check()
		require.NoError(t, err)
		require.Equal(t, said[i].Record, h.Record)
		require.Equal(t, drafts[i].Body, e.Body)
	}
	require.EqualValues(t, 5, requireSound(t, j, k).Entries)

	t.Run("AndLevelIsL1", func(t *testing.T) {
		q, err := j.Request(drafts[0].Header.Reference)
		require.NoError(t, err)
		require.Equal(t, journal.L1, q.Level)
		require.Equal(t, said[0].Position, q.Position)
	})
	t.Run("AndAnotherIncarnationInTheOptionsChangesNothing", func(t *testing.T) {
		require.Equal(t, k.Incarnation, state(t, j).Head.Incarnation)
	})
}

func TestAppendOfTheSameRecord(t *testing.T) {
	j, k := fresh(t)
	first := k.Release(1000)
	said := appendAll(t, j, first, k.Release(10))

	t.Run("CountsOnce", func(t *testing.T) {
		again := first
		again.Header.Time += 5000 // the desk tries again later
		again.Also = func(kv.Writer) error { t.Fatal("ran twice"); return nil }
		a, err := j.Append(t.Context(), again)
		require.NoError(t, err)
		require.True(t, a.Replayed)
		require.Equal(t, said[0].Position, a.Position)
		require.EqualValues(t, 2, state(t, j).Head.Seq)
	})
	for name, change := range map[string]func(*journal.Draft){
		"OtherBodyIsErrExists":      func(d *journal.Draft) { d.Body = append([]byte{1}, d.Body...) },
		"OtherKindIsErrExists":      func(d *journal.Draft) { d.Header.Kind = wire.KindRequestAmended },
		"OtherReferenceIsErrExists": func(d *journal.Draft) { d.Header.Reference = k.Release(1).Header.Reference },
		"OtherSlipIsErrExists":      func(d *journal.Draft) { d.Header.SlipHash = &wire.Digest{9} },
		"OtherImagesIsErrExists":    func(d *journal.Draft) { *d = k.Bundle(5000).NamedBy(*d) },
	} {
		t.Run(name, func(t *testing.T) {
			d := first
			change(&d)
			_, err := j.Append(t.Context(), d)
			requireKind(t, err, fault.Exists)
		})
	}
	require.EqualValues(t, 2, requireSound(t, j, k).Entries)
}

func TestAppendRefuses(t *testing.T) {
	j, k := fresh(t)
	taken := k.Release(10)
	appendAll(t, j, taken)
	before := state(t, j)
	gone, cancel := context.WithCancel(t.Context())
	cancel()

	for name, c := range map[string]struct {
		change func(*journal.Draft)
		ctx    context.Context //nolint:containedctx // a row of the table
		kind   fault.Kind
	}{
		"ACallerWhoLeft":         {ctx: gone, kind: fault.Timeout},
		"AHeaderThatBreaksARule": {change: func(d *journal.Draft) { d.Header.SlipHash = nil }, kind: fault.Invalid},
		"AnUnknownKind":          {change: func(d *journal.Draft) { d.Header.Kind = 99 }, kind: fault.Unsupported},
		"ABodyOverTheCap":        {change: func(d *journal.Draft) { d.Body = make([]byte, wire.MaxBody+1) }, kind: fault.TooLarge},
		"AReferenceThatIsTaken":  {change: func(d *journal.Draft) { d.Header.Reference = taken.Header.Reference }, kind: fault.Exists},
		"AnImageWithoutItsCut":   {change: func(d *journal.Draft) { d.Header.Images = []wire.Image{{Size: 1}} }, kind: fault.NotFound},
		"AnImageThatIsNotHere":   {change: func(d *journal.Draft) { *d = k.Bundle(10).NamedBy(*d) }, kind: fault.NotFound},
		"AFollowerThatFails":     {change: func(d *journal.Draft) { d.Also = func(kv.Writer) error { return context.DeadlineExceeded } }, kind: fault.Other},
		"AFollowerInOurBuckets": {change: func(d *journal.Draft) {
			d.Also = func(w kv.Writer) error { return w.Put([]byte("entries"), []byte("x"), nil) }
		}, kind: fault.Denied},
		"AFollowerThatWipesAHead": {change: func(d *journal.Draft) {
			d.Also = func(w kv.Writer) error { return w.Delete([]byte("meta"), []byte("state")) }
		}, kind: fault.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			d := k.Release(10)
			if c.change != nil {
				c.change(&d)
			}
			if c.ctx == nil {
				c.ctx = t.Context()
			}
			_, err := j.Append(c.ctx, d)
			requireKind(t, err, c.kind)
			require.Equal(t, before, state(t, j), "nothing was changed")
		})
	}
	requireSound(t, j, k)
}

func TestFollowerIsOneTransactionWithTheEntry(t *testing.T) {
	j, k := fresh(t)
	drafts := []byte("desk/drafts")
	require.NoError(t, j.Update(func(w kv.Writer) error { return w.Put(drafts, []byte("d"), []byte("x")) }))
	d := k.Release(10)
	d.Also = func(w kv.Writer) error { return w.Delete(drafts, []byte("d")) }
	appendAll(t, j, d)
	require.NoError(t, j.View(func(r kv.Reader) error {
		require.Nil(t, r.Get(drafts, []byte("d")))
		return nil
	}))
}

func TestEightWritersKeepOneChain(t *testing.T) {
	j, k := fresh(t)
	const writers, each = 8, 25
	seen := make(chan journal.Appended, writers*each)
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				a, err := j.Append(t.Context(), k.Release(100))
				if err != nil {
					t.Error(err)
					return
				}
				seen <- a
				if _, err := j.ReadAfter(wire.Genesis(k.Identity.Node, k.Incarnation), 256); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	close(seen)
	places := map[uint64]bool{}
	for a := range seen {
		places[a.Position.Seq] = true
	}
	require.Len(t, places, writers*each, "each has a place of its own")
	require.EqualValues(t, writers*each, requireSound(t, j, k).Entries)
}

func TestChangedClosesWithEachChange(t *testing.T) {
	j, k := fresh(t)
	changed := j.Changed()
	d := k.Release(1)
	appendAll(t, j, d)
	<-changed
	changed = j.Changed()
	appendAll(t, j, d) // a replay
	select {
	case <-changed:
		t.Fatal("nothing had changed")
	default:
	}
}

func TestAnEmptyBodyIsAByteString(t *testing.T) {
	j, k := fresh(t)
	d := k.Release(10)
	a := appendAll(t, j, d, k.Cancel(d))
	entries := all(t, j, 256)
	require.NotNil(t, entries[1].Body)
	require.Equal(t, a[1].Position, a[0].Position.Next(entries[1]))
	require.Equal(t, byte(0x40), wire.Marshal(entries[1])[len(wire.Marshal(entries[1]))-1])
	appendAll(t, j, k.Release(1))
	requireSound(t, j, k)
}

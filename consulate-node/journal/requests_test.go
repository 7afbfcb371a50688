package journal_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestNotices(t *testing.T) {
	j, k := fresh(t)
	d := k.Release(10)
	a := appendAll(t, j, d)[0]
	moved := func(version uint64, to uint8) wire.Notice {
		return wire.Notice{
			Kind: wire.NoticeCaseMoved, Reference: d.Header.Reference, Record: a.Record,
			Case: version, State: to, Time: int64(version) * 1000,
		}
	}
	start := state(t, j).Notices
	told := k.Notices(start, moved(1, 2), moved(2, 3), moved(3, 4), moved(4, 5))
	request := func() journal.Tracked {
		q, err := j.Request(d.Header.Reference)
		require.NoError(t, err)
		return q
	}

	t.Run("OK", func(t *testing.T) {
		require.NoError(t, j.StoreNotices(told[:2]))
		require.Equal(t, told[1].At, state(t, j).Notices)
		require.EqualValues(t, 2, request().Version)
		require.EqualValues(t, 3, request().State)
		require.EqualValues(t, 2000, request().Told)
	})
	t.Run("ErrGap", func(t *testing.T) {
		requireKind(t, j.StoreNotices(told[3:]), fault.Gap)
		require.Equal(t, told[1].At, state(t, j).Notices)
	})
	t.Run("ErrForkForAnotherNext", func(t *testing.T) {
		bad := told[2]
		bad.At.Hash[0] ^= 1
		requireKind(t, j.StoreNotices([]wire.VerifiedNotice{bad}), fault.Fork)
	})
	t.Run("ErrForkForAnotherPast", func(t *testing.T) {
		requireKind(t, j.StoreNotices(k.Notices(start, moved(1, 9))), fault.Fork)
	})
	t.Run("RepeatIsPassedOver", func(t *testing.T) {
		changed := j.Changed()
		require.NoError(t, j.StoreNotices(told[:2]))
		select {
		case <-changed:
			t.Fatal("it changed")
		default:
		}
		require.NoError(t, j.StoreNotices(told))
		require.Equal(t, told[3].At, state(t, j).Notices)
	})
	t.Run("OlderVersionChangesNothing", func(t *testing.T) {
		require.NoError(t, j.StoreNotices(k.Notices(state(t, j).Notices, moved(2, 9))))
		require.EqualValues(t, 5, request().State)
		require.EqualValues(t, 4000, request().Told)
	})
	t.Run("AnotherPostsRequestIsL2", func(t *testing.T) {
		other := wire.Notice{
			Kind: wire.NoticeCaseMoved, Reference: k.Release(1).Header.Reference,
			Record: wire.NewRecordID(), Case: 1, State: 7,
		}
		require.NoError(t, j.StoreNotices(k.Notices(state(t, j).Notices, other)))
		q, err := j.Request(other.Reference)
		require.NoError(t, err)
		require.Equal(t, journal.L2, q.Level)
		require.Zero(t, q.Position)
	})
	t.Run("RefusalOfTheEntryIsSeen", func(t *testing.T) {
		n := wire.Notice{Kind: wire.NoticeEntryRefused, Reference: d.Header.Reference, Record: a.Record, Reason: 12}
		require.NoError(t, j.StoreNotices(k.Notices(state(t, j).Notices, n)))
		require.True(t, request().Refused)
		require.EqualValues(t, 12, request().Reason)
	})
	t.Run("WithoutReferenceOnlyTheCursorMoves", func(t *testing.T) {
		require.NoError(t, j.StoreNotices(k.Notices(state(t, j).Notices, wire.Notice{Kind: 77})))
	})
	require.EqualValues(t, 8, requireSound(t, j, k).Notices)
}

func TestAnAmendedPacketIsTheOneThatCounts(t *testing.T) {
	j, k := fresh(t)
	first, err := k.ReleaseWith(j, 100, 9000)
	require.NoError(t, err)
	appendAll(t, j, first)
	require.NoError(t, j.MarkStored(first.Header.Images[0].Digest))
	require.NoError(t, k.Secure(j, 10))
	request := func() journal.Tracked {
		q, err := j.Request(first.Header.Reference)
		require.NoError(t, err)
		return q
	}
	require.Equal(t, journal.L2, request().Level)

	second := k.Amend(first, 100)
	a := appendAll(t, j, second)[0]
	require.Equal(t, journal.L1, request().Level, "what counts now has no receipt")
	require.Equal(t, a.Position, request().Position)
	require.Equal(t, *second.Header.SlipHash, request().SlipHash)
	digests, bound, err := j.Unstored(10)
	require.NoError(t, err)
	require.Empty(t, digests, "the hub has its image")
	require.Zero(t, bound)

	t.Run("ErrConflictForTheOneBefore", func(t *testing.T) {
		_, err := j.Append(t.Context(), k.Amend(first, 10))
		requireKind(t, err, fault.Conflict)
	})
	t.Run("OfAnotherPostIsTracked", func(t *testing.T) {
		d := k.Amend(k.Release(1), 10)
		appendAll(t, j, d)
		q, err := j.Request(d.Header.Reference)
		require.NoError(t, err)
		require.Equal(t, journal.L1, q.Level)
	})
	t.Run("WithdrawalIsTracked", func(t *testing.T) {
		require.False(t, request().Withdrawn)
		appendAll(t, j, k.Cancel(first), k.Cancel(k.Release(1)))
		require.True(t, request().Withdrawn)
	})
	require.NoError(t, k.Secure(j, 10))
	require.Equal(t, journal.L2, request().Level)
	requireSound(t, j, k)
}

func TestRequestsInSlices(t *testing.T) {
	j, k := fresh(t)
	var want []string
	for _, d := range releases(k, 7) {
		appendAll(t, j, d)
		want = append(want, d.Header.Reference)
	}
	slices.Sort(want)
	var got []string
	for after := ""; ; {
		slice, err := j.Requests(after, 3)
		require.NoError(t, err)
		if len(slice) == 0 {
			break
		}
		require.LessOrEqual(t, len(slice), 3)
		for _, q := range slice {
			require.Equal(t, journal.L1, q.Level)
			got = append(got, q.Reference)
		}
		after = got[len(got)-1]
	}
	require.Equal(t, want, got)
	_, err := j.Request("000000000000000000")
	requireKind(t, err, fault.NotFound)
}

func TestByRecord(t *testing.T) {
	j, k := fresh(t)
	d := k.Release(10)
	appendAll(t, j, d)
	h, err := j.ByRecord(d.Header.Record)
	require.NoError(t, err)
	require.Equal(t, d.Header.Reference, h.Reference)
	_, err = j.ByRecord(wire.RecordID{1})
	requireKind(t, err, fault.NotFound)
}

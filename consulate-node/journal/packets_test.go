package journal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// amending is a request of which the packet was replaced, with what the hub
// says of it.
type amending struct {
	t         *testing.T
	j         *journal.Journal
	reference string
	records   []wire.RecordID // of the packets, oldest first
	slips     []wire.Digest
	tell      func(...wire.Notice)
}

func newAmending(t *testing.T, packets int) amending {
	t.Helper()
	j, k := fresh(t)
	last := k.Release(10)
	a := amending{t: t, j: j, reference: last.Header.Reference}
	for i := range packets {
		if i > 0 {
			last = k.Amend(last, 10)
		}
		appendAll(t, j, last)
		a.records = append(a.records, last.Header.Record)
		a.slips = append(a.slips, *last.Header.SlipHash)
	}
	a.tell = func(all ...wire.Notice) {
		require.NoError(t, j.StoreNotices(k.Notices(state(t, j).Notices, all...)))
		requireSound(t, j, k)
	}
	return a
}

func (a amending) request() journal.Tracked {
	a.t.Helper()
	q, err := a.j.Request(a.reference)
	require.NoError(a.t, err)
	return q
}

func (a amending) waiting() int {
	a.t.Helper()
	all, err := a.j.Waiting(10)
	require.NoError(a.t, err)
	return len(all)
}

func (a amending) moved(packet int, version uint64, to workflow.State) wire.Notice {
	return wire.Notice{
		Kind: wire.NoticeCaseMoved, Reference: a.reference, Record: a.records[packet], Case: version, State: uint8(to), Time: 5,
	}
}

func (a amending) refused(packet int) wire.Notice {
	return wire.Notice{Kind: wire.NoticeEntryRefused, Reference: a.reference, Record: a.records[packet], Reason: 265}
}

// TestARefusedAmendmentGivesWay: what the hub does not take is not what counts.
func TestARefusedAmendmentGivesWay(t *testing.T) {
	t.Run("OKToThePacketBefore", func(t *testing.T) {
		a := newAmending(t, 2)
		a.tell(a.moved(0, 3, workflow.Approved))
		require.Zero(t, a.request().State, "of the packet on its way the hub has not spoken")
		a.tell(a.refused(1))
		q := a.request()
		require.Equal(t, a.records[0], q.Record)
		require.Equal(t, a.slips[0], q.SlipHash)
		require.EqualValues(t, workflow.Approved, q.State)
		require.EqualValues(t, 265, q.Unamended)
		require.False(t, q.Refused, "the request goes on")
		require.Equal(t, 1, a.waiting())
		require.NoError(t, a.j.MarkRead(a.reference))
		require.NoError(t, a.j.MarkRead(a.reference))
		require.Zero(t, a.waiting())
		requireKind(t, a.j.MarkRead("000000000000000000"), fault.NotFound)
	})
	t.Run("OKToTheOneThatTheHubTook", func(t *testing.T) {
		a := newAmending(t, 3)
		a.tell(a.refused(1), a.refused(2))
		require.Equal(t, a.records[0], a.request().Record, "never to a packet that was refused itself")
	})
	t.Run("OKTaken", func(t *testing.T) {
		a := newAmending(t, 2)
		a.tell(a.moved(0, 2, workflow.Returned))
		require.Zero(t, a.waiting(), "the better packet is on its way")
		a.tell(a.moved(1, 3, workflow.Replicated))
		require.Empty(t, a.request().Before)
		require.EqualValues(t, workflow.Replicated, a.request().State)
		a.tell(a.moved(1, 4, workflow.Recapture))
		require.Equal(t, 1, a.waiting())
	})
	t.Run("OKAnotherPostContinued", func(t *testing.T) {
		a := newAmending(t, 1)
		other := a.moved(0, 3, workflow.Returned)
		other.Record = wire.NewRecordID()
		a.tell(other)
		require.True(t, a.request().Elsewhere)
		require.Zero(t, a.waiting())
	})
	t.Run("OKFirstPacketRefused", func(t *testing.T) {
		a := newAmending(t, 1)
		a.tell(a.refused(0))
		require.True(t, a.request().Refused)
		require.Equal(t, 1, a.waiting())
	})
}

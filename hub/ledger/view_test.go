package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// TestViews reads back what a story left behind.
func TestViews(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	m.releases(300)
	m.viewed()
	for first := 1; first <= 301; first += 43 {
		require.NoError(t, m.send(first, first+42).Err())
	}
	inc := m.head.Incarnation

	t.Run("EntriesAfter", func(t *testing.T) {
		got, err := h.views.EntriesAfter(m.id, inc, 7)
		require.NoError(t, err)
		require.Len(t, got, wire.MaxBatchEntries)
		for i, f := range got {
			require.Equal(t, m.entries[7+i], f.Entry())
		}
		got, err = h.views.EntriesAfter(m.id, inc, 301)
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("ByCommit", func(t *testing.T) {
		f, err := h.views.ByCommit(9)
		require.NoError(t, err)
		require.Equal(t, m.entries[8], f.Entry())
		_, err = h.views.ByCommit(302)
		wantFault(t, fault.NotFound, err)
		_, err = h.views.Entry(m.id, inc, 302)
		wantFault(t, fault.NotFound, err)
		_, err = h.views.ByRecord(wire.RecordID{1})
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Receipts", func(t *testing.T) {
		got, err := h.views.Receipts(m.id, inc, 43, 87)
		require.NoError(t, err)
		require.Len(t, got, 3)
		require.Equal(t, uint64(1), got[0].First)
		require.Equal(t, uint64(129), got[2].Last)
		_, err = h.views.Receipts(m.id, inc, 300, 302)
		wantFault(t, fault.NotFound, err)
		_, err = h.views.Receipts(m.id, inc, 0, 3)
		wantFault(t, fault.Invalid, err)
	})
	t.Run("HashAt", func(t *testing.T) {
		hash, err := h.views.HashAt(m.id, inc, 0)
		require.NoError(t, err)
		require.Equal(t, wire.Genesis(m.id, inc).Hash, hash)
		_, err = h.views.HashAt(m.id, inc, 302)
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Cases", func(t *testing.T) {
		cases, err := h.views.Cases(290, 100)
		require.NoError(t, err)
		require.Len(t, cases, 10)
		one, err := h.views.CaseNumber(300)
		require.NoError(t, err)
		require.Equal(t, cases[9].Reference, one.Reference)
		_, err = h.views.CaseNumber(301)
		wantFault(t, fault.NotFound, err)
		_, err = h.views.Case("000000000000000097")
		wantFault(t, fault.NotFound, err)
	})
	t.Run("Nodes", func(t *testing.T) {
		nodes, err := h.views.Nodes()
		require.NoError(t, err)
		require.Len(t, nodes, 1)
		one, err := h.views.Node(m.id)
		require.NoError(t, err)
		require.Equal(t, nodes[0], one)
		require.Equal(t, inc, one.Incarnation)
		_, err = h.views.Post("IT-MIL")
		wantFault(t, fault.NotFound, err)
		_, err = h.views.Invitation(wire.Digest{1})
		wantFault(t, fault.NotFound, err)
		_, err = h.views.Order(9999)
		wantFault(t, fault.NotFound, err)
	})
}

// TestAdmitOf: what intake verified is what is proposed.
func TestAdmitOf(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	m.releases(3)
	key, err := seal.GenerateSigningKey()
	require.NoError(t, err)
	raw, err := wire.SealBatch(wire.Genesis(m.id, m.head.Incarnation), m.entries, m.session, key)
	require.NoError(t, err)
	received, err := wire.DecodeBatch(raw)
	require.NoError(t, err)
	verified, err := received.Verify(key.Public())
	require.NoError(t, err)
	b := ledger.AdmitOf(received, verified)
	require.Equal(t, m.batch(1, 3).After, b.After)
	require.Equal(t, m.entries, b.Entries)
	require.Equal(t, received.Signature, b.Signature)
	require.NoError(t, h.admit(b).Err())
}

// TestSupplementClock: the legal limit stands still while the person is asked,
// and no answer ends the request.
func TestSupplementClock(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.sendAll()
	r := h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{})
	require.NoError(t, r.Err())
	ask := ledger.Decide{
		Time: h.now, Reference: header.Reference, Event: uint8(workflow.SupplementAsked),
		Actor: uint16(workflow.Verifier), Seen: r.Version, Reason: uint16(consular.RefusedFileIncomplete),
	}
	require.NoError(t, h.do(ask).Err())
	paused := h.caseOf(header.Reference)
	legal := timerOf(paused, workflow.ClockLegal)
	require.Zero(t, legal.Due)
	require.NotZero(t, legal.Left)

	h.now += 10 * 24 * 3600_000
	answer := m.releaseHeader()
	answer.Reference, answer.SlipHash = header.Reference, header.SlipHash
	m.add(answer, 64)
	require.Empty(t, m.sendAll().Refused)
	running := timerOf(h.caseOf(header.Reference), workflow.ClockLegal)
	require.Zero(t, running.Left)
	require.Greater(t, running.Due, h.now+legal.Left-10_000)

	second := m.release()
	m.sendAll()
	var order ledger.Order
	for _, o := range h.open(workflow.OrderExamine) {
		if o.Reference == second.Reference {
			order = o
		}
	}
	r = h.do(ledger.CompleteOrder{
		Time: h.now, Order: order.ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub),
	})
	ask.Time, ask.Reference, ask.Seen = h.now, second.Reference, r.Version
	require.NoError(t, h.do(ask).Err())
	h.now += 31 * 24 * 3600_000
	h.do(ledger.Tick{Time: h.now})
	require.Equal(t, uint8(workflow.SupplementUntold), h.caseOf(second.Reference).Flow.State, "nobody was told yet")
	for _, o := range h.open(workflow.OrderNotify) {
		told := ledger.CompleteOrder{Time: h.now, Order: o.ID, Actor: uint16(workflow.Hub)}
		if o.Reference == second.Reference {
			told.Event = uint8(workflow.NoticeDelivered)
		}
		require.NoError(t, h.do(told).Err())
	}
	h.now += 31 * 24 * 3600_000
	require.NotZero(t, h.do(ledger.Tick{Time: h.now}).Fired)
	followed, err := h.views.Follow(consular.Reference(second.Reference), slipCode)
	require.NoError(t, err)
	require.Equal(t, workflow.StatusRejected, followed.Status)
	require.Equal(t, consular.RefusedSupplementUnanswered, followed.Reason)
	require.NoError(t, h.audit().Err())
}

func timerOf(c ledger.CaseView, clock workflow.Clock) ledger.Timer {
	for _, timer := range c.Timers {
		if timer.Clock == uint8(clock) {
			return timer
		}
	}
	return ledger.Timer{}
}

package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// messages counts the orders to tell the person that wait, and those made since.
func (h *hub) messages(before int) int {
	h.tb.Helper()
	return len(h.open(workflow.OrderNotify)) - before
}

// TestPersonHearsOfAnAgent: what a counter changes in the person's name, the
// person is told: another post of collection, the wish to have a card sent there,
// the end of a request of either kind. A change that was refused, or that was
// wanted already, is no news.
func TestPersonHearsOfAnAgent(t *testing.T) {
	t.Run("Pickup", func(t *testing.T) {
		h, lyon, milan, first := two(t)
		milan.changes(wire.KindPickupChanged, first.Reference, 0, "IT-MIL")
		require.Empty(t, milan.reasons(1))
		require.Equal(t, 1, h.messages(0))
		order := h.open(workflow.OrderNotify)[0]
		require.Equal(t, h.caseOf(first.Reference).Flow.Version, order.Version)
		require.Equal(t, first.Record, order.Record, "where the contact stands")
		milan.changes(wire.KindPickupChanged, first.Reference, 0, "IT-MIL")
		require.Empty(t, milan.reasons(2))
		lyon.changes(wire.KindPickupChanged, first.Reference, 1, "FR-PAR")
		require.Equal(t, []ledger.Reason{ledger.ReasonConflict}, lyon.reasons(2))
		require.Equal(t, 1, h.messages(0), "one change, one message")
		h.replays()
	})
	t.Run("Suspected", func(t *testing.T) { // no difference tells of it
		h, _, milan, first := two(t)
		h.suspect(first.Reference)
		milan.changes(wire.KindPickupChanged, first.Reference, 0, "IT-MIL")
		require.Empty(t, milan.reasons(1))
		require.Equal(t, 1, h.messages(0))
	})
	t.Run("Transfer", func(t *testing.T) {
		h := newHub(t)
		lyon := h.join("FR-LYO")
		ref := lyon.shelves()
		before := h.messages(0)
		require.Zero(t, lyon.says(wire.KindTransferAsked, ref, "", "IT-MIL"))
		require.Equal(t, workflow.Transfer, h.stateOf(ref))
		require.Equal(t, 1, h.messages(before))
		h.replays()
	})
	t.Run("CardWithdrawn", func(t *testing.T) {
		h, lyon, _, first := two(t)
		lyon.changes(wire.KindRequestCancelled, first.Reference, 1, "")
		require.Empty(t, lyon.reasons(2))
		require.Equal(t, 1, h.messages(0))
	})
	t.Run("RecordWithdrawn", func(t *testing.T) {
		h, lyon, first := recordOf(t)
		lyon.changes(wire.KindRequestCancelled, first.Reference, 1, "")
		require.Empty(t, lyon.reasons(2))
		require.Equal(t, workflow.Canceled, h.stateOf(first.Reference))
		require.Equal(t, 1, h.messages(0))
		h.replays()
	})
}

// TestMessagesNeedTheirLevel: members of before make none of these orders, and
// the same log must give the same state (D19).
func TestMessagesNeedTheirLevel(t *testing.T) {
	older := func(h *hub) {
		require.NoError(t, h.store.Update(func(w kv.Writer) error { return ledger.LowerFeature(w, 3) }))
	}
	t.Run("Pickup", func(t *testing.T) {
		h, _, _, first := two(t)
		older(h)
		require.NoError(t, h.decide(first.Reference, workflow.PickupChanged, workflow.Citizen, ledger.Facts{Pickup: "IT-MIL"}).Err())
		require.Zero(t, h.messages(0))
	})
	t.Run("Transfer", func(t *testing.T) {
		h := newHub(t)
		lyon := h.join("FR-LYO")
		ref := lyon.shelves()
		older(h)
		before := h.messages(0)
		require.Positive(t, before, "it is ready: of old")
		require.Zero(t, lyon.says(wire.KindTransferAsked, ref, "", "IT-MIL"))
		require.Zero(t, h.messages(before))
	})
	t.Run("RecordWithdrawn", func(t *testing.T) {
		h, lyon, first := recordOf(t)
		older(h)
		lyon.changes(wire.KindRequestCancelled, first.Reference, 1, "")
		require.Empty(t, lyon.reasons(2))
		require.Equal(t, workflow.Canceled, h.stateOf(first.Reference))
		require.Zero(t, h.messages(0))
	})
}

// recordOf is a request for a record that a counter released.
func recordOf(t *testing.T) (h *hub, lyon *machine, first wire.Header) {
	t.Helper()
	h = newHub(t)
	lyon = h.join("FR-LYO")
	first = lyon.releaseHeader()
	first.Service = uint8(consular.RecordPolice)
	lyon.add(first, 64)
	require.Empty(t, lyon.reasons(1))
	return h, lyon, first
}

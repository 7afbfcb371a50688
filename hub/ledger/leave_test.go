package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// shelves brings a card to its shelf by the entries of its post, and gives its
// reference.
func (m *machine) shelves() string {
	h := m.hub
	h.tb.Helper()
	ref := m.produced(1)[0]
	p := h.openPouch(m.post)
	require.NoError(h.tb, h.pack(ref, p).Err())
	require.NoError(h.tb, h.at(p, workflow.ManifestSigned).Err())
	require.NoError(h.tb, h.at(p, workflow.BagSealed).Err())
	require.NoError(h.tb, h.tell(workflow.OrderManifest, m, []byte("sealed")).Err())
	require.NoError(h.tb, h.at(p, workflow.BagGivenToCourier, func(c *ledger.MovePouch) { c.Waybill = "WB" }).Err())
	require.NoError(h.tb, h.at(p, workflow.BagLeft).Err())
	require.Zero(h.tb, m.says(wire.KindCardReceived, ref, p, ""))
	require.Zero(h.tb, m.says(wire.KindCardShelved, ref, "", ""))
	require.Equal(h.tb, workflow.Ready, h.stateOf(ref))
	return ref
}

func (h *hub) stateOf(ref string) workflow.State {
	h.tb.Helper()
	return workflow.State(h.caseOf(ref).Flow.State)
}

// says sends an entry about a card and gives why it was refused, 0 when it was
// not.
func (m *machine) says(kind wire.Kind, ref string, bag consular.PouchID, to consular.PostID) ledger.Reason {
	h := m.hub
	h.tb.Helper()
	serial := wire.Digest(h.caseOf(ref).Flow.Serial)
	e := wire.Header{
		Record: wire.RecordID(h.bytes(16)), Kind: kind, Post: m.post, Reference: ref, Serial: &serial, Pickup: to, IntakeKey: 1,
	}
	if bag != "" {
		label := wire.PouchOf(bag)
		e.Pouch = &label
	}
	before := len(m.refusals())
	m.add(e, 64)
	require.NoError(h.tb, m.send(len(m.entries), len(m.entries)).Err())
	if now := m.refusals(); len(now) > before {
		return ledger.Reason(now[len(now)-1].Reason)
	}
	return 0
}

// refusals are what the hub told the post that it did not take.
func (m *machine) refusals() (out []wire.Notice) {
	h := m.hub
	h.tb.Helper()
	_, raws, err := h.views.NoticesAfter(m.post, 0, 1000)
	require.NoError(h.tb, err)
	for _, raw := range raws {
		n, err := wire.DecodeNotice(raw)
		require.NoError(h.tb, err)
		if n.Kind == wire.NoticeEntryRefused {
			out = append(out, n)
		}
	}
	return out
}

func bagLabel(tb testing.TB, p consular.Pouch) consular.PouchID {
	tb.Helper()
	p.Year, p.Serial = 2026, 77
	id, err := consular.NewPouchID(p)
	require.NoError(tb, err)
	return id
}

// TestTransferEntries: the person asks, the card goes to the post of the wish.
func TestTransferEntries(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	ref := m.shelves()
	bag := bagLabel(t, consular.Pouch{Post: "BE-BRU"})
	require.NotZero(t, m.says(wire.KindTransferSent, ref, bag, ""), "nobody asked")
	require.Zero(t, m.says(wire.KindTransferAsked, ref, "", "BE-BRU"))
	require.Equal(t, workflow.Transfer, h.stateOf(ref))
	require.NotZero(t, m.says(wire.KindCardHandedOver, ref, "", ""), "it is not given here any more")
	require.Zero(t, m.says(wire.KindTransferWithdrawn, ref, "", ""))
	require.Equal(t, workflow.Ready, h.stateOf(ref))
	require.Zero(t, m.says(wire.KindTransferAsked, ref, "", "BE-BRU"))
	stranger := h.join("IT-MIL")
	require.NotZero(t, stranger.says(wire.KindTransferSent, ref, bag, ""), "another post has no such card")
	require.Zero(t, m.says(wire.KindTransferSent, ref, bag, ""))
	require.Equal(t, workflow.InTransit, h.stateOf(ref))
	require.EqualValues(t, "BE-BRU", h.caseOf(ref).Flow.Pickup)
	require.Empty(t, h.caseOf(ref).Flow.Holder)
	h.replays()
}

// unclaimed waits until the time of collection has passed.
func (m *machine) unclaimed() string {
	h := m.hub
	h.tb.Helper()
	ref := m.shelves()
	h.now += 181 * 24 * 3600_000
	h.do(ledger.Tick{Time: h.now})
	require.Equal(h.tb, workflow.Unclaimed, h.stateOf(ref))
	return ref
}

func TestUnclaimedEntries(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	ref := m.unclaimed()
	require.Zero(t, m.says(wire.KindCardReclaimed, ref, "", ""))
	require.Equal(t, workflow.Ready, h.stateOf(ref))
	require.NotZero(t, m.says(wire.KindCardDestroyed, ref, "", ""), "somebody may still come")
	h.now += 181 * 24 * 3600_000
	h.do(ledger.Tick{Time: h.now})
	require.Zero(t, m.says(wire.KindCardDestroyed, ref, "", ""))
	require.Equal(t, workflow.Destroyed, h.stateOf(ref))
	require.NotZero(t, m.says(wire.KindCardReclaimed, ref, "", ""), "too late")
	h.replays()
}

func TestSentBackEntries(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	ref := m.unclaimed()
	require.Zero(t, m.says(wire.KindCardSentBack, ref, bagLabel(t, consular.Pouch{Post: "FR-LYO", Return: true}), ""))
	require.Equal(t, workflow.SentBack, h.stateOf(ref))
	h.replays()
}

// TestLeaveNeedsItsFeature: a hub at an older level refuses the kinds as its
// older members would.
func TestLeaveNeedsItsFeature(t *testing.T) {
	for kind := wire.KindRequestReleased; kind <= wire.KindCardDestroyed; kind++ {
		h := wire.Header{Kind: kind, Source: wire.SourceNode}
		require.False(t, ledger.Known(h, 0), kind)
		require.Equal(t, kind <= wire.KindPouchReconciled && !kind.OfRecord(), ledger.Known(h, 1), kind)
		require.True(t, ledger.Known(h, 2) && ledger.Known(h, 3) && ledger.Known(h, 99), kind)
	}
	for level := range uint32(6) {
		require.Equal(t, level >= 4, ledger.Known(wire.Header{Kind: wire.KindPickupChanged, Source: wire.SourceNode}, level), level)
	}
	filed := wire.Header{Kind: wire.KindRequestReleased, Source: wire.SourcePortal, Service: uint8(consular.RecordPolice)}
	require.False(t, ledger.Known(filed, 1))
	require.True(t, ledger.Known(filed, 2))
}

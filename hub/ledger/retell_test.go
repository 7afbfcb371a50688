package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// sent packs cards, tells their post and lets the bag leave.
func (h *hub) sent(m *machine, refs ...string) consular.PouchID {
	h.tb.Helper()
	p := h.openPouch(m.post)
	for _, ref := range refs {
		require.NoError(h.tb, h.pack(ref, p).Err())
	}
	require.NoError(h.tb, h.at(p, workflow.ManifestSigned).Err())
	require.NoError(h.tb, h.at(p, workflow.BagSealed).Err())
	require.NoError(h.tb, h.tell(workflow.OrderManifest, m, []byte("for the first")).Err())
	require.NoError(h.tb, h.at(p, workflow.BagGivenToCourier).Err())
	require.NoError(h.tb, h.at(p, workflow.BagLeft).Err())
	return p
}

func (h *hub) untold() []ledger.Post {
	h.tb.Helper()
	posts, err := h.views.UntoldPosts()
	require.NoError(h.tb, err)
	return posts
}

func (h *hub) retell(post consular.PostID, node wire.NodeID) ledger.Result {
	h.tb.Helper()
	return h.do(ledger.Retell{Time: h.now, Post: post, Node: node})
}

// received has a machine take a whole bag in and shelve its cards.
func (m *machine) received(p consular.PouchID, refs ...string) {
	h := m.hub
	h.tb.Helper()
	first := len(m.entries) + 1
	label := wire.PouchOf(p)
	say := func(header wire.Header) {
		header.Record, header.Post, header.IntakeKey = wire.RecordID(h.bytes(16)), m.post, 1
		m.add(header, 64)
	}
	seal, found := wire.SerialDigest("SEAL-1"), uint16(len(refs))
	say(wire.Header{Kind: wire.KindPouchArrived, Pouch: &label})
	say(wire.Header{Kind: wire.KindPouchOpened, Pouch: &label, Serial: &seal, Outcome: wire.SealWhole})
	for _, ref := range refs {
		serial := wire.Digest(h.caseOf(ref).Flow.Serial)
		say(wire.Header{Kind: wire.KindCardReceived, Reference: ref, Serial: &serial, Pouch: &label})
	}
	say(wire.Header{Kind: wire.KindPouchReconciled, Pouch: &label, Count: &found, Outcome: wire.CountAgrees})
	for _, ref := range refs {
		serial := wire.Digest(h.caseOf(ref).Flow.Serial)
		say(wire.Header{Kind: wire.KindCardShelved, Reference: ref, Serial: &serial})
	}
	r := m.send(first, len(m.entries))
	require.NoError(h.tb, r.Err())
	require.Empty(h.tb, r.Refused)
}

// TestRetell replaces the machine of a post that has one bag under way and a card
// of another on its shelf: both manifests and the names are ordered again, for
// the new key.
func TestRetell(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	require.Empty(t, h.untold(), "there was nobody to be told before")
	refs := m.produced(4)
	shelf := h.sent(m, refs[0])
	m.received(shelf, refs[0])
	require.Equal(t, workflow.Ready, workflow.State(h.caseOf(refs[0]).Flow.State))
	way := h.sent(m, refs[1], refs[2])
	packing := h.openPouch("FR-LYO")
	require.NoError(t, h.pack(refs[3], packing).Err())
	require.NoError(t, h.at(packing, workflow.ManifestSigned).Err())
	require.Len(t, h.open(workflow.OrderManifest), 1)

	other := h.join("FR-LYO")
	require.Len(t, h.untold(), 1)
	wantFault(t, fault.Conflict, h.retell("FR-LYO", m.id).Err())
	wantFault(t, fault.NotFound, h.retell("IT-MIL", other.id).Err())
	r := h.retell("FR-LYO", other.id)
	require.NoError(t, r.Err())
	require.EqualValues(t, 6, r.Fired, "two manifests, four names")
	require.Empty(t, h.untold())
	require.Zero(t, h.retell("FR-LYO", other.id).Fired, "a repeat")
	orders := h.open(workflow.OrderManifest)
	require.Len(t, orders, 3, "one of them had been open")
	require.Len(t, h.open(workflow.OrderSummary), 4)
	for _, o := range h.open(workflow.OrderSummary) {
		require.Equal(t, consular.PostID("FR-LYO"), o.Post)
	}

	before := len(h.notices())
	told := map[string][]wire.Notice{}
	for _, o := range orders[1:] {
		require.NoError(t, h.do(ledger.Tell{Time: h.now, Order: o.ID, Node: other.id, Sealed: [][]byte{[]byte("for the second")}}).Err())
		told[o.Reference] = append(told[o.Reference], h.notices()[before:]...)
		before = len(h.notices())
	}
	require.Len(t, told[string(shelf)], 2, "a manifest and where its card stands")
	require.Equal(t, uint8(workflow.PouchReconciled), told[string(shelf)][0].State)
	require.Equal(t, []byte("for the second"), told[string(shelf)][0].Body)
	require.Equal(t, refs[0], told[string(shelf)][1].Reference)
	require.Equal(t, uint8(workflow.Ready), told[string(shelf)][1].State)
	require.Len(t, told[string(way)], 3)
	require.Equal(t, uint8(workflow.PouchInTransit), told[string(way)][0].State)
	require.Equal(t, uint8(workflow.InTransit), told[string(way)][2].State)
	h.replays()
}

// TestRetellInPages bounds what one command opens.
func TestRetellInPages(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	m.produced(70)
	other := h.join("FR-LYO")
	require.EqualValues(t, 64, h.retell("FR-LYO", other.id).Fired)
	require.Len(t, h.untold(), 1)
	require.EqualValues(t, 6, h.retell("FR-LYO", other.id).Fired)
	require.Empty(t, h.untold())
	third := h.join("FR-LYO")
	require.Zero(t, h.retell("FR-LYO", third.id).Fired, "what is open is sealed to the newest key")
	wantFault(t, fault.Conflict, h.retell("FR-LYO", other.id).Err())
	h.replays()
}

func TestListed(t *testing.T) {
	serial := wire.SerialDigest("CN0000001")
	item := ledger.Item{Serial: serial}
	held := ledger.Flow{Kind: uint8(workflow.KindCNIE), State: uint8(workflow.Ready), Holder: "FR-LYO", Serial: serial[:]}
	bag := func(s workflow.State) ledger.Flow {
		return ledger.Flow{Kind: uint8(workflow.KindPouch), State: uint8(s), Pickup: "FR-LYO"}
	}
	for name, test := range map[string]struct {
		bag    workflow.State
		change func(*ledger.Flow)
		want   bool
	}{
		"OK/BeforeItLeft":   {workflow.PouchClosed, func(f *ledger.Flow) { f.Serial = nil }, true},
		"OK/UnderWay":       {workflow.PouchInTransit, func(f *ledger.Flow) { f.Holder = "" }, true},
		"OK/OnTheShelf":     {workflow.PouchReconciled, func(*ledger.Flow) {}, true},
		"No/MadeAnew":       {workflow.PouchInTransit, func(f *ledger.Flow) { f.Serial = make([]byte, 32) }, false},
		"No/GivenOut":       {workflow.PouchReconciled, func(f *ledger.Flow) { f.State = uint8(workflow.HandedOver) }, false},
		"No/ElsewhereNow":   {workflow.PouchDiscrepancy, func(f *ledger.Flow) { f.Holder = "IT-MIL" }, false},
		"OK/GivenInTheOpen": {workflow.PouchOpened, func(f *ledger.Flow) { f.State = uint8(workflow.HandedOver) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			card := ledger.Case{Flow: held}
			test.change(&card.Flow)
			require.Equal(t, test.want, ledger.Listed(bag(test.bag), item, card))
		})
	}
}

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

// produced brings n requests to the pouch desk and gives their references.
func (m *machine) produced(n int) []string {
	h := m.hub
	h.tb.Helper()
	first := len(m.entries) + 1
	references := make([]string, n)
	for i := range references {
		references[i] = m.release().Reference
	}
	require.NoError(h.tb, m.send(first, len(m.entries)).Err())
	for range references {
		require.NoError(h.tb, h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{}).Err())
		require.NoError(h.tb, h.complete(workflow.OrderVerify, workflow.VerificationPassed, ledger.Facts{}).Err())
		require.NoError(h.tb, h.complete(workflow.OrderRoute, workflow.RouteChosen, ledger.Facts{Site: 1}).Err())
	}
	for _, ref := range references {
		require.NoError(h.tb, h.decide(ref, workflow.SiteAccepted, workflow.Production, ledger.Facts{}).Err())
		require.NoError(h.tb, h.decide(ref, workflow.CardProduced, workflow.Production, ledger.Facts{Serial: h.bytes(32)}).Err())
	}
	return references
}

func (h *hub) decide(ref string, event workflow.Event, actor workflow.Actor, f ledger.Facts) ledger.Result {
	h.tb.Helper()
	return h.do(ledger.Decide{
		Time: h.now, Reference: ref, Event: uint8(event), Actor: uint16(actor), Seen: h.caseOf(ref).Flow.Version, Facts: f,
	})
}

func (h *hub) openPouch(post consular.PostID) consular.PouchID {
	h.tb.Helper()
	r := h.do(ledger.OpenPouch{Time: h.now, Post: post})
	require.NoError(h.tb, r.Err())
	require.NoError(h.tb, r.Pouch.Validate())
	return r.Pouch
}

func (h *hub) pack(ref string, p consular.PouchID) ledger.Result {
	h.tb.Helper()
	return h.decide(ref, workflow.CardPacked, workflow.PouchOfficer, ledger.Facts{Pouch: []byte(p)})
}

func (h *hub) pouch(p consular.PouchID) ledger.PouchView {
	h.tb.Helper()
	v, err := h.views.Pouch(p)
	require.NoError(h.tb, err)
	return v
}

// at moves a pouch by the pouch desk.
func (h *hub) at(p consular.PouchID, event workflow.Event, change ...func(*ledger.MovePouch)) ledger.Result {
	h.tb.Helper()
	c := ledger.MovePouch{
		Time: h.now, Pouch: p, Event: uint8(event), Actor: uint16(workflow.PouchOfficer), Seen: h.pouch(p).Flow.Version,
	}
	if event == workflow.BagSealed {
		c.Seal = "SEAL-1"
	}
	for _, f := range change {
		f(&c)
	}
	return h.do(c)
}

func (h *hub) tell(kind workflow.Order, m *machine, sealed ...[]byte) ledger.Result {
	h.tb.Helper()
	orders := h.open(kind)
	require.NotEmpty(h.tb, orders)
	return h.do(ledger.Tell{Time: h.now, Order: orders[0].ID, Node: m.id, Sealed: sealed})
}

func (h *hub) replays() {
	h.tb.Helper()
	require.NoError(h.tb, h.audit().Err())
	again := emptyHub(h.tb, newMemory())
	for _, e := range h.log {
		again.apply(e)
		again.apply(e) // the index guard
	}
	require.Equal(h.tb, h.hash(), again.hash())
}

// TestPouch follows two cards from the pouch desk to the courier.
func TestPouch(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	refs := m.produced(2)
	p := h.openPouch("FR-LYO")
	require.Equal(t, p, h.openPouch("FR-LYO"), "one is being packed")
	require.Len(t, h.open(workflow.OrderPack), 2)
	for _, ref := range refs {
		require.NoError(t, h.pack(ref, p).Err())
	}
	require.Empty(t, h.open(workflow.OrderPack))
	v := h.pouch(p)
	require.Len(t, v.Items, 2)
	require.Equal(t, refs[0], v.Items[0].Reference)
	require.Equal(t, h.caseOf(refs[0]).Flow.Serial, v.Items[0].Serial[:])
	require.EqualValues(t, 2, v.Flow.Count)

	wantFault(t, fault.Conflict, h.at(p, workflow.BagSealed).Err())
	require.NoError(t, h.at(p, workflow.ManifestSigned).Err())
	require.NotEqual(t, p, h.openPouch("FR-LYO"), "the next one")
	require.Len(t, h.open(workflow.OrderManifest), 1)
	wantFault(t, fault.Conflict, h.tell(workflow.OrderManifest, m, []byte("sealed")).Err())
	require.NoError(t, h.at(p, workflow.BagSealed).Err())
	wantFault(t, fault.Conflict, h.at(p, workflow.BagGivenToCourier).Err())
	other := h.join("FR-LYO")
	wantFault(t, fault.Conflict, h.tell(workflow.OrderManifest, m, []byte("sealed")).Err())
	require.NoError(t, h.tell(workflow.OrderManifest, other, []byte("one"), []byte("two")).Err())
	told := h.notices()
	require.Equal(t, []byte("two"), told[len(told)-1].Body)
	require.Equal(t, wire.NoticePouch, told[len(told)-1].Kind)
	require.Equal(t, string(p), told[len(told)-1].Reference)
	require.NoError(t, h.at(p, workflow.BagGivenToCourier, func(c *ledger.MovePouch) { c.Waybill = "WB 1" }).Err())
	require.NoError(t, h.at(p, workflow.BagLeft).Err())
	for _, ref := range refs {
		require.Equal(t, workflow.InTransit, workflow.State(h.caseOf(ref).Flow.State))
	}
	require.Equal(t, "WB 1", h.pouch(p).Sent.Waybill)
	h.now += 16 * 24 * 3600_000
	h.do(ledger.Tick{Time: h.now})
	require.Equal(t, workflow.PouchDelayed, workflow.State(h.pouch(p).Flow.State), "its timer runs like a card's")
	require.Len(t, h.open(workflow.OrderTrace), 1)
	h.replays()
}

func TestPouchRefuses(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	h.join("IT-MIL")
	refs := m.produced(3)
	p, elsewhere := h.openPouch("FR-LYO"), h.openPouch("IT-MIL")
	t.Run("ErrPost", func(t *testing.T) {
		wantFault(t, fault.NotFound, h.do(ledger.OpenPouch{Time: h.now, Post: "ES-LEI"}).Err())
		wantFault(t, fault.Invalid, h.do(ledger.OpenPouch{Time: h.now, Post: "?"}).Err())
		wantFault(t, fault.Conflict, h.pack(refs[0], elsewhere).Err())
	})
	t.Run("ErrPouch", func(t *testing.T) {
		wantFault(t, fault.NotFound, h.pack(refs[0], "PFRLYO269999999A").Err())
		wantFault(t, fault.Conflict, h.at(p, workflow.ManifestSigned).Err()) // empty
		wantFault(t, fault.Denied, h.at(p, workflow.ItemAdded).Err())
		wantFault(t, fault.Denied, h.at(p, workflow.BagArrived, func(c *ledger.MovePouch) { c.Actor = uint16(workflow.Supervisor) }).Err())
	})
	require.NoError(t, h.pack(refs[0], p).Err())
	require.NoError(t, h.pack(refs[1], p).Err())
	t.Run("OK/Unpacked", func(t *testing.T) {
		require.NoError(t, h.decide(refs[0], workflow.CardUnpacked, workflow.PouchOfficer, ledger.Facts{}).Err())
		require.Len(t, h.pouch(p).Items, 1)
		require.EqualValues(t, 1, h.pouch(p).Flow.Count)
		require.Len(t, h.open(workflow.OrderPack), 2)
	})
	t.Run("ErrStale", func(t *testing.T) {
		wantFault(t, fault.Conflict, h.at(p, workflow.ManifestSigned, func(c *ledger.MovePouch) { c.Seen += 9 }).Err())
		wantFault(t, fault.Invalid, h.at(p, workflow.ManifestSigned, func(c *ledger.MovePouch) { c.Seen = 0 }).Err())
	})
	require.NoError(t, h.at(p, workflow.ManifestSigned).Err())
	t.Run("ErrClosed", func(t *testing.T) {
		wantFault(t, fault.Conflict, h.pack(refs[2], p).Err())
		wantFault(t, fault.Conflict, h.decide(refs[1], workflow.CardUnpacked, workflow.PouchOfficer, ledger.Facts{}).Err())
		wantFault(t, fault.Invalid, h.at(p, workflow.BagSealed, func(c *ledger.MovePouch) { c.Seal = "a seal" }).Err())
		wantFault(t, fault.Invalid, h.at(p, workflow.BagSealed, func(c *ledger.MovePouch) { c.Seal = "" }).Err())
	})
	t.Run("OK/TakenOutOfAClosedOne", func(t *testing.T) {
		require.NoError(t, h.decide(refs[1], workflow.PickupChanged, workflow.Citizen, ledger.Facts{Pickup: "IT-MIL"}).Err())
		unpack := h.open(workflow.OrderUnpack)
		require.Len(t, unpack, 1)
		done := ledger.CompleteOrder{Time: h.now, Order: unpack[0].ID}
		wantFault(t, fault.Conflict, h.do(done).Err())
		wantFault(t, fault.Conflict, h.pack(refs[1], elsewhere).Err())
		require.NoError(t, h.at(p, workflow.ManifestReopened).Err())
		require.NoError(t, h.do(done).Err())
		require.NoError(t, h.do(done).Err())
		require.Empty(t, h.pouch(p).Items)
		require.NoError(t, h.pack(refs[1], elsewhere).Err())
	})
	h.replays()
}

// TestSummary: a post that must act gets what it needs of a person, sealed.
func TestSummary(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.sendAll()
	r := h.do(ledger.CompleteOrder{
		Time: h.now, Order: h.open(workflow.OrderExamine)[0].ID, Event: uint8(workflow.ExaminedBad), Actor: uint16(workflow.Hub),
		Reason: uint16(consular.RefusedContentUnreadable),
	})
	require.NoError(t, r.Err())
	orders := h.open(workflow.OrderSummary)
	require.Len(t, orders, 1)
	require.Equal(t, consular.PostID("FR-LYO"), orders[0].Post)
	before := len(h.notices())
	require.NoError(t, h.tell(workflow.OrderSummary, m, []byte("sealed")).Err())
	require.NoError(t, h.do(ledger.Tell{Time: h.now, Order: orders[0].ID, Node: m.id, Sealed: [][]byte{{1}}}).Err(), "a repeat")
	told := h.notices()
	require.Len(t, told, before+1)
	last := told[len(told)-1]
	require.Equal(t, wire.NoticeCaseMoved, last.Kind)
	require.Equal(t, header.Reference, last.Reference)
	require.Equal(t, []byte("sealed"), last.Body)
	wantFault(t, fault.NotFound, h.do(ledger.Tell{Time: h.now, Order: 99, Node: m.id, Sealed: [][]byte{{1}}}).Err())
	wantFault(t, fault.Invalid, h.do(ledger.Tell{Time: h.now, Order: 1, Node: m.id, Sealed: [][]byte{{1}}}).Err())
	wantFault(t, fault.Invalid, h.do(ledger.Tell{Time: h.now, Order: orders[0].ID, Node: m.id}).Err())
	wantFault(t, fault.Invalid, h.do(ledger.Tell{Time: h.now, Order: orders[0].ID, Node: m.id, Sealed: [][]byte{make([]byte, wire.MaxNoticeBody+1)}}).Err())
	h.replays()
}

func TestNoteOpening(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.sendAll()
	note := ledger.NoteOpening{Time: h.now, Reference: header.Reference, By: "verifier-1", Why: "names look swapped"}
	require.NoError(t, h.do(note).Err())
	lines, err := h.views.Openings(0, 10)
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, header.Record, lines[0].Record)
	for name, change := range map[string]func(*ledger.NoteOpening){
		"ErrReference": func(n *ledger.NoteOpening) { n.Reference = "1" }, "ErrBy": func(n *ledger.NoteOpening) { n.By = "" },
		"ErrWhy": func(n *ledger.NoteOpening) { n.Why = "" }, "ErrNotFound": func(n *ledger.NoteOpening) { n.Reference = "000000000000000000" },
	} {
		t.Run(name, func(t *testing.T) {
			bad := note
			change(&bad)
			require.Error(t, h.do(bad).Err())
		})
	}
	h.replays()
}

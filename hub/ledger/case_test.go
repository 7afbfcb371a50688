package ledger_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func (h *hub) caseOf(reference string) ledger.CaseView {
	h.tb.Helper()
	c, err := h.views.Case(consular.Reference(reference))
	require.NoError(h.tb, err)
	return c
}

func (h *hub) open(kind workflow.Order) []ledger.Order {
	h.tb.Helper()
	orders, err := h.views.OpenOrders(uint8(kind), h.now, 100)
	require.NoError(h.tb, err)
	return orders
}

func (h *hub) complete(kind workflow.Order, event workflow.Event, facts ledger.Facts) ledger.Result {
	h.tb.Helper()
	orders := h.open(kind)
	require.NotEmpty(h.tb, orders)
	return h.do(ledger.CompleteOrder{
		Time: h.now, Order: orders[0].ID, Event: uint8(event), Actor: uint16(workflow.Hub), Facts: facts,
	})
}

// TestReleasedRequest drives a request from its release to a card site.
func TestReleasedRequest(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.releaseHeader()
	header.Pickup = "IT-MIL"
	m.add(header, 64)
	m.sendAll()

	c := h.caseOf(header.Reference)
	require.Equal(t, uint64(1), c.Number)
	require.Equal(t, uint8(workflow.Replicated), c.Flow.State)
	require.Equal(t, workflow.StatusEnrolled, c.Status)
	require.Len(t, c.Timeline, 1)
	examine := h.open(workflow.OrderExamine)
	require.Len(t, examine, 1)
	require.Equal(t, header.Record, examine[0].Record)
	require.Equal(t, c.Commit, examine[0].Commit)

	retry := ledger.CompleteOrder{Time: h.now, Order: examine[0].ID, Retry: h.now + 1e7, Text: "vault is busy"}
	require.NoError(t, h.do(retry).Err())
	require.Empty(t, h.open(workflow.OrderExamine), "not due")
	h.now += 1e7
	require.Equal(t, uint32(1), h.open(workflow.OrderExamine)[0].Attempts)

	r := h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{})
	require.NoError(t, r.Err())
	require.Equal(t, workflow.Verifying, r.State)
	again := ledger.CompleteOrder{
		Time: h.now, Order: examine[0].ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub),
	}
	require.NoError(t, h.do(again).Err(), "at least once")
	again.Event = uint8(workflow.ExaminedBad)
	wantFault(t, fault.Used, h.do(again).Err())

	require.NoError(t, h.complete(workflow.OrderVerify, workflow.VerificationPassed, ledger.Facts{}).Err())
	require.NoError(t, h.complete(workflow.OrderRoute, workflow.RouteChosen, ledger.Facts{Site: 1}).Err())
	c = h.caseOf(header.Reference)
	require.Equal(t, uint8(workflow.Routed), c.Flow.State)
	r = h.do(ledger.Decide{
		Time: h.now, Reference: header.Reference, Event: uint8(workflow.SiteAccepted),
		Actor: uint16(workflow.Production), Seen: c.Flow.Version,
	})
	require.NoError(t, r.Err())
	require.Equal(t, workflow.InProduction, r.State)
	require.NoError(t, h.audit().Err())
	require.NotEmpty(t, h.notices())
	for _, n := range h.notices() {
		require.Equal(t, header.Reference, n.Reference)
	}
}

// TestLateNews: what was carried out is done, also when the case has moved on.
func TestLateNews(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.sendAll()
	r := h.do(ledger.CompleteOrder{
		Time: h.now, Order: h.open(workflow.OrderExamine)[0].ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub),
	})
	require.NoError(t, r.Err())
	decide := ledger.Decide{
		Time: h.now, Reference: header.Reference, Event: uint8(workflow.RecaptureAsked),
		Actor: uint16(workflow.Verifier), Seen: r.Version, Reason: uint16(consular.RefusedPortraitQuality),
	}
	require.NoError(t, h.do(decide).Err())
	notify := h.open(workflow.OrderNotify)
	require.Len(t, notify, 1)
	again := m.releaseHeader()
	again.Reference, again.SlipHash = header.Reference, header.SlipHash
	m.add(again, 64)
	require.Empty(t, m.sendAll().Refused)
	require.Equal(t, notify, h.open(workflow.OrderNotify), "a message that is due stays due")
	late := ledger.CompleteOrder{
		Time: h.now, Order: notify[0].ID, Event: uint8(workflow.NoticeDelivered), Actor: uint16(workflow.System),
	}
	require.NoError(t, h.do(late).Err())
	require.NoError(t, h.do(late).Err())
	require.Empty(t, h.open(workflow.OrderNotify))
	require.Equal(t, uint8(workflow.Replicated), h.caseOf(header.Reference).Flow.State)
	require.NoError(t, h.audit().Err())

	got, err := h.views.Follow(consular.Reference(header.Reference), slipCode)
	require.NoError(t, err)
	require.Zero(t, got.Reason)
	require.Len(t, got.Steps, 4)
}

// TestTellsOnce: one post in two roles is told once of one step.
func TestTellsOnce(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.sendAll()
	require.NoError(t, h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{}).Err())
	require.NoError(t, h.complete(workflow.OrderVerify, workflow.VerificationPassed, ledger.Facts{}).Err())
	require.NoError(t, h.complete(workflow.OrderRoute, workflow.RouteChosen, ledger.Facts{Site: 1}).Err())
	opened := h.do(ledger.OpenPouch{Time: h.now, Post: "FR-LYO"})
	require.NoError(t, opened.Err())
	serial, pouch := h.bytes(32), []byte(opened.Pouch)
	steps := []struct {
		event workflow.Event
		actor workflow.Actor
	}{
		{workflow.SiteAccepted, workflow.Production},
		{workflow.CardProduced, workflow.Production},
		{workflow.CardPacked, workflow.PouchOfficer},
		{workflow.PouchLeft, workflow.PouchOfficer},
	}
	for _, step := range steps {
		r := h.do(ledger.Decide{
			Time: h.now, Reference: header.Reference, Event: uint8(step.event), Actor: uint16(step.actor),
			Seen: h.caseOf(header.Reference).Flow.Version, Facts: ledger.Facts{Serial: serial, Pouch: pouch},
		})
		require.NoError(t, r.Err())
	}
	c := h.caseOf(header.Reference)
	require.Equal(t, uint8(workflow.InTransit), c.Flow.State)
	require.Equal(t, serial, c.Flow.Serial)
	seen := map[uint64]bool{}
	for _, n := range h.notices() {
		require.False(t, seen[n.Case], "version %d told twice", n.Case)
		seen[n.Case] = true
	}
	require.True(t, seen[c.Flow.Version])
}

func TestOrderRefusals(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.sendAll()
	order := h.open(workflow.OrderExamine)[0]
	c := ledger.CompleteOrder{Time: h.now, Order: order.ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub)}

	unknown := c
	unknown.Order = 99
	wantFault(t, fault.NotFound, h.do(unknown).Err())
	post := c
	post.Actor = uint16(workflow.Node)
	wantFault(t, fault.Denied, h.do(post).Err())
	wrong := c
	wrong.Event = uint8(workflow.CardProduced)
	wantFault(t, fault.Conflict, h.do(wrong).Err())
	require.Len(t, h.open(workflow.OrderExamine), 1, "a refused result leaves the order open")

	cancel := m.releaseHeader()
	cancel.Kind, cancel.Reference = wire.KindRequestCancelled, header.Reference
	m.add(cancel, 64)
	require.Empty(t, m.sendAll().Refused)
	require.Equal(t, uint8(workflow.Canceled), h.caseOf(header.Reference).Flow.State)
	require.Empty(t, h.open(workflow.OrderExamine), "withdrawn with the case")
	wantFault(t, fault.Conflict, h.do(c).Err())
	retry := ledger.CompleteOrder{Time: h.now, Order: order.ID, Retry: h.now}
	wantFault(t, fault.Conflict, h.do(retry).Err())
	require.Empty(t, h.open(workflow.OrderExamine), "a failed attempt opens nothing again")
	wantFault(t, fault.NotFound, h.do(ledger.Decide{Time: h.now, Reference: "000000000000000000", Event: 1}).Err())
	require.NoError(t, h.audit().Err())
}

func TestAmend(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	first := m.release()
	amended := m.releaseHeader()
	amended.Kind, amended.Reference, amended.Replaces = wire.KindRequestAmended, first.Reference, &first.Record
	m.add(amended, 64)
	wrong := m.releaseHeader()
	wrong.Kind, wrong.Reference, wrong.Replaces = wire.KindRequestAmended, first.Reference, &first.Record
	m.add(wrong, 64)
	r := m.sendAll()
	require.Equal(t, []ledger.RefusedEntry{{Seq: 3, Reason: ledger.ReasonReplaces}}, r.Refused)
	c := h.caseOf(first.Reference)
	require.Equal(t, amended.Record, c.Record)
	require.Equal(t, uint64(2), c.Flow.Version)
	orders := h.open(workflow.OrderExamine)
	require.Len(t, orders, 1, "the order for the old packet is withdrawn")
	require.Equal(t, amended.Record, orders[0].Record)
}

// TestFollow: an unknown reference and a wrong code get one answer (I21).
func TestFollow(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	header := m.release()
	m.sendAll()
	ref := consular.Reference(header.Reference)

	got, err := h.views.Follow(ref, slipCode)
	require.NoError(t, err)
	require.Equal(t, workflow.StatusEnrolled, got.Status)
	require.Equal(t, consular.CNIERenewal, got.Service)
	require.Len(t, got.Steps, 1)

	other, err := consular.NewReference(h.chaos)
	require.NoError(t, err)
	_, unknown := h.views.Follow(other, slipCode)
	_, wrong := h.views.Follow(ref, "87654321")
	wantFault(t, fault.NotFound, unknown)
	require.Equal(t, unknown, wrong)
	_, empty := newHub(t).views.Follow(ref, slipCode)
	require.Equal(t, unknown, empty)
}

func TestTimers(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	m.release()
	m.sendAll()
	require.Zero(t, h.do(ledger.Tick{Time: h.now}).Fired)
	h.now += 5 * 3600_000
	require.Equal(t, uint64(1), h.do(ledger.Tick{Time: h.now}).Fired, "the examination is late")
	require.Zero(t, h.do(ledger.Tick{Time: h.now}).Fired)
	alarms, err := h.views.Alarms(0, 10)
	require.NoError(t, err)
	require.Len(t, alarms, 1)
	require.Equal(t, ledger.AlarmClock, alarms[0].Kind)
	h.now += 61 * 24 * 3600_000
	require.Equal(t, uint64(2), h.do(ledger.Tick{Time: h.now}).Fired, "target and legal limit")
}

// TestFlowIsComplete: the stored form has every field of the workflow's.
func TestFlowIsComplete(t *testing.T) {
	flow, step := reflect.TypeFor[ledger.Flow](), reflect.TypeFor[workflow.Case]()
	require.Equal(t, step.NumField(), flow.NumField())
	for field := range step.Fields() {
		_, found := flow.FieldByName(field.Name)
		require.True(t, found, field.Name)
	}
	filled := ledger.Flow{
		Kind: 1, State: 2, Before: 3, Version: 4, Since: 5, Service: 6, Serving: "A", Pickup: "B", Holder: "C",
		Onward: "D", Site: 7, Serial: make([]byte, 32), Pouch: make([]byte, 16), Reason: 8, Count: 9, Packets: 10,
		Supplements: 11, Recaptures: 12, Returns: 13, NoShows: 14, Attempts: 15, Checks: 16, Reminders: 17,
		Appeals: 18, Paid: true, Legal: 2, Legalizations: 19,
	}
	filled.Serial[0], filled.Pouch[0] = 1, 1
	value := reflect.ValueOf(filled.Case())
	for field, got := range value.Fields() {
		require.False(t, got.IsZero(), field.Name)
	}
	require.Equal(t, filled, ledger.FlowOf(filled.Case()))
}

func TestNoticesFollow(t *testing.T) {
	h := newHub(t)
	m := h.join("FR-LYO")
	for range 3 {
		m.append(wire.Entry{Header: []byte{1}, Body: []byte{2}})
	}
	m.sendAll()
	at, err := h.views.NoticeHead("FR-LYO")
	require.NoError(t, err)
	require.Equal(t, uint64(3), at.Seq)
	cluster, err := h.views.Cluster()
	require.NoError(t, err)
	cursor := wire.NoticeGenesis(cluster.ID, "FR-LYO")
	for range 3 {
		after, raws, err := h.views.NoticesAfter("FR-LYO", cursor.Seq, 1)
		require.NoError(t, err)
		require.Equal(t, cursor, after)
		require.Len(t, raws, 1)
		cursor = cursor.Next(raws[0])
	}
	require.Equal(t, at, cursor)
	_, raws, err := h.views.NoticesAfter("FR-LYO", 3, 1)
	require.NoError(t, err)
	require.Empty(t, raws)
	_, _, err = h.views.NoticesAfter("FR-LYO", 4, 1)
	wantFault(t, fault.Gap, err)
}

// TestDivergence: a member whose state has parted from the leader's stops, and
// only then (D21).
func TestDivergence(t *testing.T) {
	h := newHub(t)
	tick := func() ledger.Tick {
		c, err := h.views.NextTick(h.now)
		require.NoError(t, err)
		return c
	}
	require.NoError(t, h.do(tick()).Err())
	h.join("FR-LYO")
	good := tick()
	require.Equal(t, uint64(2), good.Index)
	require.NoError(t, h.do(good).Err())

	bad := tick()
	bad.Hash[0] ^= 1
	raw, err := ledger.Encode(bad)
	require.NoError(t, err)
	err = h.store.Update(func(w kv.Writer) error {
		_, err := ledger.Apply(w, h.index+1, term, raw)
		return err
	})
	wantFault(t, fault.Corrupt, err)
	bad.Index-- // the state has moved on: nothing to compare with
	require.NoError(t, h.do(bad).Err())
}

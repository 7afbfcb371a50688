package ledger_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// citizen is a person at the portal as the ledger meets one.
type citizen struct {
	hub   *hub
	owner wire.Digest
}

func (h *hub) citizen() citizen { return citizen{hub: h, owner: wire.Digest(h.bytes(32))} }

// header is one of the portal, with the fields that all of them have.
func (c citizen) header(kind wire.Kind, reference string) wire.Header {
	return wire.Header{
		Record: wire.RecordID(c.hub.bytes(16)), Kind: kind, Source: wire.SourcePortal, Time: c.hub.now,
		Reference: reference, IntakeKey: 1, Owner: &c.owner,
	}
}

func (c citizen) filing() wire.Header {
	c.hub.tb.Helper()
	ref, err := consular.NewReference(c.hub.chaos)
	require.NoError(c.hub.tb, err)
	h := c.header(wire.KindRequestReleased, ref.Digits())
	slip := wire.Digest(slipCode.Hash(ref))
	h.Service, h.SlipHash = uint8(consular.RecordPolice), &slip
	return h
}

func (c citizen) entry(h wire.Header) wire.Entry {
	c.hub.tb.Helper()
	e, err := wire.NewEntry(h, c.hub.bytes(48))
	require.NoError(c.hub.tb, err)
	return e
}

func (c citizen) send(e wire.Entry) ledger.Result {
	c.hub.tb.Helper()
	return c.hub.do(ledger.File{Time: c.hub.now, Header: e.Header, Body: e.Body})
}

// file files a request and drives it until the issuer has it.
func (c citizen) file() string {
	c.hub.tb.Helper()
	h := c.filing()
	require.NoError(c.hub.tb, c.send(c.entry(h)).Err())
	require.Equal(c.hub.tb, workflow.AwaitingPayment, c.hub.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{}).State)
	require.Equal(c.hub.tb, workflow.WithIssuer, c.hub.complete(workflow.OrderCharge, workflow.FeePaid, ledger.Facts{}).State)
	return h.Reference
}

func (h *hub) issuer(event workflow.Event, object wire.Digest) ledger.Result {
	h.tb.Helper()
	orders := h.open(workflow.OrderIssue)
	require.NotEmpty(h.tb, orders)
	return h.do(ledger.CompleteOrder{
		Time: h.now, Order: orders[0].ID, Event: uint8(event), Actor: uint16(workflow.Issuer), Facts: ledger.Facts{Serial: object[:]},
	})
}

// TestRecordOnline is a request from its filing to the person's own screen.
func TestRecordOnline(t *testing.T) {
	h := newHub(t)
	person, stranger := h.citizen(), h.citizen()
	first := person.filing()
	e := person.entry(first)
	r := person.send(e)
	require.NoError(t, r.Err())
	again := person.send(e)
	require.NoError(t, again.Err(), "sent twice is filed once")
	require.Equal(t, r.Commit, again.Commit)
	other := first
	wantFault(t, fault.Exists, person.send(person.entry(other)).Err())

	mine, err := h.views.Mine(person.owner, 10)
	require.NoError(t, err)
	require.Len(t, mine, 1)
	none, err := h.views.Mine(stranger.owner, 10)
	require.NoError(t, err)
	require.Empty(t, none)

	require.Equal(t, workflow.AwaitingPayment, h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{}).State)
	require.Equal(t, workflow.WithIssuer, h.complete(workflow.OrderCharge, workflow.FeePaid, ledger.Facts{}).State)
	require.Len(t, h.open(workflow.OrderSettle), 1, "what is paid twice is given back")
	document := wire.Digest(sha256.Sum256([]byte("sealed")))
	require.Equal(t, workflow.Issued, h.issuer(workflow.RecordIssued, document).State)
	require.Equal(t, document[:], h.caseOf(first.Reference).Flow.Serial)

	wantFault(t, fault.NotFound, stranger.send(stranger.entry(stranger.header(wire.KindDocumentReleased, first.Reference))).Err())
	release := person.header(wire.KindDocumentReleased, first.Reference)
	wantFault(t, fault.NotFound, h.do(ledger.ReadOnce{Time: h.now, Record: release.Record}).Err())
	require.NoError(t, person.send(person.entry(release)).Err())
	require.NoError(t, h.do(ledger.ReadOnce{Time: h.now, Record: release.Record}).Err())
	wantFault(t, fault.Used, h.do(ledger.ReadOnce{Time: h.now, Record: release.Record}).Err())
	wantFault(t, fault.Invalid, h.do(ledger.ReadOnce{Time: h.now, Record: first.Record}).Err())
	require.Equal(t, uint8(workflow.EDelivered), h.caseOf(first.Reference).Flow.State)

	issued := timerOf(h.caseOf(first.Reference), workflow.ClockValid)
	h.now = issued.Due + 1
	h.do(ledger.Tick{Time: h.now})
	require.Equal(t, uint8(workflow.Expired), h.caseOf(first.Reference).Flow.State, "three months from the issue")
	require.NoError(t, h.audit().Err())
}

// TestRecordPrinted is a request that is printed at a post, spoilt once, and
// handed over.
func TestRecordPrinted(t *testing.T) {
	h := newHub(t)
	person := h.citizen()
	m := h.join("ES-LEI")
	reference := person.file()
	require.NoError(t, h.issuer(workflow.RecordIssued, wire.Digest{9}).Err())

	ask := person.header(wire.KindPrintAsked, reference)
	code := wire.Digest(h.bytes(32))
	ask.Pickup, ask.SlipHash = "ES-LEI", &code
	require.NoError(t, person.send(person.entry(ask)).Err())
	issued := timerOf(h.caseOf(reference), workflow.ClockValid).Due

	at := func(kind wire.Kind, slip *wire.Digest) ledger.BatchResult {
		m.add(wire.Header{Record: wire.RecordID(h.bytes(16)), Kind: kind, Post: m.post, Reference: reference, IntakeKey: 1, SlipHash: slip}, 40)
		return m.sendAll()
	}
	wrong := wire.Digest(h.bytes(32))
	require.Equal(t, ledger.ReasonCode, at(wire.KindPrintBegun, &wrong).Refused[0].Reason)
	require.Empty(t, at(wire.KindPrintBegun, &code).Refused)
	require.Equal(t, ledger.ReasonNotNow, at(wire.KindPrintBegun, &code).Refused[0].Reason, "a print is begun once")

	begun := h.caseOf(reference).Print
	require.NotNil(t, begun)
	order := h.open(workflow.OrderPrint)[0]
	ticket := wire.Ticket{Version: wire.Version, Record: wire.RecordID{1}, Object: wire.Digest{8}, Size: 262144}
	tell := ledger.Tell{Time: h.now, Order: order.ID, Node: m.id, Sealed: [][]byte{wire.Marshal(ticket)}}
	wantFault(t, fault.Conflict, h.do(tell).Err())
	ticket.Record = begun.Record
	tell.Sealed[0] = wire.Marshal(ticket)
	require.NoError(t, h.do(tell).Err())
	require.Equal(t, ticket.Object, h.caseOf(reference).Print.Object)
	_, raws, err := h.views.NoticesAfter(m.post, 0, 100)
	require.NoError(t, err)
	last, err := wire.DecodeNotice(raws[len(raws)-1])
	require.NoError(t, err)
	require.Equal(t, wire.NoticeDocument, last.Kind)

	require.Empty(t, at(wire.KindDocumentPrinted, nil).Refused)
	require.Empty(t, at(wire.KindPrintSpoilt, nil).Refused)
	require.Empty(t, at(wire.KindPrintBegun, &code).Refused)
	require.Empty(t, at(wire.KindDocumentPrinted, nil).Refused)
	require.Equal(t, ledger.ReasonNotNow, at(wire.KindPrintSpoilt, nil).Refused[0].Reason, "one reprint")
	require.Equal(t, issued, timerOf(h.caseOf(reference), workflow.ClockValid).Due, "the three months run on")
	require.Empty(t, at(wire.KindDocumentHandedOver, nil).Refused)
	require.Equal(t, uint8(workflow.HandedOver), h.caseOf(reference).Flow.State)
	require.NoError(t, h.audit().Err())
}

// TestRecordQuery: the issuer asks once, the person's time runs from the proof
// that the question arrived.
func TestRecordQuery(t *testing.T) {
	h := newHub(t)
	person := h.citizen()
	reference := person.file()
	question := wire.Digest{7}
	require.Equal(t, workflow.IdentityQuery, h.issuer(workflow.QueryAsked, question).State)
	require.Equal(t, question, h.caseOf(reference).Question)
	h.now += 40 * 24 * 3600_000
	h.do(ledger.Tick{Time: h.now})
	require.Equal(t, uint8(workflow.IdentityQuery), h.caseOf(reference).Flow.State)
	require.NoError(t, h.complete(workflow.OrderNotify, workflow.NoticeDelivered, ledger.Facts{}).Err())
	require.NotZero(t, timerOf(h.caseOf(reference), workflow.ClockSupplement).Due)
	require.NoError(t, person.send(person.entry(person.header(wire.KindQueryAnswered, reference))).Err())
	require.NotZero(t, h.caseOf(reference).Answer)
	wantFault(t, fault.Conflict, h.issuer(workflow.QueryAsked, question).Err())

	silent := h.citizen().file()
	require.NoError(t, h.do(ledger.CompleteOrder{
		Time: h.now, Order: h.open(workflow.OrderIssue)[1].ID, Event: uint8(workflow.QueryAsked),
		Actor: uint16(workflow.Issuer), Facts: ledger.Facts{Serial: question[:]},
	}).Err())
	m := h.join("ES-LEI")
	m.add(wire.Header{Record: wire.RecordID(h.bytes(16)), Kind: wire.KindCallLogged, Post: m.post, Reference: silent, IntakeKey: 1}, 40)
	require.Empty(t, m.sendAll().Refused, "a logged call counts as told")
	h.now += 31 * 24 * 3600_000
	h.do(ledger.Tick{Time: h.now})
	require.Equal(t, uint8(workflow.NoResponse), h.caseOf(silent).Flow.State)
	require.NoError(t, h.audit().Err())
}

// TestUnpaid: nobody paid in 48 hours.
func TestUnpaid(t *testing.T) {
	h := newHub(t)
	person := h.citizen()
	filing := person.filing()
	require.NoError(t, person.send(person.entry(filing)).Err())
	require.NoError(t, h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{}).Err())
	h.now += 49 * 3600_000
	h.do(ledger.Tick{Time: h.now})
	c := h.caseOf(filing.Reference)
	require.Equal(t, uint8(workflow.Expired), c.Flow.State)
	require.Empty(t, h.open(workflow.OrderCharge))
	require.Len(t, h.open(workflow.OrderSettle), 1)
	gone := person.header(wire.KindRequestCancelled, filing.Reference)
	wantFault(t, fault.Conflict, person.send(person.entry(gone)).Err())
}

// TestFilingRefused: what the portal may not send changes nothing.
func TestFilingRefused(t *testing.T) {
	h := newHub(t)
	person := h.citizen()
	m := h.join("FR-LYO")
	cardRef := m.release().Reference
	m.sendAll()
	for _, tc := range []struct {
		name string
		kind fault.Kind
		make func() wire.Entry
	}{
		{"NotADecodableHeader", fault.Invalid, func() wire.Entry { return wire.Entry{Header: []byte{0xff}, Body: []byte{1}} }},
		{"NoBody", fault.TooLarge, func() wire.Entry { return wire.Entry{Header: []byte{0xff}} }},
		{"BodyOfAnother", fault.Invalid, func() wire.Entry {
			e := person.entry(person.filing())
			e.Body = []byte{1}
			return e
		}},
		{"OfANode", fault.Invalid, func() wire.Entry {
			bad := m.releaseHeader()
			bad.Source, bad.Node, bad.Incarnation, bad.Seq = wire.SourceNode, m.id, 1, 1
			return person.entry(bad)
		}},
		{"ACard", fault.Invalid, func() wire.Entry {
			bad := person.filing()
			bad.Service = uint8(consular.CNIEFirst)
			return person.entry(bad)
		}},
		{"AStaffEvent", fault.Unsupported, func() wire.Entry { return person.entry(person.header(wire.KindStaffSignedIn, "")) }},
		{"ACardsReference", fault.Exists, func() wire.Entry {
			bad := person.filing()
			bad.Reference = cardRef
			return person.entry(bad)
		}},
		{"WithdrawsAnothersCard", fault.NotFound, func() wire.Entry { return person.entry(person.header(wire.KindRequestCancelled, cardRef)) }},
		{"NoSuchRequest", fault.NotFound, func() wire.Entry {
			return person.entry(person.header(wire.KindDocumentReleased, person.filing().Reference))
		}},
		{"PrintBegunByNobody", fault.Invalid, func() wire.Entry {
			bad := person.header(wire.KindPrintBegun, cardRef)
			bad.SlipHash = &wire.Digest{1}
			return person.entry(bad)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := tc.make()
			before, err := h.views.Counts()
			require.NoError(t, err)
			wantFault(t, tc.kind, person.send(e).Err())
			after, err := h.views.Counts()
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.NoError(t, h.audit().Err())
		})
	}
}

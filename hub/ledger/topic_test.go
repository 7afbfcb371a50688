package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// about is a filing of a person for a topic.
func (c citizen) about(topic wire.Digest) wire.Header {
	h := c.filing()
	h.Topic = &topic
	return h
}

func (h *hub) examined(topic []byte) ledger.Result {
	h.tb.Helper()
	return h.complete(workflow.OrderExamine, workflow.ExaminedGood, ledger.Facts{Topic: topic})
}

// TestOneOpenRequest: a second request for the same changes nothing, until the
// first one has ended.
func TestOneOpenRequest(t *testing.T) {
	h := newHub(t)
	person, stranger, topic := h.citizen(), h.citizen(), wire.Digest{1}
	first := person.about(topic)
	e := person.entry(first)
	require.NoError(t, person.send(e).Err())
	require.NoError(t, person.send(e).Err(), "its own repeat is no other request")

	before, err := h.views.Counts()
	require.NoError(t, err)
	r := person.send(person.entry(person.about(topic)))
	wantFault(t, fault.Conflict, r.Err())
	require.Equal(t, ledger.ReasonOpenAlready, r.Reason)
	require.Equal(t, "already-open", r.Reason.Code())
	after, err := h.views.Counts()
	require.NoError(t, err)
	require.Equal(t, before, after)
	open, err := h.views.OpenFor(person.owner, topic)
	require.NoError(t, err)
	require.Equal(t, first.Reference, open.Reference)

	for name, one := range map[string]func() ledger.Result{
		"AnotherPerson": func() ledger.Result { return stranger.send(stranger.entry(stranger.about(topic))) },
		"AnotherTopic":  func() ledger.Result { return person.send(person.entry(person.about(wire.Digest{2}))) },
		"OlderPortal":   func() ledger.Result { return person.send(person.entry(person.filing())) },
	} {
		t.Run(name, func(t *testing.T) { require.NoError(t, one().Err()) })
	}
	_, err = h.views.OpenFor(stranger.owner, wire.Digest{2})
	wantFault(t, fault.NotFound, err)

	require.NoError(t, person.send(person.entry(person.header(wire.KindRequestCancelled, first.Reference))).Err())
	_, err = h.views.OpenFor(person.owner, topic)
	wantFault(t, fault.NotFound, err)
	second := person.about(topic)
	require.NoError(t, person.send(person.entry(second)).Err(), "the first one has ended")
	open, err = h.views.OpenFor(person.owner, topic)
	require.NoError(t, err)
	require.Equal(t, second.Reference, open.Reference)
	require.NoError(t, h.audit().Err())
	h.replays()
}

// TestOneOpenExamined: what the opener finds to be the same is sent back, from
// whatever counter it came, and the one before goes on.
func TestOneOpenExamined(t *testing.T) {
	h := newHub(t)
	m, person := h.join("ES-LEI"), h.citizen()
	topic := h.bytes(32)
	filed := person.filing()
	require.NoError(t, person.send(person.entry(filed)).Err())
	require.Equal(t, workflow.AwaitingPayment, h.examined(topic).State)

	atDesk := func() string {
		one := m.releaseHeader()
		one.Service = uint8(consular.RecordPolice)
		m.add(one, 64)
		require.Empty(t, m.sendAll().Refused)
		return one.Reference
	}
	second := atDesk()
	order := h.open(workflow.OrderExamine)[0]
	require.Equal(t, workflow.Rejected, h.examined(topic).State)
	c := h.caseOf(second)
	require.Equal(t, uint16(consular.RefusedDuplicateRequest), c.Flow.Reason)
	again := h.do(ledger.CompleteOrder{
		Time: h.now, Order: order.ID, Event: uint8(workflow.ExaminedGood), Actor: uint16(workflow.Hub), Facts: ledger.Facts{Topic: topic},
	})
	require.NoError(t, again.Err(), "the worker says it again")
	require.Equal(t, uint8(workflow.AwaitingPayment), h.caseOf(filed.Reference).Flow.State)

	atDesk()
	require.Equal(t, workflow.WithIssuer, h.examined(h.bytes(32)).State, "for something else")
	atDesk()
	require.Equal(t, workflow.WithIssuer, h.examined(nil).State, "of whom the opener knows no number")
	require.NoError(t, person.send(person.entry(person.header(wire.KindRequestCancelled, filed.Reference))).Err())
	atDesk()
	require.Equal(t, workflow.WithIssuer, h.examined(topic).State)
	require.NoError(t, h.audit().Err())
	h.replays()
}

// TestTopicNeedsItsFeature: members of before do not know topics.
func TestTopicNeedsItsFeature(t *testing.T) {
	h := newHub(t)
	require.NoError(t, h.store.Update(func(w kv.Writer) error { return ledger.LowerFeature(w, 3) }))
	person, topic := h.citizen(), wire.Digest{1}
	for range 2 {
		require.NoError(t, person.send(person.entry(person.about(topic))).Err())
		require.Equal(t, workflow.AwaitingPayment, h.examined(topic[:]).State)
	}
	_, err := h.views.OpenFor(person.owner, topic)
	wantFault(t, fault.NotFound, err)
	require.NoError(t, h.do(ledger.RaiseFeature{Time: h.now, Level: 4}).Err())
	require.NoError(t, person.send(person.entry(person.about(topic))).Err(), "what was filed before has no topic")
	wantFault(t, fault.Conflict, person.send(person.entry(person.about(topic))).Err())
	require.NoError(t, h.audit().Err())
}

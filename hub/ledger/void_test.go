package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// TestSweptVoid: the list holds as of when every office was asked, and never as of
// an earlier time than it did.
func TestSweptVoid(t *testing.T) {
	h := newHub(t)
	at := func() int64 {
		t.Helper()
		got, err := h.views.VoidSwept()
		require.NoError(t, err)
		return got
	}
	require.Zero(t, at())
	before := h.now - 5
	require.NoError(t, h.do(ledger.SweptVoid{Time: h.now, Asked: before}).Err())
	require.Equal(t, before, at())
	require.NoError(t, h.do(ledger.SweptVoid{Time: h.now, Asked: before - 1}).Err())
	require.Equal(t, before, at())
	wantFault(t, fault.Invalid, h.do(ledger.SweptVoid{Time: h.now, Asked: h.now + 1e9}).Err())
	wantFault(t, fault.Invalid, h.do(ledger.SweptVoid{Time: h.now}).Err())
	require.NoError(t, h.audit().Err())
}

// TestVoidDocument: what an office revokes is on the list, and its case ends.
func TestVoidDocument(t *testing.T) {
	h := newHub(t)
	person := h.citizen()
	first := person.file()
	number := h.caseOf(first).Number
	void := func(of uint64, name byte) ledger.Result {
		return h.do(ledger.VoidDocument{Time: h.now, Case: of, Document: wire.Digest{name}})
	}
	listed := func() []wire.Digest {
		list, err := h.views.VoidDocuments()
		require.NoError(t, err)
		return list
	}
	wantFault(t, fault.Conflict, void(number, 1).Err())
	wantFault(t, fault.NotFound, void(number+9, 1).Err())
	wantFault(t, fault.Invalid, void(number, 0).Err())
	require.Empty(t, listed())

	require.NoError(t, h.issuer(workflow.RecordIssued, wire.Digest{9}).Err())
	require.Equal(t, workflow.Revoked, void(number, 1).State)
	require.Equal(t, []wire.Digest{{1}}, listed())
	before := h.caseOf(first).Flow.Version
	require.NoError(t, void(number, 1).Err(), "the office says it again")
	require.Equal(t, before, h.caseOf(first).Flow.Version)
	require.Zero(t, h.caseOf(first).Flow.Reason, "why stays with the office")

	second := person.file()
	require.NoError(t, h.issuer(workflow.RecordIssued, wire.Digest{8}).Err())
	wantFault(t, fault.Conflict, void(h.caseOf(second).Number, 1).Err())
	h.now = timerOf(h.caseOf(second), workflow.ClockValid).Due + 1
	h.do(ledger.Tick{Time: h.now})
	require.NoError(t, void(h.caseOf(second).Number, 2).Err(), "it expired before; the paper may be about")
	require.Equal(t, uint8(workflow.Expired), h.caseOf(second).Flow.State)
	require.Equal(t, []wire.Digest{{1}, {2}}, listed())
	require.NoError(t, h.audit().Err())
	h.replays()
}

func TestVoidNeedsItsFeature(t *testing.T) {
	h := newHub(t)
	first := h.citizen().file()
	require.NoError(t, h.issuer(workflow.RecordIssued, wire.Digest{9}).Err())
	require.NoError(t, h.store.Update(func(w kv.Writer) error { return ledger.LowerFeature(w, 3) }))
	wantFault(t, fault.Unsupported, h.do(ledger.VoidDocument{Time: h.now, Case: h.caseOf(first).Number, Document: wire.Digest{1}}).Err())
	require.Equal(t, uint8(workflow.Issued), h.caseOf(first).Flow.State)
}

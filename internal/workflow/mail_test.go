package workflow_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	. "jaliya/internal/workflow"
)

// issued is a record that its office just issued.
func issued(t *testing.T) Case {
	t.Helper()
	return walk(t, Case{Kind: KindRecord},
		Input{Event: Committed, Actor: Node, Post: lyon, Service: consular.RecordPolice},
		Input{Event: ExaminedGood, Actor: Hub},
		Input{Event: RecordIssued, Actor: Issuer, Serial: card},
	).Case
}

// printed is one that lies printed at its post.
func printed(t *testing.T) Case {
	t.Helper()
	return walk(t, issued(t),
		Input{Event: PrintBegun, Actor: Agent, Post: lyon}, Input{Event: DocumentPrinted, Actor: Agent, Post: lyon}).Case
}

// TestLegalization: once, by the hub alone; the file keeps its serial and its
// three months, and who is refused has the document without.
func TestLegalization(t *testing.T) {
	c := issued(t)
	for _, end := range []Input{
		{Event: DocumentLegalized, Actor: Hub, Serial: other},
		{Event: LegalizationDenied, Actor: Hub, Reason: consular.RefusedNotEntitled},
	} {
		begun := walk(t, c, Input{Event: LegalizationBegun, Actor: Hub})
		require.Equal(t, StatusIssued, begun.Status)
		require.False(t, slices.ContainsFunc(begun.Timers, func(one Timer) bool { return one.Limit.Clock == ClockValid }), "the months run on")
		opened := walk(t, begun.Case, Input{Event: DocumentReleased, Actor: Citizen})
		require.Equal(t, Legalizing, opened.Case.State, "the file is there meanwhile")
		require.Equal(t, Expired, walk(t, begun.Case, Input{Event: DocumentExpired, Actor: System}).Case.State)
		require.Equal(t, Revoked, walk(t, begun.Case, Input{Event: DocumentRevoked, Actor: Issuer}).Case.State)
		out := walk(t, begun.Case, end)
		require.Equal(t, Issued, out.Case.State)
		require.Equal(t, card, out.Case.Serial, "of the document, not of the apostille")
		require.Equal(t, []Order{OrderNotify}, out.Orders, "the person is told either way")
		again := Input{Event: LegalizationBegun, Actor: Hub, Seen: out.Case.Version}
		require.Equal(t, fault.Conflict, fault.KindOf(Check(out.Case, again)), "once")
	}
	for _, who := range []Actor{Citizen, Agent, Issuer, System} {
		require.Equal(t, fault.Denied, fault.KindOf(Check(c, Input{Event: LegalizationBegun, Actor: who, Seen: c.Version})))
	}
}

// TestMail: an envelope arrives, comes back or is lost; the sheet's place is
// known at each step.
func TestMail(t *testing.T) {
	c := printed(t)
	send := Input{Event: DocumentMailed, Actor: Agent, Post: lyon, Serial: other, Confirmed: true}
	out := walk(t, c, send)
	require.Equal(t, StatusOnItsWay, out.Status)
	require.Empty(t, out.Case.Holder)
	require.Equal(t, card, out.Case.Serial)
	require.True(t, Waits(KindRecord, Mailed))

	for _, end := range []Input{{Event: MailReceived, Actor: Citizen}, {Event: ReceiptPresumed, Actor: System}} {
		done := walk(t, out.Case, end)
		require.Equal(t, Acknowledged, done.Case.State)
		require.Equal(t, []Order{OrderClose}, done.Orders)
		require.Equal(t, Revoked, walk(t, done.Case, Input{Event: DocumentRevoked, Actor: Issuer}).Case.State, "a paper can still be revoked")
	}
	require.True(t, slices.Contains(out.Timers, Timer{Op: TimerStart, Limit: Limit{Clock: ClockReceipt, Amount: 30, Unit: Days, Fires: ReceiptPresumed}}))

	back := walk(t, out.Case, Input{Event: MailReturned, Actor: Agent, Post: lyon})
	require.Equal(t, Printed, back.Case.State)
	require.Equal(t, lyon, back.Case.Holder)
	require.Equal(t, HandedOver, walk(t, back.Case, Input{Event: DocumentHandedOver, Actor: Agent, Post: lyon}).Case.State)
	require.Equal(t, Mailed, walk(t, back.Case, send).Case.State, "or mailed again")

	lost := walk(t, out.Case, Input{Event: MailLost, Actor: Supervisor, Post: lyon})
	require.Equal(t, PrintQueued, lost.Case.State)
	second := walk(t, lost.Case, Input{Event: PrintBegun, Actor: Agent, Post: lyon}, Input{Event: DocumentPrinted, Actor: Agent, Post: lyon}, send)
	require.Equal(t, fault.Conflict, fault.KindOf(Check(second.Case, Input{Event: MailLost, Actor: Supervisor, Post: lyon})), "one more print, no third")

	for name, in := range map[string]Input{
		"another post":          {Event: DocumentMailed, Actor: Agent, Post: milan, Serial: other, Confirmed: true},
		"address not confirmed": {Event: DocumentMailed, Actor: Agent, Post: lyon, Serial: other},
		"no number":             {Event: DocumentMailed, Actor: Agent, Post: lyon, Confirmed: true},
		"the person":            {Event: DocumentMailed, Actor: Citizen, Post: lyon, Serial: other, Confirmed: true},
	} {
		require.Error(t, Check(c, in), name)
	}
}

package workflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	. "jaliya/internal/workflow"
)

// broken is how to make a guard fail, and with which kind it must refuse.
type broken struct {
	guard Guard
	kind  fault.Kind
	spoil func(c *Case, in *Input)
}

func breakers() []broken {
	return []broken{
		{FirstSupplement, fault.Conflict, func(c *Case, _ *Input) { c.Supplements = 1 }},
		{FewNoShows, fault.Conflict, func(c *Case, _ *Input) { c.NoShows = 3 }},
		{PaidOrWaived, fault.Conflict, func(c *Case, _ *Input) { c.Paid = false }},
		{AtServing, fault.Denied, func(c *Case, _ *Input) { c.Serving = turin }},
		{AtPickup, fault.Denied, func(c *Case, _ *Input) { c.Pickup = turin }},
		{AtHolder, fault.Denied, func(c *Case, _ *Input) { c.Holder = turin }},
		{AtOrigin, fault.Denied, func(c *Case, _ *Input) { c.Serving = turin }},
		{AtDestination, fault.Denied, func(c *Case, _ *Input) { c.Pickup = turin }},
		{AtHolderOrHome, fault.Denied, func(c *Case, _ *Input) { c.Holder = turin }},
		{PostGiven, fault.Invalid, func(_ *Case, in *Input) { in.Post = "" }},
		{PickupGiven, fault.Invalid, func(_ *Case, in *Input) { in.Pickup = "" }},
		{OtherPickup, fault.Conflict, func(c *Case, in *Input) { in.Pickup = c.Pickup }},
		{SiteGiven, fault.Invalid, func(_ *Case, in *Input) { in.Site = 0 }},
		{SerialGiven, fault.Invalid, func(_ *Case, in *Input) { in.Serial = Digest{} }},
		{SameSerial, fault.Conflict, func(_ *Case, in *Input) { in.Serial = other }},
		{PouchGiven, fault.Invalid, func(_ *Case, in *Input) { in.Pouch = PouchID{} }},
		{SamePouch, fault.Conflict, func(_ *Case, in *Input) { in.Pouch = PouchID{8} }},
		{ReasonGiven, fault.Invalid, func(_ *Case, in *Input) { in.Reason = 0 }},
		{TwoPeople, fault.Denied, func(_ *Case, in *Input) { in.TwoPersons = false }},
		{HasCard, fault.Conflict, func(c *Case, in *Input) { c.Serial, in.Serial = Digest{}, Digest{} }},
		{HasItems, fault.Conflict, func(c *Case, _ *Input) { c.Count = 0 }},
		{SameCount, fault.Conflict, func(_ *Case, in *Input) { in.Count = 99 }},
		{FirstSpoilt, fault.Conflict, func(c *Case, _ *Input) { c.Attempts = 1 }},
		{FirstLegalization, fault.Conflict, func(c *Case, _ *Input) { c.Legalizations = 1 }},
		{AddressConfirmed, fault.Invalid, func(_ *Case, in *Input) { in.Confirmed = false }},
		{FirstAppeal, fault.Conflict, func(c *Case, _ *Input) { c.Appeals = 1 }},
	}
}

// TestEveryNeed breaks each fact that each row needs, one at a time, and asks
// for the refusal of that kind; the whole fact is accepted.
func TestEveryNeed(t *testing.T) {
	for _, m := range machines() {
		for i := range m.Table {
			row := &m.Table[i]
			c := standing(m, row.From)
			in := willing(c, row.On, lowest(row.By))
			if row.If == HasOnward {
				c.Onward = milan
			}
			for _, g := range row.Needs {
				require.NoError(t, Check(c, in), "%s on %s", row.From, row.On)
				wrong, claim := c, in
				kind := spoil(t, g, &wrong, &claim)
				err := Check(wrong, claim)
				require.Equal(t, kind, fault.KindOf(err), "%s on %s without %s: %v", row.From, row.On, g, err)
				require.ErrorContains(t, err, g.String())
			}
		}
	}
}

func spoil(t *testing.T, g Guard, c *Case, in *Input) fault.Kind {
	t.Helper()
	for _, b := range breakers() {
		if b.guard == g {
			b.spoil(c, in)
			return b.kind
		}
	}
	require.Fail(t, "a guard that no test breaks", g.String())
	return 0
}

// lowest is one of a set of parties.
func lowest(a Actor) Actor { return a & -a }

func TestNames(t *testing.T) {
	require.Equal(t, "unknown", State(200).String())
	require.Equal(t, "unknown", Guard(200).String())
	require.Equal(t, "nobody", Actor(0).String())
	require.Equal(t, "agent|hub", (Agent | Hub).String())
	require.Equal(t, "cancelled", StatusCanceled.Key()) //nolint:misspell // the key in the glossary
	require.True(t, OrderRevoke.Lasting())
	require.False(t, OrderVerify.Lasting())
}

func BenchmarkStep(b *testing.B) {
	c := standing(For(KindCNIE), Verifying)
	in := willing(c, VerificationPassed, Hub)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Step(c, in); err != nil {
			b.Fatal(err)
		}
	}
}

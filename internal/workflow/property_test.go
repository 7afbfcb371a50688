package workflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	. "jaliya/internal/workflow"
)

// anyInput draws an input: mostly one that a row of the state asks for, so
// that histories reach the hand-over, else anything.
func anyInput(t *rapid.T, m *Machine, c Case) Input {
	in := wildInput(t, c)
	var rows []*Transition
	for i := range m.Table {
		if m.Table[i].From == c.State {
			rows = append(rows, &m.Table[i])
		}
	}
	if len(rows) == 0 || rapid.IntRange(0, 3).Draw(t, "wild") == 0 {
		return in
	}
	row := rapid.SampledFrom(rows).Draw(t, "row")
	kind := willing(c, row.On, lowest(row.By))
	kind.Desk, kind.Post, kind.Pickup, kind.Serial = in.Desk, in.Post, in.Pickup, in.Serial
	return kind
}

// wildInput draws every field by itself.
func wildInput(t *rapid.T, c Case) Input {
	post := rapid.SampledFrom([]Post{c.Serving, c.Pickup, c.Holder, lyon, milan})
	return Input{
		Event:  rapid.SampledFrom(events()).Draw(t, "event"),
		Actor:  rapid.SampledFrom(actors).Draw(t, "actor"),
		Desk:   rapid.Bool().Draw(t, "desk"),
		Seen:   rapid.SampledFrom([]uint64{0, 1, c.Since, c.Version, c.Version + 1}).Draw(t, "seen"),
		Post:   post.Draw(t, "post"),
		Pickup: post.Draw(t, "pickup"),
		Site:   Site(rapid.IntRange(0, 2).Draw(t, "site")),
		Serial: rapid.SampledFrom([]Digest{c.Serial, card, other}).Draw(t, "serial"),
		Pouch:  rapid.SampledFrom([]PouchID{c.Pouch, bag}).Draw(t, "pouch"),
		Reason: Reason(rapid.IntRange(0, 3).Draw(t, "reason")),
		Count:  rapid.SampledFrom([]uint16{c.Count, 0, 1}).Draw(t, "count"),

		Service: consular.CNIEFirst, TwoPersons: rapid.Bool().Draw(t, "two"), Confirmed: rapid.Bool().Draw(t, "confirmed"),
	}
}

// TestHistories walks random histories and holds, at each event, what the
// package promises.
func TestHistories(t *testing.T) {
	for _, m := range machines() {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				c := Case{Kind: m.Kind}
				if rapid.Bool().Draw(t, "late") {
					late := rapid.SampledFrom(m.States).Draw(t, "state")
					c = standing(m, late.State)
				}
				for range rapid.IntRange(1, 40).Draw(t, "length") {
					c = promise(t, m, c, anyInput(t, m, c))
				}
			})
		})
	}
}

// promise steps once and checks the outcome against the case it came from.
func promise(t *rapid.T, m *Machine, c Case, in Input) Case {
	before, row := c, mustRow(t, m, c.State)
	out, err := Step(c, in)
	require.Equal(t, before, c, "the case of the caller never changes")
	again, errAgain := Step(c, in)
	require.Equal(t, out, again, "the same input gives the same outcome")
	require.Equal(t, err, errAgain)
	if err != nil {
		require.Zero(t, out)
		require.Contains(t, []fault.Kind{fault.Conflict, fault.Denied, fault.Invalid}, fault.KindOf(err))
		return c
	}
	now := out.Case
	next := mustRow(t, m, now.State)
	require.Equal(t, c.Version+1, now.Version)
	require.Positive(t, now.Since)
	require.LessOrEqual(t, now.Since, now.Version)
	require.GreaterOrEqual(t, now.Since, c.Since)
	require.Equal(t, c.Kind, now.Kind)
	require.LessOrEqual(t, now.Supplements, uint8(1), "law 55-19")
	require.LessOrEqual(t, now.Legalizations, uint8(1))
	require.Contains(t, m.Allowed(c.State, in.Actor), in.Event)
	require.Equal(t, next.Status, out.Status)
	require.True(t, in.Desk || !next.Local || row.Local, "a ledger never holds a draft")
	if row.Final {
		require.Contains(t, listed(m, c.State), in.Event)
	}
	if !out.Moved {
		require.Empty(t, out.Timers)
	}
	for _, tell := range out.Tells {
		require.NotEmpty(t, tell.Post)
	}
	custody(t, now)
	return now
}

// custody holds what is true of a card wherever it is.
func custody(t *rapid.T, c Case) {
	switch c.State { //nolint:exhaustive // only the states in which a card must exist
	case Produced, Packed, InTransit, PouchIncident, Received, Ready, Hold, Transfer, HandedOver, Unclaimed, SentBack:
		require.NotZero(t, c.Serial, c.State)
	case Replicated, Verifying, Approved, Routed, InProduction:
		require.Positive(t, c.Packets, c.State)
	case Draft, CheckedIn, Capturing, Captured, Released:
		require.NotEmpty(t, c.Serving, c.State)
	}
	switch c.State { //nolint:exhaustive // only the states in which a post has the card
	case Received, Ready, Hold, Transfer, Unclaimed, HandedOver:
		require.NotEmpty(t, c.Holder, c.State)
	}
	require.False(t, c.State == None && c.Version > 0)
}

func mustRow(t *rapid.T, m *Machine, s State) StateRow {
	row, ok := m.State(s)
	require.True(t, ok, "undeclared state %s", s)
	return row
}

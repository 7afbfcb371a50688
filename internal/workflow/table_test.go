package workflow_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "jaliya/internal/workflow"
)

func TestTables(t *testing.T) {
	for _, m := range machines() {
		t.Run(m.Name, func(t *testing.T) {
			t.Run("StatesOnce", func(t *testing.T) { checkStates(t, m) })
			t.Run("RowsWhole", func(t *testing.T) { checkRows(t, m) })
			t.Run("RowsDistinct", func(t *testing.T) { checkDistinct(t, m) })
			t.Run("AllReachable", func(t *testing.T) {
				reached := reach(m, None)
				for _, row := range m.States {
					require.Contains(t, reached, row.State, row.State)
				}
			})
			t.Run("AllCanEnd", func(t *testing.T) {
				for _, row := range m.States {
					require.True(t, slices.ContainsFunc(reach(m, row.State), func(s State) bool {
						end, _ := m.State(s)
						return end.Final
					}), row.State)
				}
			})
			t.Run("FinalListed", func(t *testing.T) { checkFinal(t, m) })
		})
	}
}

func checkStates(t *testing.T, m *Machine) {
	t.Helper()
	seen := make(map[State]bool)
	for _, row := range m.States {
		require.False(t, seen[row.State], row.State)
		require.NotEqual(t, "unknown", row.State.String())
		seen[row.State] = true
		for _, l := range row.Limits {
			require.NotZero(t, l.Amount)
			require.Equal(t, l.Unit == WorkingDays, l.Calendar != NoCalendar, "%s %s", row.State, l.Clock)
			if l.Fires != 0 {
				require.Contains(t, m.Allowed(row.State, System), l.Fires, "%s: a clock fires what is refused", row.State)
			}
		}
		if row.State != None && !row.Final {
			require.True(t, len(row.Limits) > 0 || row.State == Booked, "%s has no limit", row.State)
		}
	}
}

func checkRows(t *testing.T, m *Machine) {
	t.Helper()
	for i := range m.Table {
		tr := &m.Table[i]
		for _, s := range append(forward(tr), tr.From) {
			_, known := m.State(s)
			require.True(t, known, "%s on %s", tr.From, tr.On)
		}
		require.NotZero(t, tr.By, "%s on %s", tr.From, tr.On)
		require.NotEqual(t, "unknown", tr.On.String())
		require.False(t, tr.To == None && !tr.Back, "%s on %s leads to nothing", tr.From, tr.On)
		if tr.Each != 0 {
			require.Contains(t, For(KindCNIE).Allowed(Packed, System), tr.Each)
		}
	}
}

// checkDistinct holds that rows of one state and event differ by If, and the
// one without If comes last.
func checkDistinct(t *testing.T, m *Machine) {
	t.Helper()
	type key struct {
		s State
		e Event
		g Guard
	}
	seen := map[key]bool{}
	for i := range m.Table {
		tr := &m.Table[i]
		require.False(t, seen[key{tr.From, tr.On, tr.If}], "%s on %s twice", tr.From, tr.On)
		require.False(t, seen[key{tr.From, tr.On, Always}], "%s on %s: never chosen", tr.From, tr.On)
		seen[key{tr.From, tr.On, tr.If}] = true
	}
}

// listed are the only rows of final states.
func listed(m *Machine, s State) []Event {
	switch {
	case m.Kind == KindCNIE && s == Rejected:
		return []Event{CardReceived, CardDestroyed, Appealed}
	case m.Kind == KindRecord && (s == HandedOver || s == Acknowledged):
		return []Event{DocumentRevoked}
	case s == PouchLost:
		return []Event{BagFound}
	}
	return nil
}

func checkFinal(t *testing.T, m *Machine) {
	t.Helper()
	for _, row := range m.States {
		if row.Final {
			require.Equal(t, listed(m, row.State), m.Allowed(row.State, ^Actor(0)), row.State)
		}
	}
}

// forward gives where a row may lead; one that goes back leads to where the
// case stood, at least to these.
func forward(tr *Transition) []State {
	if !tr.Back {
		return []State{tr.To}
	}
	return []State{Approved, Produced, Received}
}

func reach(m *Machine, start State) []State {
	reached := []State{start}
	for i := 0; i < len(reached); i++ {
		for j := range m.Table {
			if tr := &m.Table[j]; tr.From == reached[i] {
				for _, s := range forward(tr) {
					if !slices.Contains(reached, s) {
						reached = append(reached, s)
					}
				}
			}
		}
	}
	return reached
}

// TestDrawing holds DESIGN.md's drawings equal to the tables.
func TestDrawing(t *testing.T) {
	raw, err := os.ReadFile("DESIGN.md")
	require.NoError(t, err)
	text := string(raw)
	for _, m := range machines() {
		begin, end := "<!-- begin "+m.Name+" -->\n", "<!-- end "+m.Name+" -->"
		before, rest, ok := strings.Cut(text, begin)
		require.True(t, ok, begin)
		_, after, ok := strings.Cut(rest, end)
		require.True(t, ok, end)
		text = before + begin + "```mermaid\n" + Draw(m) + "```\n" + end + after
	}
	recorded(t, "DESIGN.md", text)
}

func TestAllowed(t *testing.T) {
	m := For(KindCNIE)
	require.Empty(t, m.Allowed(HandedOver, ^Actor(0)))
	require.Equal(t, []Event{CardDefective, CardHandedOver, CheckFailed, TransferAsked}, m.Allowed(Ready, Agent))
	require.Equal(t, []Event{Started, SupplementAsked}, m.Allowed(None, Agent))
	require.Equal(t, []Event{SupplementAsked}, m.AllowedAt(None, Agent))
	require.Nil(t, For(0))
	require.Equal(t, StatusReady, m.Public(Ready))
	require.Equal(t, StatusNone, m.Public(PouchOpen))
}

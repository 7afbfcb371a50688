package office_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/office"
	"jaliya/internal/fault"
)

// allFacts lists every combination that guards can tell apart.
func allFacts() []office.Facts {
	var out []office.Facts
	for bits := range 16 {
		for entries := range 2 {
			for _, proposer := range []string{"", "REC-00001", "REC-00002"} {
				out = append(out, office.Facts{
					Asked: bits&1 != 0, Ordered: bits&2 != 0, Released: bits&4 != 0, QuestionOut: bits&8 != 0,
					Entries: entries, Proposer: proposer, Actor: "REC-00001",
				})
			}
		}
	}
	return out
}

// TestStepIsTheTable tries every state with every event under all facts: what is
// no row is refused without a change, and one row stands for each pair.
func TestStepIsTheTable(t *testing.T) {
	rows := map[[2]uint8]office.Row{}
	for _, row := range office.Table() {
		key := [2]uint8{uint8(row.From), uint8(row.On)}
		require.NotContains(t, rows, key, "two rows: %s %s", row.From, row.On)
		rows[key] = row
	}
	for _, from := range office.States() {
		for _, on := range office.Events() {
			row, known := rows[[2]uint8{uint8(from), uint8(on)}]
			passed := 0
			for _, f := range allFacts() {
				to, err := office.Step(from, on, f)
				if !known {
					require.True(t, fault.Is(err, fault.Conflict), "%s %s", from, on)
					require.Equal(t, from, to)
					continue
				}
				require.Equal(t, row.To, to)
				if err == nil {
					passed++
				}
			}
			require.Equal(t, known, passed > 0, "%s %s", from, on)
			require.True(t, !known || row.If == office.Always == (passed == len(allFacts())), "%s %s", from, on)
		}
	}
}

// TestMachineIsWhole asks that every state can be reached and left, and that all
// names are there.
func TestMachineIsWhole(t *testing.T) {
	reached, left := make(map[office.State]bool), make(map[office.State]bool)
	reached[office.Matching] = true
	used := make(map[office.Event]bool)
	for _, row := range office.Table() {
		used[row.On] = true
		if row.From != row.To {
			reached[row.To], left[row.From] = true, true
		}
		require.NotEmpty(t, office.Guards()[row.If]+"-")
	}
	for _, s := range office.States() {
		require.NotEmpty(t, s.String())
		require.True(t, reached[s], s.String())
		require.Equal(t, s != office.Withdrawn && s != office.Revoked, left[s], s.String())
	}
	for _, e := range office.Events() {
		require.NotEmpty(t, e.String())
		require.True(t, used[e], e.String())
	}
}

// TestTwoOfficers: who proposed decides nothing.
func TestTwoOfficers(t *testing.T) {
	own := office.Facts{Entries: 1, Proposer: "REC-00001", Actor: "REC-00001"}
	for _, on := range []office.Event{office.Confirmed, office.Returned} {
		_, err := office.Step(office.Review, on, own)
		require.True(t, fault.Is(err, fault.Denied), on.String())
		require.Equal(t, office.CodeTwoOfficers, office.CodeOf(err))
		other := own
		other.Actor = "REC-00002"
		_, err = office.Step(office.Review, on, other)
		require.NoError(t, err)
		other.Proposer = ""
		_, err = office.Step(office.Review, on, other)
		require.True(t, fault.Is(err, fault.Conflict), "nothing is proposed")
	}
	for _, row := range office.Table() {
		require.False(t, row.To == office.Decided && row.From == office.Review && row.If != office.SecondPerson)
	}
}

// TestDrawing: DESIGN.md shows the machine that runs.
func TestDrawing(t *testing.T) {
	raw, err := os.ReadFile("DESIGN.md")
	require.NoError(t, err)
	require.True(t, strings.Contains(string(raw), "```mermaid\n"+office.Draw()+"```\n"), "draw it anew:\n%s", office.Draw())
}

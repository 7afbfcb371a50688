package workflow_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	. "jaliya/internal/workflow"
)

// TestEveryPair walks every state with every event and every party and
// compares what happens with a recorded text, so that no pair is undefined
// and no change of behavior goes unseen.
func TestEveryPair(t *testing.T) {
	for _, m := range machines() {
		t.Run(m.Name, func(t *testing.T) {
			var b strings.Builder
			for _, row := range m.States {
				fmt.Fprintf(&b, "%s [%s]\n", row.State, row.Status.Key())
				writeState(t, &b, m, row.State)
				b.WriteString("\n")
			}
			recorded(t, "testdata/"+strings.ToLower(m.Name)+".txt", b.String())
		})
	}
}

// writeState writes what each event does in a state, and which it refuses.
func writeState(t *testing.T, b *strings.Builder, m *Machine, s State) {
	t.Helper()
	for i := range m.Table {
		if m.Table[i].From == s {
			b.WriteString("  row " + rule(&m.Table[i]) + "\n")
		}
	}
	var refused []string
	for _, e := range events() {
		lines := 0
		for _, c := range variants(m, s) {
			line := pair(t, c, e)
			if line != "" {
				b.WriteString("  " + line + "\n")
				lines++
			}
		}
		if lines == 0 {
			refused = append(refused, e.String())
		}
	}
	fmt.Fprintf(b, "  refuses: %s\n", strings.Join(refused, " "))
}

// rule is what a row asks, in words; what it does is shown by running it.
func rule(t *Transition) string {
	text := fmt.Sprintf("%s by %s", t.On, t.By)
	if t.If != Always {
		text += fmt.Sprintf(" if %s", t.If)
	}
	needs := make([]string, 0, len(t.Needs))
	for _, g := range t.Needs {
		needs = append(needs, g.String())
	}
	if len(needs) > 0 {
		text += " needs " + strings.Join(needs, ", ")
	}
	return text
}

// variants are the cases that rows of one state and event choose between.
func variants(m *Machine, s State) []Case {
	full := standing(m, s)
	list := []Case{full}
	for i := range m.Table {
		t := &m.Table[i]
		if t.From != s || t.If == Always {
			continue
		}
		c := full
		switch t.If { //nolint:exhaustive // guards that choose between rows; others need no variant
		case FirstCheck:
			c.Checks = 1
		case HasPacket:
			c.Packets = 0
		case HasCard:
			c.Serial = Digest{}
		case HasOnward:
			c.Onward = milan
		case PaidOrWaived:
			c.Paid = false
		default:
			continue
		}
		list = append(list, c)
	}
	return list
}

// pair runs an event by each party; all who may say it must cause the same.
func pair(t *testing.T, c Case, e Event) string {
	t.Helper()
	var text string
	var by Actor
	for _, a := range actors {
		out, err := Step(c, willing(c, e, a))
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Conflict, fault.Denied}, fault.KindOf(err), err)
			require.Zero(t, out)
			continue
		}
		got := describe(c, out)
		require.True(t, by == 0 || got == text, "%s %s differs by actor", c.State, e)
		text, by = got, by|a
	}
	if by == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%s)%s", e, by, text)
}

// describe is all of an outcome in one line.
func describe(was Case, out Outcome) string {
	var b strings.Builder
	if out.Moved {
		fmt.Fprintf(&b, " -> %s", out.Case.State)
	}
	fmt.Fprintf(&b, "%s", changed(was, out.Case))
	for _, o := range out.Orders {
		fmt.Fprintf(&b, " +%s", o)
	}
	for _, n := range out.Tells {
		fmt.Fprintf(&b, " tell:%s:%s", n.Kind, n.Post)
	}
	for _, tm := range out.Timers {
		fmt.Fprintf(&b, " %s:%s", tm.Op, tm.Limit.Clock)
		if tm.Op == TimerStart {
			fmt.Fprintf(&b, "=%d%s/%s", tm.Limit.Amount, tm.Limit.Unit, tm.Limit.Calendar)
		}
	}
	if out.Each != 0 {
		fmt.Fprintf(&b, " each:%s", out.Each)
	}
	if out.Revoked != (Digest{}) {
		fmt.Fprintf(&b, " revoked:%x", out.Revoked[:1])
	}
	return b.String()
}

// changed names the fields that a step changed besides state and version.
func changed(was, now Case) string {
	var names []string
	a, b := reflect.ValueOf(was), reflect.ValueOf(now)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		if name == "State" || name == "Version" || name == "Since" {
			continue
		}
		if a.Field(i).Interface() != b.Field(i).Interface() {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return " {" + strings.Join(names, ",") + "}"
}

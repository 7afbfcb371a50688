package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// crowd is from how many states an event to one target is drawn as a note
// instead of arrows: a drawing with forty equal arrows tells less.
const crowd = 8

// edge is an arrow of the drawing with all events that take it.
type edge struct {
	from, to string
	labels   []string
}

// Draw gives the machine as the text of a Mermaid stateDiagram-v2, the same
// for the same table: DESIGN.md holds it and a test compares.
func Draw(m *Machine) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, row := range m.States {
		if row.State != None {
			fmt.Fprintf(&b, "    %s: %s\n", row.State, caption(row))
		}
	}
	edges, notes := m.edges()
	for _, e := range edges {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, strings.Join(e.labels, " / "))
	}
	for _, row := range m.States {
		if row.Final {
			fmt.Fprintf(&b, "    %s --> [*]\n", row.State)
		}
	}
	for _, n := range notes {
		b.WriteString(n)
	}
	return b.String()
}

// caption is a state's name with its public status and its entry orders.
func caption(row StateRow) string {
	var b strings.Builder
	b.WriteString(row.State.String())
	if row.Status != StatusNone {
		b.WriteString(" [" + row.Status.Key() + "]")
	}
	if row.Local {
		b.WriteString(" (desk)")
	}
	for _, o := range row.Orders {
		b.WriteString(" +" + o.String())
	}
	return b.String()
}

// edges groups the rows: arrows in the order of the table, and one note for
// each event that many states share.
func (m *Machine) edges() (edges []*edge, notes []string) {
	sources := map[stateEvent][]string{}
	for i := range m.Table {
		t := &m.Table[i]
		key := stateEvent{target(t), t.On}
		sources[key] = append(sources[key], drawn(t.From))
	}
	index := map[[2]string]*edge{}
	for i := range m.Table {
		t := &m.Table[i]
		key := stateEvent{target(t), t.On}
		if shared := slices.Compact(slices.Clone(sources[key])); len(shared) >= crowd {
			if drawn(t.From) == shared[0] {
				notes = append(notes, note(t, shared))
			}
			continue
		}
		ends := [2]string{drawn(t.From), drawn(t.To)}
		if t.Back {
			ends[1] = drawn(t.From)
		}
		if index[ends] == nil {
			index[ends] = &edge{from: ends[0], to: ends[1]}
			edges = append(edges, index[ends])
		}
		index[ends].labels = append(index[ends].labels, label(t))
	}
	return edges, notes
}

// target is the state a row is grouped under: a case that goes back has none,
// one that stays is grouped by its event alone.
func target(t *Transition) State {
	if t.Back || (t.From == t.To && !t.Restart) {
		return None
	}
	return t.To
}

// drawn is a state's name in the drawing; the beginning is Mermaid's [*].
func drawn(s State) string {
	if s == None {
		return "[*]"
	}
	return s.String()
}

// label names event, speakers, and what chooses the row.
func label(t *Transition) string {
	var b strings.Builder
	b.WriteString(t.On.String() + " (" + t.By.String() + ")")
	if t.If != Always {
		b.WriteString(" if " + t.If.String())
	}
	if t.Back {
		b.WriteString(" back to where it stood")
	}
	for _, o := range t.Orders {
		b.WriteString(" +" + o.String())
	}
	return b.String()
}

// note tells an event that many states share.
func note(t *Transition, states []string) string {
	at := t.To.String()
	if t.From == t.To {
		at = t.From.String()
	}
	return fmt.Sprintf("    note right of %s: %s from %s\n", at, t.On, strings.Join(states, ", "))
}

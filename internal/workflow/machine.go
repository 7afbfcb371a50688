package workflow

import "slices"

// Transition is one row of a table: in From, On said by one of By leads to To
// if If holds, provided that all of Needs hold.
type Transition struct {
	From State
	On   Event
	To   State
	// Back leads to Case.Before instead of To.
	Back bool
	// Restart enters a state again from itself: clocks, orders and notices of
	// the state start anew, results of its old orders are refused.
	Restart bool
	// Continues keeps the orders of the state left: their results still count.
	Continues bool
	By        Actor
	If        Guard // chooses between rows of the same state and event; first that holds
	Needs     []Guard
	Does      []Effect
	Orders    []Order  // besides those of the state entered
	Tells     []Notice // besides those of the state entered
	Each      Event    // for every case in the pouch
}

// StateRow is what holds in a state, whichever way it was entered.
type StateRow struct {
	State  State
	Status Status
	// Local states belong to a desk's draft; a ledger never holds one.
	Local bool
	// Final states end the case; only the listed rows leave or record more.
	Final  bool
	Orders []Order  // given at entry
	Tells  []Notice // told at entry
	Limits []Limit  // started at entry, stopped when left
	legal  legalRule
}

// keeps reports whether a clock that runs on is one of the state's.
func (r *StateRow) keeps(l Limit) bool { return l.Keeps && slices.Contains(r.Limits, l) }

// Machine is the life of one kind of case. It is built once and read only.
type Machine struct {
	Name   string
	Kind   Kind
	States []StateRow
	Table  []Transition

	rows  [256]*StateRow
	steps map[stateEvent][]*Transition
}

type stateEvent struct {
	state State
	event Event
}

// For gives the machine of a kind, nil for a kind that this program does not
// know.
func For(kind Kind) *Machine {
	switch kind {
	case KindCNIE:
		return cnie
	case KindPouch:
		return pouch
	case KindRecord:
		return record
	default:
		return nil
	}
}

// The machines: values that nothing writes after the program started.
var (
	cnie = newMachine("CNIE", KindCNIE, cnieStates(), slices.Concat(
		cnieDraft(), cnieFiling(), cnieVerification(), cnieProduction(), cniePouch(),
		cnieCollection(), cnieUnclaimed(), cnieWithdrawal(), cnieRefusal(), cnieFreeze()))
	pouch = newMachine("POUCH", KindPouch, pouchStates(), slices.Concat(
		pouchSending(), pouchReceiving(), pouchTrouble()))
	record = newMachine("RECORD", KindRecord, recordStates(), slices.Concat(
		recordFiling(), recordIssuing(), recordLegalization(), recordDelivery(), recordMail(), recordEnd()))
)

// newMachine indexes the rows. The tables' own consistency is proved by tests,
// not at start: they are constants of the program.
func newMachine(name string, kind Kind, states []StateRow, table []Transition) *Machine {
	m := &Machine{Name: name, Kind: kind, States: states, Table: table}
	m.steps = make(map[stateEvent][]*Transition, len(table))
	for i := range m.States {
		m.rows[m.States[i].State] = &m.States[i]
	}
	for i := range m.Table {
		key := stateEvent{m.Table[i].From, m.Table[i].On}
		m.steps[key] = append(m.steps[key], &m.Table[i])
	}
	return m
}

// State gives the row of a state and whether the machine has it.
func (m *Machine) State(s State) (StateRow, bool) {
	if row := m.rows[s]; row != nil {
		return *row, true
	}
	return StateRow{}, false
}

// Allowed lists the events that an actor (or any of a set of them) may cause
// in a state, in the order of their numbers: what a screen offers. Guards may
// still refuse one; Step has the last word.
func (m *Machine) Allowed(s State, actor Actor) []Event {
	var events []Event
	for i := range m.Table {
		if t := &m.Table[i]; t.From == s && t.By&actor != 0 {
			events = append(events, t.On)
		}
	}
	slices.Sort(events)
	return slices.Compact(events)
}

// AllowedAt is Allowed for the states that a ledger holds: it leaves out what
// only a desk may do to its own draft.
func (m *Machine) AllowedAt(s State, actor Actor) []Event {
	return slices.DeleteFunc(m.Allowed(s, actor), func(e Event) bool {
		return !slices.ContainsFunc(m.steps[stateEvent{s, e}], func(t *Transition) bool {
			return !m.local(t)
		})
	})
}

// local reports whether a row leads into a draft of the desk.
func (m *Machine) local(t *Transition) bool { return !t.Back && m.rows[t.To].Local }

// Public gives the status that the public may read of a state.
func (m *Machine) Public(s State) Status {
	if row := m.rows[s]; row != nil {
		return row.Status
	}
	return StatusNone
}

// from copies a row to several states; To None stays in each.
func from(states []State, t Transition) []Transition {
	rows := make([]Transition, 0, len(states))
	for _, s := range states {
		row := t
		row.From = s
		if t.To == None && !t.Back {
			row.To = s
		}
		rows = append(rows, row)
	}
	return rows
}

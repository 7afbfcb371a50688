package workflow

import (
	"errors"
	"slices"

	"jaliya/internal/fault"
)

const opStep = "workflow: step"

// The reasons of a refusal that no guard names.
var (
	errNotHere  = errors.New("the event is not allowed in this state")
	errOneActor = errors.New("one party must speak")
	errActor    = errors.New("the party may not say this event here")
	errUnseen   = errors.New("the version that was decided on is missing")
	errStale    = errors.New("the case moved on after the version seen")
	errAhead    = errors.New("the version seen does not exist yet")
	errDraft    = errors.New("only a desk moves its own draft")
	errKind     = errors.New("no machine for this kind of case")
	errLast     = errors.New("the version is at its end")
)

// Step is the one function that changes a case. It returns a fault and
// nothing else when the event is refused: Conflict where the state, the
// version or a fact forbids it, Denied where the speaker does, Invalid where a
// fact is missing, Unsupported for an unknown kind of case. The caller's case
// is never changed.
func Step(c Case, in Input) (Outcome, error) {
	m := For(c.Kind)
	if m == nil || m.rows[c.State] == nil {
		return Outcome{}, fault.New(fault.Unsupported, opStep, subject(c, in), errKind)
	}
	t, err := m.choose(&c, &in)
	if err != nil {
		return Outcome{}, err
	}
	return m.apply(t, c, in), nil
}

// Check tells whether Step would accept, for screens that explain a button.
func Check(c Case, in Input) error {
	_, err := Step(c, in)
	return err
}

// choose finds the row that applies, in the order: state, party, version,
// facts; so that an error names the first thing that is wrong.
func (m *Machine) choose(c *Case, in *Input) (*Transition, error) {
	t := m.row(c, in)
	if t == nil {
		return nil, fault.New(fault.Conflict, opStep, subject(*c, *in), errNotHere)
	}
	if kind, err := m.admit(t, c, in); err != nil {
		return nil, fault.New(kind, opStep, subject(*c, *in), err)
	}
	for _, g := range t.Needs {
		if !guards[g].ok(c, in) {
			return nil, fault.New(guards[g].kind, opStep, subject(*c, *in), needs(g))
		}
	}
	return t, nil
}

// row gives the first row of the state and event whose If holds.
func (m *Machine) row(c *Case, in *Input) *Transition {
	for _, t := range m.steps[stateEvent{c.State, in.Event}] {
		if guards[t.If].ok(c, in) {
			return t
		}
	}
	return nil
}

// admit checks the speaker and what the speaker saw.
func (m *Machine) admit(t *Transition, c *Case, in *Input) (fault.Kind, error) {
	switch {
	case !in.Actor.one():
		return fault.Invalid, errOneActor
	case in.Actor&t.By == 0:
		return fault.Denied, errActor
	case m.local(t) && !in.Desk:
		return fault.Denied, errDraft
	case in.Seen > c.Version:
		return fault.Conflict, errAhead
	case in.Seen == 0 && in.Actor&seers != 0 && c.Version != 0:
		return fault.Invalid, errUnseen
	case in.Seen != 0 && in.Seen < c.Since:
		return fault.Conflict, errStale
	case c.Version == ^uint64(0):
		return fault.Conflict, errLast
	default:
		return fault.Other, nil
	}
}

// apply makes the outcome of a row that was admitted.
func (m *Machine) apply(t *Transition, was Case, in Input) Outcome {
	now := was
	for _, e := range t.Does {
		effects[e](&now, &in)
	}
	now.State = t.To
	if t.Back {
		now.State, now.Before = was.Before, None
	}
	now.Version++
	moved := now.State != was.State || t.Restart
	if moved && !t.Continues {
		now.Since = now.Version
	}
	entered := m.rows[now.State]
	out := Outcome{From: was.State, Moved: moved, Withdraw: moved && !t.Continues, Status: entered.Status, Each: t.Each}
	out.Timers = m.timers(&was, &now, moved)
	out.Case = now
	out.Orders = append(out.Orders, t.Orders...)
	notices := t.Tells
	if moved {
		out.Orders = append(out.Orders, entered.Orders...)
		notices = slices.Concat(notices, entered.Tells)
	}
	out.Tells = tells(&now, notices)
	out.Revoked = revoked(out.Orders, &was, &in)
	return out
}

// timers stops the clocks of the state left, starts those of the state
// entered, and moves the whole-case clocks.
func (m *Machine) timers(was, now *Case, moved bool) []Timer {
	if !moved {
		return nil
	}
	var list []Timer
	entered := m.rows[now.State]
	left := m.rows[was.State]
	for _, l := range left.Limits {
		if !entered.keeps(l) {
			list = append(list, Timer{Op: TimerStop, Limit: Limit{Clock: l.Clock}})
		}
	}
	for _, l := range entered.Limits {
		if !left.keeps(l) {
			list = append(list, Timer{Op: TimerStart, Limit: l})
		}
	}
	legal, op := legalStep(was.Legal, entered.legal)
	now.Legal = legal
	if op == 0 {
		return list
	}
	for _, l := range wholeCase {
		list = append(list, Timer{Op: op, Limit: l})
	}
	return list
}

// tells resolves notices to posts, each kind once to a post.
func tells(c *Case, notices []Notice) []Tell {
	var list []Tell
	for _, n := range notices {
		tell := Tell{Kind: n.Kind, Post: c.post(n.To)}
		if tell.Post != "" && !slices.Contains(list, tell) {
			list = append(list, tell)
		}
	}
	return list
}

// post gives the post in a role; empty when the case has none.
func (c *Case) post(a Audience) Post {
	switch a {
	case ToServing:
		return c.Serving
	case ToPickup:
		return c.Pickup
	case ToHolder:
		return c.Holder
	default:
		return ""
	}
}

// revoked gives the serial that an OrderRevoke means: the one named with a
// spoilt card, else the card's before the step.
func revoked(orders []Order, was *Case, in *Input) Digest {
	for _, o := range orders {
		if o != OrderRevoke {
			continue
		}
		if in.Event == CardSpoilt {
			return in.Serial
		}
		return was.Serial
	}
	return Digest{}
}

// needs is the cause of a refusal by a guard.
func needs(g Guard) error { return errors.New("needs: " + guards[g].name) }

// subject names the state and event of a refusal; neither is personal.
func subject(c Case, in Input) string { return c.State.String() + " on " + in.Event.String() }

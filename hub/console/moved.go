package console

import (
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/workflow"
)

// MovedError says that a case is no longer as a page showed it. It is a cause of a
// Conflict; By is empty when no officer moved it.
type MovedError struct {
	By    string
	Event workflow.Event
	At    time.Time

	coded web.CodedError
}

// Error names the case's new version only.
func (m *MovedError) Error() string { return m.coded.Error() }

// Unwrap gives the code of the problem.
func (m *MovedError) Unwrap() error { return m.coded }

// moved tells a decision that was made twice by one person, which is one, from
// one that came too late.
func (c *Console) moved(who access.Principal, in Decision, number uint64) (Decided, error) {
	held, err := c.State.CaseNumber(number)
	if err != nil {
		return Decided{}, err
	}
	deeds, err := c.State.DeedsOn(number, maxHistory)
	if err != nil {
		return Decided{}, err
	}
	m := &MovedError{coded: web.CodedError{Code: web.CodeVersionConflict, Version: held.Flow.Version}}
	event, _ := eventOf(in.Decision)
	for _, d := range deeds {
		if d.Order != in.Order {
			continue
		}
		if string(d.Officer) == who.ID && d.Event == uint8(event) && d.Reason == uint16(in.Reason) {
			state := stateAt(held, d.Version)
			return Decided{State: state, Name: state.String(), Version: d.Version, Repeated: true}, nil
		}
		m.By, m.Event, m.At = string(d.Officer), workflow.Event(d.Event), time.UnixMilli(d.Time).UTC()
		break
	}
	return Decided{}, fault.New(fault.Conflict, "console: decide", "", m)
}

// stateAt gives the state that a case had at a version.
func stateAt(held ledger.CaseView, version uint64) workflow.State {
	for _, line := range held.Timeline {
		if line.Version == version {
			return workflow.State(line.State)
		}
	}
	return workflow.State(held.Flow.State)
}

// invalid refuses one field.
func invalid(field string, rule consular.Rule) error {
	return fault.New(fault.Invalid, "console: check", "", web.CodedError{
		Code: web.Code(fault.Invalid.Code()), Violations: consular.Violations{{Field: field, Rule: rule}},
	})
}

// stale refuses an act on what is no longer as it was shown.
func stale(version uint64) error {
	return fault.New(fault.Conflict, "console: act", "", web.CodedError{Code: web.CodeVersionConflict, Version: version})
}

package ledger

import (
	"bytes"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// maxOfficerSealed is the cap of what is kept sealed of an officer, in bytes.
const maxOfficerSealed = 2048

// ChangeOfficer adds an officer of the hub, gives another role, asks them to
// enrol again, or disables them. The proposer has checked the role, and has
// sealed name and credentials under a key that is not in the state.
type ChangeOfficer struct {
	Time    int64            `cbor:"1,keyasint"`
	Officer wire.StaffID     `cbor:"2,keyasint"`
	Action  wire.StaffAction `cbor:"3,keyasint"`
	Role    string           `cbor:"4,keyasint,omitempty"` // add and role
	Seen    uint64           `cbor:"5,keyasint,omitempty"` // revision that was changed, 0 for add
	Sealed  []byte           `cbor:"6,keyasint,omitempty"` // all but role
}

// Officer is an officer of the hub as the state knows them: without a name.
type Officer struct {
	ID       wire.StaffID `cbor:"1,keyasint"`
	Role     string       `cbor:"2,keyasint"`
	State    StaffState   `cbor:"3,keyasint"`
	Revision uint64       `cbor:"4,keyasint"` // grows by 1 with each change, an enrolment among them
	Added    int64        `cbor:"5,keyasint"`
	Changed  int64        `cbor:"6,keyasint"`
	Enrolled bool         `cbor:"7,keyasint,omitempty"` // password and authenticator are set
	Step     uint64       `cbor:"8,keyasint,omitempty"` // last one of the authenticator that was used
	Sealed   []byte       `cbor:"9,keyasint"`
}

func (ChangeOfficer) kind() Kind { return KindChangeOfficer }

func (c ChangeOfficer) when() int64 { return c.Time }

func (c ChangeOfficer) apply(t *tx) (Result, error) {
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	held, known, err := load[Officer](t.w, inOfficers, []byte(c.Officer))
	if err != nil {
		return Result{}, err
	}
	if known && held.Revision == c.Seen+1 && c.repeats(held) {
		return Result{Version: held.Revision}, nil
	}
	if r, refused := c.refusal(held, known); refused {
		return r, nil
	}
	return c.change(t, held)
}

// repeats tells a retry of the change that was made last.
func (c ChangeOfficer) repeats(held Officer) bool {
	if c.Action == wire.StaffRole {
		return held.Role == c.Role && held.State == StaffActive
	}
	return bytes.Equal(held.Sealed, c.Sealed)
}

func (c ChangeOfficer) badField() string {
	switch {
	case c.Officer.Validate() != nil:
		return "officer"
	case !c.Action.Known():
		return "action"
	case (c.Role == "") == (c.Action == wire.StaffAdd || c.Action == wire.StaffRole) || !roleText(c.Role):
		return "role"
	case (len(c.Sealed) == 0) != (c.Action == wire.StaffRole) || len(c.Sealed) > maxOfficerSealed:
		return "sealed"
	}
	return ""
}

func (c ChangeOfficer) refusal(held Officer, known bool) (Result, bool) {
	switch {
	case c.Action == wire.StaffAdd && known:
		return refuse(fault.Exists, "officer"), true
	case c.Action == wire.StaffAdd && c.Seen != 0:
		return refuse(fault.Invalid, "seen"), true
	case c.Action == wire.StaffAdd:
		return Result{}, false
	case !known:
		return refuse(fault.NotFound, "officer"), true
	case held.Revision != c.Seen:
		return refuse(fault.Conflict, "another revision"), true
	case c.Action == wire.StaffRole && held.State == StaffDisabled:
		return refuse(fault.Denied, "disabled"), true
	}
	return Result{}, false
}

// change stores the officer, and ends every seat of theirs: whoever was changed
// signs in anew.
func (c ChangeOfficer) change(t *tx, o Officer) (Result, error) {
	if c.Action == wire.StaffAdd {
		o = Officer{ID: c.Officer, Added: c.Time, State: StaffActive}
	}
	if c.Role != "" {
		o.Role = c.Role
	}
	if c.Action != wire.StaffRole {
		o.Sealed, o.Enrolled, o.State, o.Step = c.Sealed, false, StaffActive, 0
	}
	if c.Action == wire.StaffDisable {
		o.State = StaffDisabled
	}
	o.Revision++
	o.Changed = c.Time
	if err := t.endSeats(func(s Seat) bool { return s.Officer == o.ID }); err != nil {
		return Result{}, err
	}
	return Result{Version: o.Revision}, t.put(inOfficers, []byte(o.ID), o)
}

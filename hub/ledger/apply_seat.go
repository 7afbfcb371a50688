package ledger

import (
	"bytes"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Limits of an officer's seats.
const (
	// SeatLife is how long a session may last, in milliseconds: a working day.
	SeatLife = 12 * hourMillis
	maxSeats = 8 // of one officer; the oldest ends for another one
	seatKey  = 32
	maxPlace = 64
)

// SeatOfficer says that an officer signed in, locked or opened their screen,
// left, or was not let in. The proposer has compared what was typed; that a code
// is used once is decided here, for all members together.
type SeatOfficer struct {
	Time    int64         `cbor:"1,keyasint"`
	Officer wire.StaffID  `cbor:"2,keyasint"`
	How     wire.StaffHow `cbor:"3,keyasint"`
	Seat    []byte        `cbor:"4,keyasint,omitempty"` // HMAC of the session's token; of all but refusals
	Place   string        `cbor:"5,keyasint,omitempty"` // address of the workstation
	Seen    uint64        `cbor:"6,keyasint,omitempty"` // revision that was compared
	Step    uint64        `cbor:"7,keyasint,omitempty"` // of the authenticator that was used, 0 for none
	Sealed  []byte        `cbor:"8,keyasint,omitempty"` // of an enrolment
}

// Seat is one session of an officer: one browser.
type Seat struct {
	Officer wire.StaffID `cbor:"1,keyasint"`
	Place   string       `cbor:"2,keyasint"`
	Began   int64        `cbor:"3,keyasint"`
	Locked  bool         `cbor:"4,keyasint,omitempty"`
	Opened  int64        `cbor:"5,keyasint"` // when it was entered or unlocked last
}

func (SeatOfficer) kind() Kind { return KindSeatOfficer }

func (c SeatOfficer) when() int64 { return c.Time }

func (c SeatOfficer) apply(t *tx) (Result, error) {
	if field := c.badField(); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	o, known, err := load[Officer](t.w, inOfficers, []byte(c.Officer))
	if err != nil {
		return Result{}, err
	}
	if !known {
		return refuse(fault.NotFound, "officer"), nil
	}
	switch {
	case c.refused():
		return Result{}, t.deed(Deed{Officer: o.ID, Role: o.Role, How: c.How, Place: c.Place})
	case c.enters():
		return c.enter(t, o)
	}
	return c.moveSeat(t, o)
}

func (c SeatOfficer) refused() bool { return c.How >= wire.StaffWrong && c.How <= wire.StaffDisabled }

func (c SeatOfficer) enters() bool {
	return c.How == wire.StaffBothFactors || c.How == wire.StaffEnrolled
}

func (c SeatOfficer) known() bool {
	switch c.How {
	case wire.StaffBothFactors, wire.StaffUnlocked, wire.StaffEnrolled, wire.StaffWrong, wire.StaffWrongUnlock,
		wire.StaffWrongOneTime, wire.StaffDisabled, wire.StaffLeft, wire.StaffLocked, wire.StaffIdle, wire.StaffOverlong:
		return true
	case wire.StaffRevoked: // a change says so itself
		return false
	}
	return false
}

func (c SeatOfficer) badField() string {
	switch {
	case c.Officer.Validate() != nil:
		return "officer"
	case !c.known():
		return "how"
	case (len(c.Seat) == 0) != c.refused() || len(c.Seat) > 0 && len(c.Seat) != seatKey:
		return "seat"
	case len(c.Place) > maxPlace:
		return "place"
	case (len(c.Sealed) == 0) == (c.How == wire.StaffEnrolled) || len(c.Sealed) > maxOfficerSealed:
		return "sealed"
	case c.enters() && c.Step == 0:
		return "step"
	}
	return ""
}

// enter begins a seat. A repeat of the same one changes nothing.
func (c SeatOfficer) enter(t *tx, o Officer) (Result, error) {
	held, found, err := load[Seat](t.w, inSeats, c.Seat)
	switch {
	case err != nil:
		return Result{}, err
	case found && held.Officer == o.ID:
		return Result{Version: o.Revision}, nil
	case found:
		return refuse(fault.Exists, "seat"), nil
	}
	if r, refused := c.refusal(o); refused {
		return r, nil
	}
	o.Step = c.Step
	if c.How == wire.StaffEnrolled {
		o.Enrolled, o.Sealed, o.Changed = true, c.Sealed, c.Time
		o.Revision++
	}
	if err := t.put(inOfficers, []byte(o.ID), o); err != nil {
		return Result{}, err
	}
	if err := t.makeRoom(o.ID); err != nil {
		return Result{}, err
	}
	seat := Seat{Officer: o.ID, Place: c.Place, Began: c.Time, Opened: c.Time}
	if err := t.put(inSeats, c.Seat, seat); err != nil {
		return Result{}, err
	}
	return Result{Version: o.Revision}, t.deed(Deed{Officer: o.ID, Role: o.Role, How: c.How, Place: c.Place})
}

// refusal wants an officer who is as the proposer compared them, and a code
// that nobody used.
func (c SeatOfficer) refusal(o Officer) (Result, bool) {
	switch {
	case o.State != StaffActive:
		return refuse(fault.Denied, "disabled"), true
	case o.Revision != c.Seen:
		return refuse(fault.Conflict, "another revision"), true
	case o.Enrolled == (c.How == wire.StaffEnrolled):
		return refuse(fault.Used, "enrolment"), true
	case c.Step <= o.Step:
		return refuse(fault.Used, "code"), true
	}
	return Result{}, false
}

// moveSeat locks, opens or ends a seat.
func (c SeatOfficer) moveSeat(t *tx, o Officer) (Result, error) {
	seat, found, err := load[Seat](t.w, inSeats, c.Seat)
	if err != nil {
		return Result{}, err
	}
	if !found || seat.Officer != o.ID {
		return refuse(fault.NotFound, "seat"), nil
	}
	if r, over := c.unmoved(seat, o); over {
		return r, nil
	}
	if c.opens() && c.Step != 0 {
		o.Step = c.Step
		if err := t.put(inOfficers, []byte(o.ID), o); err != nil {
			return Result{}, err
		}
	}
	if err := c.putSeat(t, seat); err != nil {
		return Result{}, err
	}
	return Result{}, t.deed(Deed{Officer: o.ID, Role: o.Role, How: c.How, Place: c.Place})
}

func (c SeatOfficer) ends() bool { return c.How == wire.StaffLeft || c.How == wire.StaffOverlong }

func (c SeatOfficer) opens() bool { return c.How == wire.StaffUnlocked }

// unmoved answers what changes nothing: a seat that is locked already, and a key
// that does not open it.
func (c SeatOfficer) unmoved(seat Seat, o Officer) (Result, bool) {
	switch {
	case !c.ends() && !c.opens():
		return Result{}, seat.Locked
	case c.opens() && o.Revision != c.Seen:
		return refuse(fault.Conflict, "another revision"), true
	case c.opens() && c.Step != 0 && c.Step <= o.Step:
		return refuse(fault.Used, "code"), true
	}
	return Result{}, false
}

func (c SeatOfficer) putSeat(t *tx, seat Seat) error {
	if c.ends() {
		return t.delete(inSeats, c.Seat)
	}
	seat.Locked = !c.opens()
	if !seat.Locked {
		seat.Opened = c.Time
	}
	return t.put(inSeats, c.Seat, seat)
}

// makeRoom ends seats whose day is over, and the oldest of an officer who has
// too many.
func (t *tx) makeRoom(id wire.StaffID) error {
	if err := t.endSeats(func(s Seat) bool { return t.time-s.Began >= SeatLife }); err != nil {
		return err
	}
	count := 0
	var oldest []byte
	began := int64(0)
	var err error
	t.w.Ascend(inSeats, nil, func(key, raw []byte) bool {
		var s Seat
		if s, err = decode[Seat](inSeats, key, raw); err != nil || s.Officer != id {
			return err == nil
		}
		if count++; oldest == nil || s.Began < began {
			oldest, began = bytes.Clone(key), s.Began
		}
		return true
	})
	if err != nil || count < maxSeats {
		return err
	}
	return t.delete(inSeats, oldest)
}

// endSeats ends those that a rule names.
func (t *tx) endSeats(over func(Seat) bool) error {
	var keys [][]byte
	var err error
	t.w.Ascend(inSeats, nil, func(key, raw []byte) bool {
		var s Seat
		if s, err = decode[Seat](inSeats, key, raw); err == nil && over(s) {
			keys = append(keys, bytes.Clone(key))
		}
		return err == nil
	})
	for _, key := range keys {
		if err == nil {
			err = t.delete(inSeats, key)
		}
	}
	return err
}

package ledger

import (
	"strconv"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// OfficerAct is a command that an officer of the hub gives by name. What it does
// and the line that says who did it are one change: no decision is without its
// officer, and no officer is named for what was refused.
type OfficerAct struct {
	Time    int64        `cbor:"1,keyasint"`
	Officer wire.StaffID `cbor:"2,keyasint"`
	Role    string       `cbor:"3,keyasint"` // whose permission the proposer checked
	// Seen is the version of the case that the officer's page showed; it is wanted
	// of a decision by order, which else would not notice that the case had moved.
	Seen uint64 `cbor:"4,keyasint,omitempty"`
	Act  []byte `cbor:"5,keyasint"` // an encoded command
}

// Deed is one line of the list of what officers did.
type Deed struct {
	Number  uint64        `cbor:"1,keyasint"`
	Time    int64         `cbor:"2,keyasint"`
	Officer wire.StaffID  `cbor:"3,keyasint"`
	Role    string        `cbor:"4,keyasint"`
	How     wire.StaffHow `cbor:"5,keyasint,omitempty"` // of a sign-in and the like
	Place   string        `cbor:"6,keyasint,omitempty"`
	Act     Kind          `cbor:"7,keyasint,omitempty"` // of an act
	Case    uint64        `cbor:"8,keyasint,omitempty"`
	Version uint64        `cbor:"9,keyasint,omitempty"` // of the case, after it
	Event   uint8         `cbor:"10,keyasint,omitempty"`
	Reason  uint16        `cbor:"11,keyasint,omitempty"`
	Order   uint64        `cbor:"12,keyasint,omitempty"`
	Index   uint64        `cbor:"13,keyasint"`
	Subject string        `cbor:"14,keyasint,omitempty"` // key of a need, number of a refused entry, node of a fork
}

func (OfficerAct) kind() Kind { return KindOfficerAct }

func (c OfficerAct) when() int64 { return c.Time }

func (c OfficerAct) apply(t *tx) (Result, error) {
	inner, deed, field := c.read()
	if field != "" {
		return refuse(fault.Invalid, field), nil
	}
	o, known, err := load[Officer](t.w, inOfficers, []byte(c.Officer))
	switch {
	case err != nil:
		return Result{}, err
	case !known || !o.may(c.Role):
		return refuse(fault.Denied, "the officer may not do this any more"), nil
	}
	if deed.Event != 0 && deed.Order != 0 {
		if r, refused, err := c.unseen(t, deed.Order); refused || err != nil {
			return r, err
		}
	}
	before := t.counts.Cases
	t.officer = c.Officer
	r, err := inner.apply(t)
	if err != nil || r.Fault != fault.Other {
		return r, err
	}
	// A reading has a line of its own that names the reader; a pouch that was open
	// already is no deed.
	if deed.Act == KindNoteOpening || deed.Act == KindOpenPouch && t.counts.Cases == before {
		return r, nil
	}
	deed.Case, deed.Version = r.Case, r.Version
	return r, t.deed(deed)
}

// may tells whether an officer acts in a role.
func (o Officer) may(role string) bool {
	return o.State == StaffActive && o.Enrolled && o.Role == role
}

// read gives the command inside, and the line that will say so; the field that
// is wrong otherwise.
func (c OfficerAct) read() (Command, Deed, string) {
	inner, err := Decode(c.Act)
	switch {
	case c.Officer.Validate() != nil:
		return nil, Deed{}, "officer"
	case c.Role == "" || !roleText(c.Role):
		return nil, Deed{}, "role"
	case err != nil || inner.when() != c.Time:
		return nil, Deed{}, "act"
	}
	deed := Deed{Officer: c.Officer, Role: c.Role, Act: inner.kind()}
	return inner, deed, c.describe(inner, &deed)
}

// describe writes what the command inside says into its line; the field that is
// wrong otherwise.
func (c OfficerAct) describe(inner Command, deed *Deed) string {
	switch in := inner.(type) {
	case CompleteOrder:
		deed.Event, deed.Reason, deed.Order = in.Event, in.Reason, in.Order
		if c.Seen == 0 && in.Event != 0 {
			return "seen"
		}
	case Decide:
		deed.Event, deed.Reason = in.Event, in.Reason
	case MovePouch:
		deed.Event = in.Event
	case OpenPouch:
	case AttendNeed:
		deed.Subject = in.Key
	case RedriveOrder:
		deed.Order = in.Order
	case SettleRefused:
		deed.Subject = strconv.FormatUint(in.Number, 10)
	case SettleFork:
		deed.Subject = in.Node.String()
	case NoteOpening:
		if in.By != string(c.Officer) {
			return "by"
		}
	default:
		return "act"
	}
	return ""
}

// unseen refuses a decision on a case that is not as the officer saw it.
func (c OfficerAct) unseen(t *tx, order uint64) (Result, bool, error) {
	o, found, err := load[Order](t.w, inOrders, number(order))
	if err != nil || !found {
		return refuse(fault.NotFound, "order"), !found, err
	}
	held, found, err := load[Case](t.w, inCases, number(o.Case))
	if err != nil || !found || held.Flow.Version != c.Seen {
		return refuse(fault.Conflict, "the case moved on"), true, err
	}
	return Result{}, false, nil
}

// deed adds a line to the list of what officers did.
func (t *tx) deed(d Deed) error {
	t.counts.Deeds++
	d.Number, d.Time, d.Index = t.counts.Deeds, t.time, t.index
	if d.Case != 0 {
		if err := t.putRaw(inCasework, numbers(d.Case, d.Number), []byte{}); err != nil {
			return err
		}
	}
	return t.put(inDeeds, number(d.Number), d)
}

// ActOf gives the act of an officer that carries a command.
func ActOf(officer wire.StaffID, role string, seen uint64, c Command) (OfficerAct, error) {
	raw, err := Encode(c)
	return OfficerAct{Time: c.when(), Officer: officer, Role: role, Seen: seen, Act: raw}, err
}

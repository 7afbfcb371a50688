package ledger

import "jaliya/internal/fault"

// Waiting is the Text of a failed attempt that failed at nothing: whoever
// carries the order out waits for somebody who works on it.
const Waiting = "waiting"

// RedriveOrder is an officer who has an order tried again now. It comes as an
// OfficerAct.
type RedriveOrder struct {
	Time  int64  `cbor:"1,keyasint"`
	Order uint64 `cbor:"2,keyasint"`
}

func (RedriveOrder) kind() Kind { return KindRedriveOrder }

func (c RedriveOrder) when() int64 { return c.Time }

func (c RedriveOrder) apply(t *tx) (Result, error) {
	if !t.watches() {
		return errLevel(), nil
	}
	if t.officer == "" {
		return refuse(fault.Denied, "an officer says this"), nil
	}
	o, found, err := load[Order](t.w, inOrders, number(c.Order))
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "order"), nil
	case o.State == OrderDone:
		return refuse(fault.Used, "order is done"), nil
	case o.State != OrderOpen:
		return refuse(fault.Conflict, "order was withdrawn"), nil
	}
	o.NotBefore = 0
	return Result{Case: o.Case}, t.openOrder(o)
}

// SettleRefused is an officer who has dealt with an entry that was refused. It
// comes as an OfficerAct.
type SettleRefused struct {
	Time   int64  `cbor:"1,keyasint"`
	Number uint64 `cbor:"2,keyasint"`
	Note   string `cbor:"3,keyasint,omitempty"` // what was done, without personal data
}

func (SettleRefused) kind() Kind { return KindSettleRefused }

func (c SettleRefused) when() int64 { return c.Time }

func (c SettleRefused) apply(t *tx) (Result, error) {
	if !t.watches() {
		return errLevel(), nil
	}
	switch {
	case t.officer == "":
		return refuse(fault.Denied, "an officer says this"), nil
	case !noteText(c.Note):
		return refuse(fault.Invalid, "note"), nil
	}
	line, found, err := load[RefusedLine](t.w, inRefused, number(c.Number))
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "refused entry"), nil
	case line.Settled != 0 && line.By == t.officer && line.Note == c.Note:
		return Result{}, nil // a repeat
	case line.Settled != 0:
		return refuse(fault.Used, "somebody has settled it"), nil
	}
	line.Settled, line.By, line.Note = c.Time, t.officer, c.Note
	if err := t.put(inRefused, number(c.Number), line); err != nil {
		return Result{}, err
	}
	return Result{}, t.delete(inUnsettled, number(c.Number))
}

// unsettled lists a refused entry for people until one of them settles it.
func (t *tx) unsettled(line RefusedLine, n Node) error {
	if !t.watches() {
		return nil
	}
	t.tally.Refused++
	return t.putRaw(inUnsettled, number(line.Number), append(postKey(n.Post), number(uint64(max(line.Time, 0)))...))
}

// failedAgain counts the attempts that failed one after the other; waiting is no
// failure.
func (t *tx) failedAgain(o *Order, text string) {
	switch {
	case !t.watches():
	case text == Waiting:
		o.Failed = 0
	default:
		o.Failed++
	}
}

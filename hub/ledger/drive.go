package ledger

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// move stores what a step made of a case and everything that follows from it:
// the timeline, orders, notices and timers.
func (t *tx) move(c *Case, in workflow.Input, out workflow.Outcome, commit uint64) error {
	c.Flow, c.Updated = flowOf(out.Case), t.time
	if out.Withdraw {
		if err := t.withdraw(c); err != nil {
			return err
		}
	}
	for _, kind := range out.Orders {
		if err := t.order(c, kind, out); err != nil {
			return err
		}
	}
	if err := t.timers(c, out.Timers); err != nil {
		return err
	}
	if err := t.put(inCases, number(c.Number), *c); err != nil {
		return err
	}
	line := Line{
		Version: c.Flow.Version, Time: t.time, State: c.Flow.State, Event: uint8(in.Event), Actor: uint16(in.Actor),
		Reason: uint16(in.Reason), Post: in.Post, Index: t.index, Commit: commit,
	}
	if err := t.put(inHistory, numbers(c.Number, line.Version), line); err != nil {
		return err
	}
	return t.tellPosts(c, out)
}

// tellPosts tells each post of the outcome once, however many of the tells
// name it: a post may be serving, pickup and holder at once.
func (t *tx) tellPosts(c *Case, out workflow.Outcome) error {
	var told []workflow.Post
	for _, tell := range out.Tells {
		if slices.Contains(told, tell.Post) {
			continue
		}
		told = append(told, tell.Post)
		err := t.tell(tell.Post, wire.Notice{
			Kind: wire.NoticeCaseMoved, Reference: c.Reference, Record: c.Record,
			Case: c.Flow.Version, State: c.Flow.State, Reason: c.Flow.Reason,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// OrderState says where an order stands. Append-only.
type OrderState uint8

// The states of an order. Each comment says who acts next.
const (
	OrderOpen      OrderState = 1 // the worker of its kind
	OrderDone      OrderState = 2 // nobody
	OrderWithdrawn OrderState = 3 // nobody: the case moved on, a result is not wanted
)

// Order is something to be done outside the ledger, at least once, under its
// id, by the leader's worker.
type Order struct {
	ID        uint64          `cbor:"1,keyasint"`
	Kind      uint8           `cbor:"2,keyasint"` // workflow.Order
	State     OrderState      `cbor:"3,keyasint"`
	Case      uint64          `cbor:"4,keyasint"`
	Version   uint64          `cbor:"5,keyasint"` // of the case: what a result must name as seen
	Reference string          `cbor:"6,keyasint"`
	Record    wire.RecordID   `cbor:"7,keyasint"` // the case's packet
	Commit    uint64          `cbor:"8,keyasint"` // the entry that holds it
	Serving   consular.PostID `cbor:"9,keyasint,omitempty"`
	Pickup    consular.PostID `cbor:"10,keyasint,omitempty"`
	Service   uint8           `cbor:"11,keyasint,omitempty"`
	Site      uint8           `cbor:"12,keyasint,omitempty"`
	Serial    []byte          `cbor:"13,keyasint,omitempty"` // of a revocation: digest of the card's serial
	Created   int64           `cbor:"14,keyasint"`
	Attempts  uint32          `cbor:"15,keyasint,omitempty"`
	NotBefore int64           `cbor:"16,keyasint,omitempty"` // next attempt
	Last      string          `cbor:"17,keyasint,omitempty"` // why the last attempt failed, for operators
	Done      int64           `cbor:"18,keyasint,omitempty"`
	Event     uint8           `cbor:"19,keyasint,omitempty"` // the result
	Reason    uint16          `cbor:"20,keyasint,omitempty"`
}

// order gives an order for the case as it now is.
func (t *tx) order(c *Case, kind workflow.Order, out workflow.Outcome) error {
	t.counts.Orders++
	o := Order{
		ID: t.counts.Orders, Kind: uint8(kind), State: OrderOpen, Case: c.Number, Version: c.Flow.Version,
		Reference: c.Reference, Record: c.Record, Commit: c.Commit, Serving: c.Flow.Serving,
		Pickup: c.Flow.Pickup, Service: c.Flow.Service, Site: c.Flow.Site, Created: t.time,
	}
	if kind == workflow.OrderRevoke {
		o.Serial = out.Revoked[:]
	}
	c.Open = append(c.Open, o.ID)
	return t.openOrder(o)
}

// openOrder stores an order that is open. The index of open ones holds when the
// next attempt is due, so that a worker passes over what waits.
func (t *tx) openOrder(o Order) error {
	if err := t.put(inOrders, number(o.ID), o); err != nil {
		return err
	}
	return t.putRaw(inOpen, openKey(o.Kind, o.ID), number(uint64(max(o.NotBefore, 0))))
}

// withdraw takes back the case's open orders whose results are not wanted.
func (t *tx) withdraw(c *Case) error {
	keep := c.Open[:0:0]
	for _, id := range c.Open {
		o, found, err := load[Order](t.w, inOrders, number(id))
		if err != nil {
			return err
		}
		if !found || o.State != OrderOpen {
			continue
		}
		if workflow.Order(o.Kind).Lasting() {
			keep = append(keep, id)
			continue
		}
		o.State, o.Done = OrderWithdrawn, t.time
		if err := t.closeOrder(o); err != nil {
			return err
		}
	}
	c.Open = keep
	return nil
}

// closeOrder stores an order that is no longer open.
func (t *tx) closeOrder(o Order) error {
	if err := t.delete(inOpen, openKey(o.Kind, o.ID)); err != nil {
		return err
	}
	return t.put(inOrders, number(o.ID), o)
}

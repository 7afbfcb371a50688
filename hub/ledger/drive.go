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
	before := *c
	c.Flow, c.Updated = flowOf(out.Case), t.time
	if in.Event == workflow.QueryAsked {
		c.Question, c.Answer = wire.Digest(in.Serial), 0
	}
	if err := t.fillBag(c, in); err != nil {
		return err
	}
	if out.Withdraw {
		if err := t.withdraw(c); err != nil {
			return err
		}
	}
	for _, kind := range out.Orders {
		if !t.orders(kind, in, out) {
			continue
		}
		if err := t.order(c, kind, out); err != nil {
			return err
		}
	}
	if err := t.summaries(c, in, out); err != nil {
		return err
	}
	if err := t.timers(c, out.Timers); err != nil {
		return err
	}
	if err := t.stage(c, before); err != nil {
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
	if err := t.tellPosts(c, out); err != nil {
		return err
	}
	return t.each(c, out.Each)
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
		if err := t.tell(tell.Post, t.notice(c, nil)); err != nil {
			return err
		}
	}
	return nil
}

// notice says where a case stands, with what is sealed for the post or nil.
func (t *tx) notice(c *Case, sealed []byte) wire.Notice {
	n := wire.Notice{
		Kind: wire.NoticeCaseMoved, Reference: c.Reference, Record: c.Record,
		Case: c.Flow.Version, State: c.Flow.State, Reason: c.Flow.Reason, Body: sealed,
	}
	if workflow.Kind(c.Flow.Kind) == workflow.KindPouch {
		n.Kind = wire.NoticePouch
	} else if t.compares() {
		n.Pickup = c.collect()
	}
	return n
}

// mustAct lists the posts of an outcome that must do something with a person
// whom they may not know any more, or never did. Of the cards of a pouch the
// post learns by its manifest.
func mustAct(in workflow.Input, out workflow.Outcome) (posts []workflow.Post) {
	for _, tell := range out.Tells {
		incoming := tell.Kind == workflow.NoticeIncoming && in.Event != workflow.CardPacked
		if (incoming || tell.Kind == workflow.NoticeAction) && !slices.Contains(posts, tell.Post) {
			posts = append(posts, tell.Post)
		}
	}
	return posts
}

// summaries orders what such posts need. A case without a packet has nothing
// that could be opened, and its post has the draft.
func (t *tx) summaries(c *Case, in workflow.Input, out workflow.Outcome) error {
	if workflow.Kind(c.Flow.Kind) == workflow.KindPouch || c.Commit == 0 {
		return nil
	}
	for _, post := range mustAct(in, out) {
		o := t.newOrder(c, workflow.OrderSummary)
		o.Post = post
		if err := t.openOrder(o); err != nil {
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
	Bag       uint64          `cbor:"21,keyasint,omitempty"` // of an unpacking: the case of the pouch
	Post      consular.PostID `cbor:"22,keyasint,omitempty"` // of a summary: who needs it
	Failed    uint32          `cbor:"23,keyasint,omitempty"` // attempts that failed one after the other
}

// order gives an order for the case as it now is.
func (t *tx) order(c *Case, kind workflow.Order, out workflow.Outcome) error {
	o := t.newOrder(c, kind)
	switch kind { //nolint:exhaustive // the others need no more than the case
	case workflow.OrderRevoke:
		o.Serial = out.Revoked[:]
	case workflow.OrderUnpack:
		o.Bag = c.Bag
	case workflow.OrderPrint:
		o.Post = c.Flow.Pickup
	}
	return t.openOrder(o)
}

// orders reports whether the level knows an order of the table: of a change of the
// post of collection, and of a record that was withdrawn, nobody was told before.
func (t *tx) orders(kind workflow.Order, in workflow.Input, out workflow.Outcome) bool {
	if t.compares() || kind != workflow.OrderNotify {
		return true
	}
	return in.Event != workflow.PickupChanged && in.Event != workflow.TransferAsked &&
		(out.Case.Kind != workflow.KindRecord || out.Case.State != workflow.Canceled)
}

func (t *tx) newOrder(c *Case, kind workflow.Order) Order {
	t.counts.Orders++
	c.Open = append(c.Open, t.counts.Orders)
	return Order{
		ID: t.counts.Orders, Kind: uint8(kind), State: OrderOpen, Case: c.Number, Version: c.Flow.Version,
		Reference: c.Reference, Record: c.Record, Commit: c.Commit, Serving: c.Flow.Serving,
		Pickup: c.Flow.Pickup, Service: c.Flow.Service, Site: c.Flow.Site, Created: t.time,
	}
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

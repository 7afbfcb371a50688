package ledger

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Facts is what an event brings besides itself; what it does not need stays
// zero. Digests and ids only, never content.
type Facts struct {
	Post       consular.PostID `cbor:"1,keyasint,omitempty"`
	Pickup     consular.PostID `cbor:"2,keyasint,omitempty"`
	Site       uint8           `cbor:"3,keyasint,omitempty"`
	Serial     []byte          `cbor:"4,keyasint,omitempty"` // 32 bytes
	Pouch      []byte          `cbor:"5,keyasint,omitempty"` // 16 bytes
	Count      uint16          `cbor:"6,keyasint,omitempty"`
	TwoPersons bool            `cbor:"7,keyasint,omitempty"`
	// Topic is what a record that was examined is about, 32 bytes: who, which
	// product, what for, as the opener names it (topic.go).
	Topic []byte `cbor:"51,keyasint,omitempty"`
}

// CompleteOrder is what became of an order, from the worker that carried it
// out: an event for the case, done without one, or a failed attempt.
type CompleteOrder struct {
	Time   int64  `cbor:"1,keyasint"`
	Order  uint64 `cbor:"2,keyasint"`
	Event  uint8  `cbor:"3,keyasint,omitempty"` // workflow.Event; zero: done, nothing to say
	Actor  uint16 `cbor:"4,keyasint,omitempty"` // workflow.Actor that the worker speaks for
	Reason uint16 `cbor:"5,keyasint,omitempty"` // consular.RefusalReason
	Facts  Facts  `cbor:"6,keyasint"`
	// Retry makes it a failed attempt: the order stays open and is due again at
	// this time. Text says why, for operators, without personal data.
	Retry int64  `cbor:"7,keyasint,omitempty"`
	Text  string `cbor:"8,keyasint,omitempty"`
}

func (CompleteOrder) kind() Kind { return KindCompleteOrder }

func (c CompleteOrder) when() int64 { return c.Time }

func (c CompleteOrder) apply(t *tx) (Result, error) {
	if len(c.Text) > maxReason {
		return refuse(fault.TooLarge, "text"), nil
	}
	o, found, err := load[Order](t.w, inOrders, number(c.Order))
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "order"), nil
	case o.State == OrderDone && o.Event == c.Event && o.Reason == c.Reason && c.Retry == 0:
		return Result{Case: o.Case}, nil // a repeat: at least once is the worker's promise
	case o.State == OrderDone:
		return refuse(fault.Used, "order is done"), nil
	case o.State == OrderWithdrawn:
		return refuse(fault.Conflict, "order was withdrawn"), nil
	case c.Retry != 0:
		o.Attempts++
		o.NotBefore, o.Last = c.Retry, c.Text
		t.failedAgain(&o, c.Text)
		return Result{Case: o.Case}, t.openOrder(o)
	}
	return c.complete(t, o)
}

// complete closes the order and hands its event to the case. An event that the
// workflow refuses leaves both as they were, unless the order was a lasting one
// and the case has moved on: it was carried out, and nobody waits for the news.
func (c CompleteOrder) complete(t *tx, o Order) (Result, error) {
	held, found, err := load[Case](t.w, inCases, number(o.Case))
	if err != nil {
		return Result{}, err
	}
	if !found {
		return Result{}, fault.New(fault.Corrupt, "ledger: read cases", "", nil)
	}
	in := eventInput(workflow.Event(c.Event), workflow.Actor(c.Actor), c.Reason, c.Facts)
	in.Seen = o.Version
	if in.Actor&workflow.AtPost != 0 {
		return refuse(fault.Denied, "a post speaks by its entries"), nil
	}
	topic, err := t.examinedTopic(&held, &in, c.Facts.Topic)
	if err != nil {
		return Result{}, err
	}
	out, said, err := c.step(held, o, in)
	if err != nil {
		return refuse(fault.KindOf(err), "the case refuses the event"), nil
	}
	if r, refused, err := t.refuseBag(held, o, in); refused || err != nil {
		return r, err
	}
	o.State, o.Done, o.Event, o.Reason = OrderDone, t.time, c.Event, c.Reason
	o.Attempts++
	if err := t.closeOrder(o); err != nil {
		return Result{}, err
	}
	held.Open = slices.DeleteFunc(held.Open, func(id uint64) bool { return id == o.ID })
	if said {
		return t.movedUnder(topic, &held, in, out)
	}
	if o.Bag != 0 && o.Bag == held.Bag {
		if err := t.takeOut(&held); err != nil {
			return Result{}, err
		}
	}
	return Result{Case: o.Case}, t.put(inCases, number(held.Number), held)
}

// step gives what the event makes of the case, and whether there is anything to
// say: not when the order ended without one, nor when its news are late.
func (c CompleteOrder) step(held Case, o Order, in workflow.Input) (out workflow.Outcome, said bool, err error) {
	if c.Event == 0 {
		return out, false, nil
	}
	out, err = workflow.Step(held.Flow.Case(), in)
	if fault.Is(err, fault.Conflict) && workflow.Order(o.Kind).Lasting() && held.Flow.Version > o.Version {
		return out, false, nil
	}
	return out, true, err
}

// movedUnder is moved for a case that is the one of a topic from now on.
func (t *tx) movedUnder(topic []byte, c *Case, in workflow.Input, out workflow.Outcome) (Result, error) {
	if topic != nil {
		if err := t.putRaw(inTopics, topic, number(c.Number)); err != nil {
			return Result{}, err
		}
	}
	return t.moved(c, in, out)
}

func (t *tx) moved(c *Case, in workflow.Input, out workflow.Outcome) (Result, error) {
	if err := t.move(c, in, out, 0); err != nil {
		return Result{}, err
	}
	return Result{Case: c.Number, Version: c.Flow.Version, State: workflow.State(c.Flow.State)}, nil
}

// eventInput makes the workflow's input of an event that is not an entry's.
func eventInput(event workflow.Event, actor workflow.Actor, reason uint16, f Facts) workflow.Input {
	in := workflow.Input{
		Event: event, Actor: actor, Post: f.Post, Pickup: f.Pickup,
		Site: workflow.Site(f.Site), Count: f.Count, TwoPersons: f.TwoPersons,
	}
	if reason <= 255 { // others are no reasons of the workflow
		in.Reason = workflow.Reason(reason)
	}
	copy(in.Serial[:], f.Serial)
	copy(in.Pouch[:], f.Pouch)
	return in
}

// Decide is an event that no order asked for: an officer's decision, a
// citizen's wish, news from an outside system. Who may say it has been checked
// by the proposer; whether it may be said now is checked here.
type Decide struct {
	Time      int64  `cbor:"1,keyasint"`
	Reference string `cbor:"2,keyasint"`
	Event     uint8  `cbor:"3,keyasint"`
	Actor     uint16 `cbor:"4,keyasint"`
	Seen      uint64 `cbor:"5,keyasint,omitempty"` // version of the case that was decided on
	Reason    uint16 `cbor:"6,keyasint,omitempty"`
	Facts     Facts  `cbor:"7,keyasint"`
}

func (Decide) kind() Kind { return KindDecide }

func (c Decide) when() int64 { return c.Time }

func (c Decide) apply(t *tx) (Result, error) {
	if len(c.Reference) != referenceLength {
		return refuse(fault.Invalid, "reference"), nil
	}
	held, found, err := t.findCase(c.Reference)
	if err != nil {
		return Result{}, err
	}
	if !found {
		return refuse(fault.NotFound, "case"), nil
	}
	in := eventInput(workflow.Event(c.Event), workflow.Actor(c.Actor), c.Reason, c.Facts)
	in.Seen = c.Seen
	if in.Actor&workflow.AtPost != 0 {
		return refuse(fault.Denied, "a post speaks by its entries"), nil
	}
	out, err := workflow.Step(held.Flow.Case(), in)
	if err != nil {
		return refuse(fault.KindOf(err), "the case refuses the event"), nil
	}
	if r, refused, err := t.refuseBag(held, Order{}, in); refused || err != nil {
		return r, err
	}
	return t.moved(&held, in, out)
}

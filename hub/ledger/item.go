package ledger

import (
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Item is one line of a pouch's manifest, in the order of packing.
type Item struct {
	Line      uint64      `cbor:"1,keyasint"`
	Case      uint64      `cbor:"2,keyasint"`
	Reference string      `cbor:"3,keyasint"`
	Serial    wire.Digest `cbor:"4,keyasint"` // of the card's serial
	Time      int64       `cbor:"5,keyasint"`
}

// MaxItems is how many cards go into one pouch: their sealed manifest is one
// command.
const MaxItems = 400

// itemsOf gives the lines of a pouch after one, at most n.
func itemsOf(r kv.Reader, pouch, after uint64, n int) (items []Item, err error) {
	ascend(r, inItems, within{prefix: number(pouch), from: number(after + 1)}, func(key, raw []byte) bool {
		var item Item
		if item, err = decode[Item](inItems, key, raw); err == nil {
			items = append(items, item)
		}
		return err == nil && len(items) < n
	})
	return items, err
}

// refuseBag says why a card may not go into a bag, or not come out of it now.
func (t *tx) refuseBag(c Case, o Order, in workflow.Input) (Result, bool, error) {
	switch {
	case in.Event == workflow.CardPacked:
		return t.refusePacking(c, in)
	case in.Event == workflow.CardUnpacked, o.Bag != 0 && o.Bag == c.Bag:
		bag, found, err := load[Case](t.w, inCases, number(c.Bag))
		if err != nil || !found || !inHand(bag) || workflow.State(bag.Flow.State) == workflow.PouchOpen {
			return Result{}, false, err
		}
		return refuse(fault.Conflict, "the pouch is closed: open it again first"), true, nil
	}
	return Result{}, false, nil
}

func (t *tx) refusePacking(c Case, in workflow.Input) (Result, bool, error) {
	bag, found, err := t.findPouch(wire.PouchID(in.Pouch))
	if err != nil {
		return Result{}, false, err
	}
	switch {
	case !found:
		return refuse(fault.NotFound, "pouch"), true, nil
	case bag.Flow.Pickup != c.Flow.Pickup || bag.Flow.Serving != "":
		return refuse(fault.Conflict, "the pouch goes to another post"), true, nil
	case workflow.State(bag.Flow.State) != workflow.PouchOpen:
		return refuse(fault.Conflict, "the pouch is closed"), true, nil
	case bag.Flow.Count >= MaxItems:
		return refuse(fault.Full, "pouch"), true, nil
	case c.Bag == 0:
		return Result{}, false, nil
	}
	last, found, err := load[Case](t.w, inCases, number(c.Bag))
	if err == nil && found && inHand(last) && t.w.Get(inItems, numbers(c.Bag, c.Line)) != nil {
		return refuse(fault.Conflict, "the card is still in another pouch"), true, nil
	}
	return Result{}, false, err
}

// inHand tells whether a pouch has not left: what its manifest lists is there.
func inHand(p Case) bool {
	return slices.Contains([]workflow.State{
		workflow.PouchOpen, workflow.PouchManifested, workflow.PouchClosed, workflow.PouchWithCourier,
	}, workflow.State(p.Flow.State))
}

// fillBag makes at the pouch what a step of a card means for it: refuseBag has
// let it pass.
func (t *tx) fillBag(c *Case, in workflow.Input) error {
	switch in.Event { //nolint:exhaustive // the events that move a card into a bag or out of it
	case workflow.CardPacked:
		return t.putIn(c, in)
	case workflow.CardUnpacked:
		return t.takeOut(c)
	}
	return nil
}

func (t *tx) putIn(c *Case, in workflow.Input) error {
	bag, found, err := t.findPouch(wire.PouchID(in.Pouch))
	if err != nil || !found {
		return err
	}
	bag.Line++
	c.Bag, c.Line = bag.Number, bag.Line
	item := Item{Line: bag.Line, Case: c.Number, Reference: c.Reference, Time: t.time}
	copy(item.Serial[:], c.Flow.Serial)
	if err := t.put(inItems, numbers(bag.Number, item.Line), item); err != nil {
		return err
	}
	return t.counted(&bag, workflow.ItemAdded)
}

// takeOut takes a card from the manifest of a pouch that is still open; of one
// that has left, the manifest stays as it was sent.
func (t *tx) takeOut(c *Case) error {
	bag, found, err := load[Case](t.w, inCases, number(c.Bag))
	if err != nil || !found || workflow.State(bag.Flow.State) != workflow.PouchOpen {
		return err
	}
	if err := t.delete(inItems, numbers(c.Bag, c.Line)); err != nil {
		return err
	}
	c.Bag, c.Line = 0, 0
	return t.counted(&bag, workflow.ItemRemoved)
}

func (t *tx) counted(bag *Case, event workflow.Event) error {
	in := workflow.Input{Event: event, Actor: workflow.System}
	out, err := workflow.Step(bag.Flow.Case(), in)
	if err != nil {
		return err // refuseBag has asked the same machine
	}
	return t.movePouch(bag, in, out)
}

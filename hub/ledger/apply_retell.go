package ledger

import (
	"bytes"
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Retell goes one page further in telling a post's new machine what was sealed to
// the key of the one before: it opens orders for manifests and summaries, which
// the opener then seals to the new key. JoinNode notes what there is to do, and
// the leader proposes this until nothing is left.
type Retell struct {
	Time int64           `cbor:"1,keyasint"`
	Post consular.PostID `cbor:"2,keyasint"`
	Node wire.NodeID     `cbor:"3,keyasint"` // the machine that is to be told
}

// A page ends with whichever comes first.
const (
	retellCases  = 1024 // that are looked at
	retellOrders = 64   // that are opened
)

func (Retell) kind() Kind { return KindRetell }

func (c Retell) when() int64 { return c.Time }

func (c Retell) apply(t *tx) (Result, error) {
	p, found, err := load[Post](t.w, inPosts, postKey(c.Post))
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "post"), nil
	case p.Active != c.Node:
		return refuse(fault.Conflict, "another machine is the post's"), nil
	case !p.Untold():
		return Result{}, nil // a repeat
	}
	before := t.counts.Orders
	for n := 0; n < retellCases && t.counts.Orders-before < retellOrders && p.Untold(); n++ {
		p.Retold++
		held, found, err := load[Case](t.w, inCases, number(p.Retold))
		if err != nil {
			return Result{}, err
		}
		if !found {
			continue
		}
		if err := t.retell(held, c.Post); err != nil {
			return Result{}, err
		}
	}
	if !p.Untold() {
		p.Retold, p.RetellTo = 0, 0
	}
	return Result{Fired: t.counts.Orders - before}, t.put(inPosts, postKey(c.Post), p)
}

// Untold tells whether a new machine is still to be told of older cases.
func (p Post) Untold() bool { return p.Retold < p.RetellTo }

// retell opens the orders that one case needs.
func (t *tx) retell(c Case, post consular.PostID) error {
	if workflow.Kind(c.Flow.Kind) == workflow.KindPouch {
		if c.Flow.Pickup != post || !announced(c) || counted(c.Flow) {
			return nil
		}
		return t.retellOnce(c, workflow.OrderManifest, post)
	}
	if over(c.Flow) || c.Commit == 0 {
		return nil
	}
	if concerns(c.Flow, post) {
		if err := t.retellOnce(c, workflow.OrderSummary, post); err != nil {
			return err
		}
	}
	return t.retellShelf(c, post)
}

// retellShelf orders the manifest by which a card on the post's shelf came,
// though the bag was counted: only a manifest has its serial.
func (t *tx) retellShelf(c Case, post consular.PostID) error {
	if c.Flow.Holder != post || c.Bag == 0 || len(c.Flow.Serial) == 0 {
		return nil
	}
	bag, found, err := load[Case](t.w, inCases, number(c.Bag))
	if err != nil || !found || bag.Flow.Pickup != post || !announced(bag) || !counted(bag.Flow) {
		return err
	}
	return t.retellOnce(bag, workflow.OrderManifest, post)
}

// retellOnce opens an order, unless one of its kind is open already: that one
// will be sealed to the new key too.
func (t *tx) retellOnce(c Case, kind workflow.Order, post consular.PostID) error {
	for _, id := range c.Open {
		o, found, err := load[Order](t.w, inOrders, number(id))
		if err != nil {
			return err
		}
		if reader, _ := o.reader(); found && o.State == OrderOpen && workflow.Order(o.Kind) == kind && reader == post {
			return nil
		}
	}
	c.Open = slices.Clone(c.Open)
	o := t.newOrder(&c, kind)
	if kind == workflow.OrderSummary {
		o.Post = post
	}
	if err := t.openOrder(o); err != nil {
		return err
	}
	return t.put(inCases, number(c.Number), c)
}

// announced tells whether a pouch's manifest was told once: else its first order
// still stands.
func announced(p Case) bool { return p.Sent != nil && p.Sent.Seal != "" && p.Sent.Told != 0 }

// counted tells whether a pouch is past its count.
func counted(f Flow) bool {
	s := workflow.State(f.State)
	return over(f) || s == workflow.PouchDiscrepancy
}

// over tells whether nothing follows in a case.
func over(f Flow) bool {
	m := workflow.For(workflow.Kind(f.Kind))
	if m == nil {
		return true
	}
	row, known := m.State(workflow.State(f.State))
	return !known || row.Final
}

// concerns tells whether a post needs to know whose case it is: it has the card,
// or is to have it, or has something to do with the person.
func concerns(f Flow, post consular.PostID) bool {
	if (f.Holder == post || f.Pickup == post) && len(f.Serial) > 0 {
		return true
	}
	switch workflow.State(f.State) { //nolint:exhaustive // the states whose notice asks the post to act
	case workflow.Supplement, workflow.Recapture, workflow.Returned:
		return f.Serving == post || f.Holder == post || f.Pickup == post
	}
	return false
}

// Listed tells whether a line of a pouch belongs on the manifest that is told now.
// Before the bag has left that is every line. Later a card that was made anew is
// none of it any more, and of a bag that was counted only what still lies at its
// post is of any use there.
func Listed(pouch Flow, item Item, card Case) bool {
	if workflow.State(pouch.State) == workflow.PouchClosed {
		return true
	}
	if !bytes.Equal(card.Flow.Serial, item.Serial[:]) {
		return false
	}
	return !counted(pouch) || card.Flow.Holder == pouch.Pickup && !over(card.Flow)
}

// standings tells a post where each card of a bag stands, of which it is told
// after the bag has left: it did not know them when that was said.
func (t *tx) standings(bag Case, post consular.PostID) error {
	if workflow.State(bag.Flow.State) == workflow.PouchClosed {
		return nil
	}
	items, err := itemsOf(t.w, bag.Number, 0, MaxItems)
	if err != nil {
		return err
	}
	for _, item := range items {
		card, found, err := load[Case](t.w, inCases, number(item.Case))
		if err != nil {
			return err
		}
		if !found || !Listed(bag.Flow, item, card) {
			continue
		}
		if err := t.tell(post, t.notice(&card, nil)); err != nil {
			return err
		}
	}
	return nil
}

// UntoldPosts gives the posts whose new machine is still to be told of older
// cases.
func (v Views) UntoldPosts() ([]Post, error) {
	return view(v, func(r kv.Reader) (posts []Post, err error) {
		r.Ascend(inPosts, nil, func(key, raw []byte) bool {
			var p Post
			if p, err = decode[Post](inPosts, key, raw); err == nil && p.Untold() {
				posts = append(posts, p)
			}
			return err == nil
		})
		return posts, err
	})
}

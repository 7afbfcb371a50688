package ledger

import (
	"encoding/binary"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Sent is what a pouch has besides its case once its bag is closed.
type Sent struct {
	Seal    string `cbor:"1,keyasint,omitempty"` // number on the seal, which stands outside for all to read
	Waybill string `cbor:"2,keyasint,omitempty"`
	// Told is the version of the pouch whose manifest the post was told; zero:
	// none, and the bag may not leave.
	Told uint64 `cbor:"3,keyasint,omitempty"`
}

// OpenPouch begins a pouch from the ministry to a post, and labels it. A post
// has one that is being packed: while it is open, it is the answer.
type OpenPouch struct {
	Time int64           `cbor:"1,keyasint"`
	Post consular.PostID `cbor:"2,keyasint"`
}

func (OpenPouch) kind() Kind { return KindOpenPouch }

func (c OpenPouch) when() int64 { return c.Time }

func (c OpenPouch) apply(t *tx) (Result, error) {
	if field := badPost(c.Post); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	_, found, err := load[Post](t.w, inPosts, postKey(c.Post))
	if err != nil {
		return Result{}, err
	}
	if !found {
		return refuse(fault.NotFound, "the post has no machine: nobody could be told the manifest"), nil
	}
	if key := t.w.Get(inPacking, postKey(c.Post)); key != nil {
		held, _, err := load[Case](t.w, inCases, key)
		return pouchResult(held), err
	}
	return c.open(t)
}

func badPost(post consular.PostID) string {
	if post.Validate() != nil {
		return "post"
	}
	return ""
}

func (c OpenPouch) open(t *tx) (Result, error) {
	year := time.UnixMilli(c.Time).UTC().Year()
	key := binary.BigEndian.AppendUint64(postKey(c.Post), uint64(year)) //nolint:gosec // maxTime keeps it positive
	serial := toNumber(t.w.Get(inLabels, key)) + 1
	label := labelOf(consular.Pouch{Post: c.Post, Year: year, Serial: int(min(serial, 1<<30))})
	if label == "" {
		return refuse(fault.Full, "no label is left in this year"), nil
	}
	p := Case{
		Number: t.counts.Cases + 1, Reference: string(label), Opened: t.time, Flow: Flow{Kind: uint8(workflow.KindPouch)},
	}
	in := workflow.Input{
		Event: workflow.PouchStarted, Actor: workflow.PouchOfficer, Pickup: c.Post,
		Pouch: workflow.PouchID(wire.PouchOf(label)),
	}
	out, err := workflow.Step(p.Flow.Case(), in)
	if err != nil {
		return refuse(fault.KindOf(err), "the pouch cannot begin"), nil
	}
	t.counts.Cases++
	if err := t.putRaw(inLabels, key, number(serial)); err != nil {
		return Result{}, err
	}
	if err := t.putRaw(inRefs, referenceKey(t.cluster.Secret, p.Reference), number(p.Number)); err != nil {
		return Result{}, err
	}
	if err := t.putRaw(inPouches, number(p.Number), []byte{}); err != nil {
		return Result{}, err
	}
	if err := t.movePouch(&p, in, out); err != nil {
		return Result{}, err
	}
	return pouchResult(p), nil
}

// labelOf gives the label of a pouch; none when the numbers of the year are used
// up.
func labelOf(p consular.Pouch) consular.PouchID {
	label, err := consular.NewPouchID(p)
	if err != nil {
		return ""
	}
	return label
}

func pouchResult(p Case) Result {
	return Result{
		Case: p.Number, Version: p.Flow.Version, State: workflow.State(p.Flow.State), Pouch: consular.PouchID(p.Reference),
	}
}

// MovePouch is what the ministry's pouch desk does with a pouch, or hears of
// it. What goes in and out is said of the cards: see CardPacked in Facts.
type MovePouch struct {
	Time       int64            `cbor:"1,keyasint"`
	Pouch      consular.PouchID `cbor:"2,keyasint"`
	Event      uint8            `cbor:"3,keyasint"`
	Actor      uint16           `cbor:"4,keyasint"`
	Seen       uint64           `cbor:"5,keyasint"` // version of the pouch
	Seal       string           `cbor:"6,keyasint,omitempty"`
	Waybill    string           `cbor:"7,keyasint,omitempty"`
	TwoPersons bool             `cbor:"8,keyasint,omitempty"`
	Reason     uint16           `cbor:"9,keyasint,omitempty"`
}

func (MovePouch) kind() Kind { return KindMovePouch }

func (c MovePouch) when() int64 { return c.Time }

// maxWaybill bounds a courier's number, in bytes.
const maxWaybill = 64

func (c MovePouch) apply(t *tx) (Result, error) {
	if r, bad := c.badField(); bad {
		return r, nil
	}
	held, found, err := t.findPouch(wire.PouchOf(c.Pouch))
	switch {
	case err != nil:
		return Result{}, err
	case !found:
		return refuse(fault.NotFound, "pouch"), nil
	case workflow.Event(c.Event) == workflow.BagGivenToCourier && (held.Sent == nil || held.Sent.Told == 0):
		return refuse(fault.Conflict, "the post was not told the manifest yet"), nil
	}
	in := eventInput(workflow.Event(c.Event), workflow.Actor(c.Actor), c.Reason, Facts{TwoPersons: c.TwoPersons})
	in.Seen, in.Pouch = c.Seen, workflow.PouchID(wire.PouchOf(c.Pouch))
	if c.Seal != "" {
		in.Serial = workflow.Digest(wire.SerialDigest(c.Seal))
	}
	out, err := workflow.Step(held.Flow.Case(), in)
	if err != nil {
		return refuse(fault.KindOf(err), "the pouch refuses the event"), nil
	}
	held.Sent = c.sent(held.Sent)
	if err := t.movePouch(&held, in, out); err != nil {
		return Result{}, err
	}
	return pouchResult(held), nil
}

func (c MovePouch) badField() (Result, bool) {
	event := workflow.Event(c.Event)
	switch {
	case !labeled(c.Pouch):
		return refuse(fault.Invalid, "pouch"), true
	case (event == workflow.BagSealed) != (c.Seal != ""), c.Seal != "" && !isSeal(c.Seal):
		return refuse(fault.Invalid, "seal"), true
	case len(c.Waybill) > maxWaybill:
		return refuse(fault.TooLarge, "waybill"), true
	case event == workflow.ItemAdded || event == workflow.ItemRemoved:
		return refuse(fault.Denied, "cards say when they are packed"), true
	case workflow.Actor(c.Actor)&workflow.AtPost != 0:
		return refuse(fault.Denied, "a post speaks by its entries"), true
	}
	return Result{}, false
}

func labeled(label consular.PouchID) bool { return label.Validate() == nil }

// isSeal wants the number of a seal as a scanner reads it.
func isSeal(text string) bool {
	seal, err := wire.ParseSerial(text)
	return err == nil && seal == text
}

// sent keeps seal and waybill; a bag that is opened again begins anew.
func (c MovePouch) sent(was *Sent) *Sent {
	switch workflow.Event(c.Event) { //nolint:exhaustive // the others change nothing of it
	case workflow.BagSealed:
		return &Sent{Seal: c.Seal}
	case workflow.ManifestReopened:
		return nil
	}
	if c.Waybill == "" || was == nil {
		return was
	}
	now := *was
	now.Waybill = c.Waybill
	return &now
}

// movePouch is move, with the index of what is being packed.
func (t *tx) movePouch(p *Case, in workflow.Input, out workflow.Outcome) error {
	if err := t.move(p, in, out, 0); err != nil {
		return err
	}
	key := postKey(p.Flow.Pickup)
	held := t.w.Get(inPacking, key)
	open := workflow.State(p.Flow.State) == workflow.PouchOpen
	switch {
	case open && held == nil:
		return t.putRaw(inPacking, key, number(p.Number))
	case !open && held != nil && toNumber(held) == p.Number:
		return t.delete(inPacking, key)
	}
	return nil
}

// each hands an event of a pouch to every card on its manifest. A card that
// refuses, for it is frozen, refused or received already, stays as it is.
func (t *tx) each(p *Case, event workflow.Event) error {
	if event == 0 {
		return nil
	}
	items, err := itemsOf(t.w, p.Number, 0, wire.MaxPouchCards)
	if err != nil {
		return err
	}
	in := workflow.Input{Event: event, Actor: workflow.System, Pouch: workflow.PouchID(wire.PouchOf(consular.PouchID(p.Reference)))}
	for _, item := range items {
		card, found, err := load[Case](t.w, inCases, number(item.Case))
		if err != nil {
			return err
		}
		if !found || card.Bag != p.Number {
			continue
		}
		if out, err := workflow.Step(card.Flow.Case(), in); err == nil {
			if err := t.move(&card, in, out, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

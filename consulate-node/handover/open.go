package handover

import (
	"context"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// OpenInput opens a bag. Second is the other person, who has signed in beside
// the first.
type OpenInput struct {
	Pouch   string
	Second  access.Principal
	Seal    string // its number as read on the bag
	Broken  bool   // it was not whole
	Remarks string
}

// Open records that two persons opened a bag, and how its seal was; durable on
// return. A seal of another number counts as broken. Once open, two others may
// take the places at the table, which is no event. Errors: Denied with
// CodeTwoPersons, Conflict with CodePouchNotHere, CodeManifestPart or
// CodePouchCounted, Invalid, and those of Arrive.
func (h *Handover) Open(ctx context.Context, p access.Principal, in OpenInput) (PouchView, error) {
	const op = "handover: open pouch"
	if err := p.Require(access.HandoverWrite); err != nil {
		return PouchView{}, err
	}
	if err := pair(op, p, in.Second); err != nil {
		return PouchView{}, err
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return PouchView{}, err
	}
	defer end()
	bag, err := h.find(op, in.Pouch)
	if err != nil {
		return PouchView{}, err
	}
	switch {
	case bag.counted():
		return PouchView{}, coded(op, fault.Conflict, web.CodePouchCounted)
	case bag.Opened != 0:
		err = h.seat(&bag, p.ID, in.Second.ID)
	case bag.Arrived == 0:
		err = coded(op, fault.Conflict, web.CodePouchNotHere)
	case !bag.complete():
		err = coded(op, fault.Conflict, web.CodeManifestPart)
	default:
		err = h.unseal(ctx, p, &bag, in)
	}
	if err != nil {
		return PouchView{}, err
	}
	return h.pouchView(&bag)
}

// seat notes who stands at the table now.
func (h *Handover) seat(p *pouch, first, second string) error {
	now := *p
	now.Pair = [2]string{first, second}
	if now.Pair == p.Pair || p.Pair == [2]string{second, first} {
		return nil
	}
	err := h.o.Journal.Update(func(w kv.Writer) error { return h.putPouch(w, &now) })
	if err == nil {
		*p = now
	}
	return err
}

func (h *Handover) unseal(ctx context.Context, p access.Principal, bag *pouch, in OpenInput) error {
	read, err := wire.ParseSerial(in.Seal)
	if err != nil {
		return refuse("handover: open pouch", "seal", "format")
	}
	digest := wire.SerialDigest(read)
	s := bagStep{
		kind: wire.KindPouchOpened, events: []workflow.Event{workflow.BagOpened},
		in:     workflow.Input{Serial: workflow.Digest(digest)},
		header: wire.Header{Serial: &digest, Outcome: wire.SealWhole},
		body:   wire.Custody{By: p.ID, Second: in.Second.ID, Serial: read, Remarks: in.Remarks},
	}
	broken := in.Broken || read != bag.Seal
	if broken {
		s.events = []workflow.Event{workflow.SealFoundBroken, workflow.BagOpened}
		s.header.Outcome = wire.SealBroken
	}
	s.edit = func(b *pouch) {
		b.Opened, b.Broken = h.o.Clock().UnixMilli(), broken
		b.Pair = [2]string{p.ID, in.Second.ID}
	}
	return h.moveBag(ctx, bag, s)
}

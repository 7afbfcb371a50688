package handover

import (
	"context"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Arrive records that a bag is at the post, closed; durable on return. Said
// again, it changes nothing. Errors: Invalid, Denied with CodePouchOtherPost,
// NotFound with CodePouchUnknown while no manifest has come: the bag waits.
func (h *Handover) Arrive(ctx context.Context, p access.Principal, label string) (PouchView, error) {
	const op = "handover: receive pouch"
	if err := p.Require(access.PouchOpen); err != nil {
		return PouchView{}, err
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return PouchView{}, err
	}
	defer end()
	bag, err := h.find(op, label)
	if err != nil {
		return PouchView{}, err
	}
	if bag.Arrived != 0 {
		return h.pouchView(&bag)
	}
	err = h.moveBag(ctx, &bag, bagStep{
		kind: wire.KindPouchArrived, events: []workflow.Event{workflow.BagArrived}, body: wire.Custody{By: p.ID},
		edit: func(b *pouch) { b.Arrived = h.o.Clock().UnixMilli() },
	})
	if err != nil {
		return PouchView{}, err
	}
	return h.pouchView(&bag)
}

// find reads a label as typed or scanned, and gives its bag.
func (h *Handover) find(op, label string) (pouch, error) {
	id, err := consular.ParsePouchID(label)
	if err != nil {
		return pouch{}, err
	}
	if to := id.Pouch(); to.Return || to.Post != h.o.Post.ID {
		return pouch{}, coded(op, fault.Denied, web.CodePouchOtherPost)
	}
	var bag pouch
	err = h.o.Journal.View(func(r kv.Reader) error {
		var found bool
		bag, found, err = h.pouch(r, id)
		if err == nil && !found {
			err = coded(op, fault.NotFound, web.CodePouchUnknown)
		}
		return err
	})
	return bag, err
}

// bagStep is what is said of a bag, and what follows for it.
type bagStep struct {
	kind   wire.Kind
	events []workflow.Event
	in     workflow.Input
	header wire.Header
	body   wire.Custody
	edit   func(*pouch)
}

// moveBag asks the workflow for every event, says the entry and keeps the bag.
func (h *Handover) moveBag(ctx context.Context, p *pouch, s bagStep) error {
	s.in.Post, s.in.Actor, s.in.TwoPersons = h.o.Post.ID, workflow.Supervisor, s.kind.ByTwo()
	flow := p.flow(h.o.Post.ID)
	for _, s.in.Event = range s.events {
		out, err := workflow.Step(flow, s.in)
		if err != nil {
			return err
		}
		flow = out.Case
	}
	now, label := *p, wire.PouchOf(p.Label)
	now.take(flow)
	now.Refused = 0
	s.edit(&now)
	e := entry{record: wire.NewRecordID(), kind: s.kind, header: s.header, body: s.body}
	e.header.Pouch, e.body.Pouch = &label, p.Label
	now.Said = append(now.Said, e.record)
	err := h.say(ctx, e, func(w kv.Writer) error { return h.putPouch(w, &now) })
	if err == nil {
		*p = now
	}
	return err
}

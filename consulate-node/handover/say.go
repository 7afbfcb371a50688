package handover

import (
	"context"
	"errors"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// entry is something to be said of a card or a bag.
type entry struct {
	record wire.RecordID
	kind   wire.Kind
	header wire.Header // the fields of the kind
	body   wire.Custody
}

// say seals and appends an entry, durable on return; also is the change of
// custody that it reports, in the same transaction.
func (h *Handover) say(ctx context.Context, e entry, also func(kv.Writer) error) error {
	e.body.Version = wire.Version
	if err := e.body.ValidateFor(e.kind); err != nil {
		return err
	}
	intake, err := h.o.Intake()
	if err != nil {
		return fault.New(fault.Unavailable, "handover: seal entry", "", errors.Join(web.CodeNoIntakeKey.Cause(), err))
	}
	d := journal.Draft{Header: e.header, Also: func(w kv.Writer) error {
		if also != nil {
			if err := also(w); err != nil {
				return err
			}
		}
		return h.step(e.kind)
	}}
	if d.Body, err = h.seal(intake, e); err != nil {
		return err
	}
	hd := &d.Header
	hd.Record, hd.Kind, hd.IntakeKey, hd.Post = e.record, e.kind, intake.ID, h.o.Post.ID
	hd.Time = h.o.Clock().UnixMilli()
	if offset, measured := h.o.Offset(); measured {
		ms := offset.Milliseconds()
		hd.Offset = &ms
	}
	_, err = h.o.Journal.Append(ctx, d)
	return err
}

func (h *Handover) seal(intake seal.IntakePublic, e entry) ([]byte, error) {
	visit, err := seal.NewVisit(intake, e.record, h.o.Dictionaries)
	if err != nil {
		return nil, err
	}
	defer visit.Destroy()
	plain := wire.Marshal(e.body)
	defer clear(plain)
	return visit.SealBody(plain, wire.BodyAAD(e.record, e.kind))
}

// step is one event of a card: what the workflow is asked, and what is said
// when it agrees.
type step struct {
	record wire.RecordID // zero: a fresh one
	kind   wire.Kind
	in     workflow.Input
	body   wire.Custody
	pouch  consular.PouchID // the bag of a kind that is about one; none: the card's own
	pickup consular.PostID  // where to, in a transfer that is asked for
}

// move asks the workflow, says the entry and keeps the card as the step leaves
// it. edit changes what the workflow knows nothing of. Errors: those of the
// workflow, translated by refusal.
func (h *Handover) move(ctx context.Context, c *card, s step, edit func(*card)) error {
	digest := wire.SerialDigest(c.Serial)
	s.in.Post, s.in.Serial = h.o.Post.ID, workflow.Digest(digest)
	s.in.TwoPersons = s.kind.ByTwo()
	if s.pouch == "" {
		s.pouch = c.Pouch
	}
	label := wire.PouchOf(s.pouch)
	if s.kind.InBag() {
		s.in.Pouch = workflow.PouchID(label)
	}
	out, err := workflow.Step(c.flow(h.o.Post.ID), s.in)
	if err != nil {
		return refusal(c, err)
	}
	if s.record.IsZero() {
		s.record = wire.NewRecordID()
	}
	now := *c
	now.take(out, s.record)
	now.Refused = 0
	edit(&now)
	s.body.Serial = c.Serial
	e := entry{record: s.record, kind: s.kind, body: s.body}
	e.header.Reference, e.header.Serial = c.Reference.Digits(), &digest
	e.header.Pickup = s.pickup
	if s.kind.InBag() {
		e.header.Pouch, e.body.Pouch = &label, s.pouch
	}
	err = h.say(ctx, e, func(w kv.Writer) error { return h.putCard(w, &now) })
	if err == nil {
		*c = now
	}
	return err
}

// refusal says in the words of a desk why a card may not be moved.
func refusal(c *card, err error) error {
	const op = "handover: move card"
	code := web.CodeCardNotReady
	switch state := workflow.State(c.State); {
	case fault.Is(err, fault.Invalid):
		return err
	case state == workflow.HandedOver:
		code = web.CodeCardGiven
	case state == workflow.Hold:
		code = web.CodeCardOnHold
	case stops(state):
		code = web.CodeCardStopped
	}
	return fault.New(fault.Conflict, op, "", errors.Join(code.Cause(), err))
}

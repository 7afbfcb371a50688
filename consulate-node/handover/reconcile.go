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

// ReconcileInput ends the count. Missing is how many cards the two at the table
// say are not there: a slip of the finger must not report forty cards lost.
type ReconcileInput struct {
	Pouch   string
	Missing int
	Remarks string
}

// Reconcile ends the count of a bag: it says of each card that was not scanned
// that it is missing, then that the bag was counted; each is durable, and cut
// off between them it goes on where it stood. Said again, it changes nothing.
// Errors: Denied with CodeTwoPersons, Conflict with CodePouchNotOpen or
// CodeCountOther, and those of Arrive.
func (h *Handover) Reconcile(ctx context.Context, p access.Principal, in ReconcileInput) (PouchView, error) {
	const op = "handover: count pouch"
	if err := p.Require(access.HandoverWrite); err != nil {
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
	if bag.counted() {
		return h.pouchView(&bag)
	}
	if bag.Opened == 0 {
		return PouchView{}, coded(op, fault.Conflict, web.CodePouchNotOpen)
	}
	other, err := bag.present(op, p)
	if err != nil {
		return PouchView{}, err
	}
	if err := h.count(ctx, &bag, scanning{by: p.ID, second: other, in: ScanInput{Remarks: in.Remarks}}, in.Missing); err != nil {
		return PouchView{}, err
	}
	return h.pouchView(&bag)
}

func (h *Handover) count(ctx context.Context, bag *pouch, s scanning, missing int) error {
	const op = "handover: count pouch"
	cards, err := h.contents(bag)
	if err != nil {
		return err
	}
	t := tallyOf(bag, cards)
	if t.Missing+t.Open != missing {
		return coded(op, fault.Conflict, web.CodeCountOther)
	}
	for i := range cards {
		if c := &cards[i]; c.Counted == 0 {
			if err := h.miss(ctx, c, s); err != nil {
				return err
			}
		}
	}
	found := uint16(t.Received + t.Damaged) //nolint:gosec // a manifest has at most 1,024
	st := bagStep{
		kind: wire.KindPouchReconciled, events: []workflow.Event{workflow.BagCounted},
		in: workflow.Input{Count: found}, header: wire.Header{Count: &found, Outcome: wire.CountAgrees},
		body: wire.Custody{By: s.by, Second: s.second, Remarks: s.in.Remarks},
		edit: func(b *pouch) { b.Reconciled = h.o.Clock().UnixMilli() },
	}
	if missing > 0 || t.Damaged > 0 || len(bag.Extras) > 0 {
		st.events, st.header.Outcome = []workflow.Event{workflow.CountDiffers}, wire.CountOff
	}
	for _, x := range bag.Extras {
		st.body.Extras = append(st.body.Extras, x.Serial)
	}
	return h.moveBag(ctx, bag, st)
}

// miss says that a card was not in the bag. One that the hub has stopped
// meanwhile is only noted here, where its case has no word for it; the count of
// the bag tells of it.
func (h *Handover) miss(ctx context.Context, c *card, s scanning) error {
	err := h.move(ctx, c, step{
		kind: wire.KindCardMissing, in: workflow.Input{Event: workflow.CardMissing, Actor: workflow.Supervisor},
		body: wire.Custody{By: s.by, Second: s.second, Remarks: s.in.Remarks},
	}, func(c *card) { c.Counted = foundNot })
	if !web.Has(err, web.CodeCardStopped) {
		return err
	}
	c.Counted = foundNot
	return h.o.Journal.Update(func(w kv.Writer) error { return h.putCard(w, c) })
}

package handover

import (
	"context"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// AskTransfer records that the person wants to collect at another post, durable
// on return: from now on the card is not handed over here. Said again, it
// changes nothing. Errors: Invalid with "post", NotFound with CodeCardUnknown,
// Conflict with a code of the card.
func (h *Handover) AskTransfer(ctx context.Context, p access.Principal, reference string, to consular.PostID) (CardView, error) {
	const op = "handover: ask for transfer"
	if err := p.Require(access.HandoverWrite); err != nil {
		return CardView{}, err
	}
	switch {
	case to.Validate() != nil:
		return CardView{}, refuse(op, "post", consular.RuleRequired)
	case to == h.o.Post.ID:
		return CardView{}, refuse(op, "post", consular.RuleNotAllowed)
	}
	return h.change(ctx, op, reference, change{
		done: workflow.Transfer,
		step: step{
			kind: wire.KindTransferAsked, pickup: to,
			in:   workflow.Input{Event: workflow.TransferAsked, Actor: workflow.Agent, Pickup: to},
			body: wire.Custody{By: p.ID},
		},
		edit: func(c *card) { c.Onward = to },
	})
}

// WithdrawTransfer records that the person collects here after all.
func (h *Handover) WithdrawTransfer(ctx context.Context, p access.Principal, reference string) (CardView, error) {
	const op = "handover: withdraw transfer"
	if err := p.Require(access.HandoverWrite); err != nil {
		return CardView{}, err
	}
	return h.change(ctx, op, reference, change{
		done: workflow.Ready,
		step: step{
			kind: wire.KindTransferWithdrawn, in: workflow.Input{Event: workflow.TransferWithdrawn, Actor: workflow.Agent},
			body: wire.Custody{By: p.ID},
		},
		edit: func(c *card) { c.Onward = "" },
	})
}

// SendTransfer records that the card left in a pouch for the other post, durable
// on return. Errors: as AskTransfer, and Denied with CodePouchOtherPost for a
// pouch that does not go there.
func (h *Handover) SendTransfer(ctx context.Context, p access.Principal, reference, label string) (CardView, error) {
	const op = "handover: send transfer"
	if err := p.Require(access.PouchOpen); err != nil {
		return CardView{}, err
	}
	bag, err := h.outgoing(op, label, false)
	if err != nil {
		return CardView{}, err
	}
	return h.change(ctx, op, reference, change{
		done: workflow.InTransit,
		holds: func(c *card) error {
			if c.Onward != "" && bag.Pouch().Post != c.Onward {
				return coded(op, fault.Denied, web.CodePouchOtherPost)
			}
			return nil
		},
		step: step{
			kind: wire.KindTransferSent, pouch: bag, in: workflow.Input{Event: workflow.TransferSent, Actor: workflow.Supervisor},
			body: wire.Custody{By: p.ID},
		},
		edit: h.leaves(p, bag),
	})
}

// outgoing reads the label of a bag that leaves this post: one to another post,
// or the return pouch of this one.
func (h *Handover) outgoing(op, label string, back bool) (consular.PouchID, error) {
	bag, err := consular.ParsePouchID(label)
	if err != nil {
		return "", err
	}
	if to := bag.Pouch(); to.Return != back || (to.Post == h.o.Post.ID) != back {
		return "", coded(op, fault.Denied, web.CodePouchOtherPost)
	}
	return bag, nil
}

// leaves is a card that is not at this post any more.
func (h *Handover) leaves(p access.Principal, bag consular.PouchID) func(*card) {
	return func(c *card) {
		c.Held, c.GivenBy, c.GivenAt = false, p.ID, h.o.Clock().UnixMilli()
		if bag != "" {
			c.Pouch = bag
		}
	}
}

// change is one step of one card from its page.
type change struct {
	done  workflow.State // where it stands when the same was said before
	holds func(*card) error
	step  step
	edit  func(*card)
}

// change makes a step once: asked again by the same card in the state that it
// leads to, it changes nothing.
func (h *Handover) change(ctx context.Context, op, reference string, ch change) (CardView, error) {
	end, err := h.begin(ctx, op)
	if err != nil {
		return CardView{}, err
	}
	defer end()
	c, err := h.lookUp(op, reference)
	if err != nil {
		return CardView{}, err
	}
	if workflow.State(c.State) == ch.done && !c.Last.IsZero() {
		held, err := h.o.Journal.ByRecord(c.Last)
		if err == nil && held.Kind == ch.step.kind {
			return h.cardView(&c)
		}
	}
	if ch.holds != nil {
		if err := ch.holds(&c); err != nil {
			return CardView{}, err
		}
	}
	if err := h.move(ctx, &c, ch.step, ch.edit); err != nil {
		return CardView{}, err
	}
	return h.cardView(&c)
}

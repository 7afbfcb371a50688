package handover

import (
	"context"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Reclaim records that the person came for a card that nobody had claimed, and
// that can be handed over again; durable on return.
func (h *Handover) Reclaim(ctx context.Context, p access.Principal, reference string) (CardView, error) {
	const op = "handover: reclaim card"
	if err := p.Require(access.HandoverWrite); err != nil {
		return CardView{}, err
	}
	return h.change(ctx, op, reference, change{
		done: workflow.Ready,
		step: step{
			kind: wire.KindCardReclaimed, in: workflow.Input{Event: workflow.Reclaimed, Actor: workflow.Agent},
			body: wire.Custody{By: p.ID},
		},
		edit: func(*card) {},
	})
}

// SendBackInput puts an unclaimed card into a return pouch.
type SendBackInput struct {
	Reference string
	Pouch     string // label of the return pouch
	Second    access.Principal
	Remarks   string
}

// SendBack records that two persons sent an unclaimed card back, durable on
// return. Errors: Denied with CodeTwoPersons or CodePouchOtherPost, Invalid,
// NotFound with CodeCardUnknown, Conflict with a code of the card.
func (h *Handover) SendBack(ctx context.Context, p access.Principal, in SendBackInput) (CardView, error) {
	const op = "handover: send card back"
	if err := p.Require(access.HandoverWrite); err != nil {
		return CardView{}, err
	}
	if err := pair(op, p, in.Second); err != nil {
		return CardView{}, err
	}
	bag, err := h.outgoing(op, in.Pouch, true)
	if err != nil {
		return CardView{}, err
	}
	return h.change(ctx, op, in.Reference, change{
		done: workflow.SentBack,
		step: step{
			kind: wire.KindCardSentBack, pouch: bag,
			in:   workflow.Input{Event: workflow.UnclaimedSentBack, Actor: workflow.Supervisor},
			body: wire.Custody{By: p.ID, Second: in.Second.ID, Remarks: in.Remarks},
		},
		edit: h.leaves(p, bag),
	})
}

// DestroyInput is the end of a card. Serial is scanned from the card in the
// hand: a wrong one cannot be made whole again.
type DestroyInput struct {
	Reference string
	Serial    string
	Method    wire.DestroyMethod
	Witness   string // whoever saw it beside the two, by name
	Remarks   string
	Second    access.Principal
}

// Destroy records that two persons, one of whom may destroy cards, destroyed an
// unclaimed card, durable on return. Errors: as SendBack, and Conflict with
// CodeCardOther for another card.
func (h *Handover) Destroy(ctx context.Context, p access.Principal, in DestroyInput) (CardView, error) {
	const op = "handover: destroy card"
	if err := p.Require(access.HandoverWrite); err != nil {
		return CardView{}, err
	}
	serial, err := wire.ParseSerial(in.Serial)
	var found consular.Violations
	if err != nil {
		found = append(found, consular.Violation{Field: "serial", Rule: consular.RuleFormat})
	}
	if in.Method == 0 || in.Method > wire.DestroyBurned {
		found = append(found, consular.Violation{Field: "method", Rule: consular.RuleRequired})
	}
	if found != nil {
		return CardView{}, fault.New(fault.Invalid, op, "", web.CodedError{Code: web.Code(fault.Invalid.Code()), Violations: found})
	}
	if err := witnessed(op, p, in.Second); err != nil {
		return CardView{}, err
	}
	return h.change(ctx, op, in.Reference, change{
		done: workflow.Destroyed,
		holds: func(c *card) error {
			if c.Serial != serial {
				return coded(op, fault.Conflict, web.CodeCardOther)
			}
			return nil
		},
		step: step{
			kind: wire.KindCardDestroyed, in: workflow.Input{Event: workflow.CardDestroyed, Actor: workflow.Supervisor},
			body: wire.Custody{
				By: p.ID, Second: in.Second.ID, Method: in.Method, Witness: strings.TrimSpace(in.Witness), Remarks: in.Remarks,
			},
		},
		edit: h.leaves(p, ""),
	})
}

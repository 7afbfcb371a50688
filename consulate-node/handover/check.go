package handover

import (
	"context"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// CheckInput is an identity check that failed. Attempt is drawn by the caller:
// the same attempt sent twice counts once, for the second failure puts the card
// on hold.
type CheckInput struct {
	Attempt   wire.RecordID
	Reference string
	Failed    wire.FailedCheck
	Remarks   string
}

// Check records that whoever came to collect is not the person, as far as could
// be told; durable on return. After the first time a second person must be at
// the next hand-over; after the second the card is on hold until the hub has
// inquired. Errors: as Shelve.
func (h *Handover) Check(ctx context.Context, p access.Principal, in CheckInput) (CardView, error) {
	const op = "handover: check identity"
	if err := p.Require(access.HandoverWrite); err != nil {
		return CardView{}, err
	}
	if in.Attempt.IsZero() {
		return CardView{}, refuse(op, "attempt", consular.RuleRequired)
	}
	if in.Failed == 0 || in.Failed > wire.FailedDocument {
		return CardView{}, refuse(op, "failed", consular.RuleUnknown)
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return CardView{}, err
	}
	defer end()
	c, err := h.lookUp(op, in.Reference)
	if err != nil {
		return CardView{}, err
	}
	held, err := h.o.Journal.ByRecord(in.Attempt)
	switch {
	case err == nil && held.Kind == wire.KindCheckFailed && held.Reference == c.Reference.Digits():
		return h.cardView(&c)
	case err == nil:
		return CardView{}, fault.New(fault.Exists, op, in.Attempt.String(), nil)
	case !fault.Is(err, fault.NotFound):
		return CardView{}, err
	}
	err = h.move(ctx, &c, step{
		record: in.Attempt, kind: wire.KindCheckFailed,
		in:   workflow.Input{Event: workflow.CheckFailed, Actor: workflow.Agent},
		body: wire.Custody{By: p.ID, Failed: in.Failed, Remarks: in.Remarks},
	}, func(*card) {})
	if err != nil {
		return CardView{}, err
	}
	return h.cardView(&c)
}

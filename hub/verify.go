package hub

import (
	"context"
	"time"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Waiting is a case that waits for a verifier. It holds no personal data.
type Waiting struct {
	Order     uint64             `json:"order"`
	Reference consular.Reference `json:"reference"`
	Service   consular.Service   `json:"service"`
	Serving   consular.PostID    `json:"serving"`
	Pickup    consular.PostID    `json:"pickup"`
	Since     time.Time          `json:"since"`
	Packets   uint8              `json:"packets"` // that came for it
}

// VerifyList asks for the cases that wait, oldest first.
type VerifyList struct {
	Limit int `json:"limit"`
}

func (h *Hub) verifyList(_ context.Context, in VerifyList) ([]Waiting, error) {
	orders, err := h.ledger.OpenOrders(uint8(workflow.OrderVerify), time.Now().UnixMilli(), max(in.Limit, 1))
	if err != nil {
		return nil, err
	}
	list := make([]Waiting, 0, len(orders))
	for _, o := range orders {
		c, err := h.ledger.CaseNumber(o.Case)
		if err != nil {
			return nil, err
		}
		list = append(list, Waiting{
			Order: o.ID, Reference: consular.Reference(o.Reference), Service: consular.Service(o.Service),
			Serving: o.Serving, Pickup: o.Pickup, Since: time.UnixMilli(o.Created), Packets: c.Flow.Packets,
		})
	}
	return list, nil
}

// Decisions of a verifier.
const (
	VerifyPass      = "pass"
	VerifyRefuse    = "refuse"    // final, with appeal
	VerifyRecapture = "recapture" // the person comes again
	VerifyReturn    = "return"    // the post corrects what it wrote
)

// Verdict is a verifier's decision about a case that waits.
type Verdict struct {
	Reference consular.Reference     `json:"reference"`
	Decision  string                 `json:"decision"`
	Reason    consular.RefusalReason `json:"reason,omitempty"` // of all but pass
}

// Decided says where the case stands after it.
type Decided struct {
	State   string `json:"state"`
	Version uint64 `json:"version"`
}

// verdict completes the order for the packet that waits: one that was replaced
// meanwhile refuses it.
func (h *Hub) verdict(ctx context.Context, in Verdict) (Decided, error) {
	const op = "hub: verify"
	events := map[string]workflow.Event{
		VerifyPass: workflow.VerificationPassed, VerifyRefuse: workflow.Refused,
		VerifyRecapture: workflow.RecaptureAsked, VerifyReturn: workflow.CorrectionAsked,
	}
	event, known := events[in.Decision]
	switch {
	case !known:
		return Decided{}, fault.New(fault.Invalid, op, "decision", nil)
	case (in.Decision == VerifyPass) != (in.Reason == 0):
		return Decided{}, fault.New(fault.Invalid, op, "a reason goes with every decision but pass", nil)
	case in.Reason != 0 && in.Reason.Validate() != nil:
		return Decided{}, fault.New(fault.Invalid, op, "reason", nil)
	}
	o, err := h.waiting(in.Reference)
	if err != nil {
		return Decided{}, err
	}
	r, err := h.ask(ctx, ledger.CompleteOrder{
		Time: time.Now().UnixMilli(), Order: o.ID, Event: uint8(event), Actor: uint16(workflow.Verifier), Reason: uint16(in.Reason),
	})
	return Decided{State: r.State.String(), Version: r.Version}, err
}

// waiting finds the order to verify that a case has.
func (h *Hub) waiting(ref consular.Reference) (ledger.Order, error) {
	c, err := h.ledger.Case(ref)
	if err != nil {
		return ledger.Order{}, err
	}
	for _, id := range c.Open {
		o, err := h.ledger.Order(id)
		if err != nil {
			return ledger.Order{}, err
		}
		if workflow.Order(o.Kind) == workflow.OrderVerify {
			return o, nil
		}
	}
	return ledger.Order{}, fault.New(fault.NotFound, "hub: find case to verify", "it waits for no verifier", nil)
}

// ShowRequest asks to read the packet of a case. Who asks and why is committed
// before the packet is opened.
type ShowRequest struct {
	Reference consular.Reference `json:"reference"`
	By        string             `json:"by"`
	Why       string             `json:"why"`
	Part      string             `json:"part,omitempty"` // name of one image; empty: the text
}

// Shown is a packet as a verifier reads it.
type Shown struct {
	Release   *wire.Release `json:"release,omitempty"`
	MediaType string        `json:"media_type,omitempty"`
	Image     []byte        `json:"image,omitempty"`
}

func (h *Hub) show(ctx context.Context, in ShowRequest) (Shown, error) {
	note := ledger.NoteOpening{
		Time: time.Now().UnixMilli(), Reference: in.Reference.Digits(), By: in.By, Why: in.Why, Part: in.Part,
	}
	if in.Part == "" {
		release, err := h.sealer.Show(ctx, note, h.propose)
		return Shown{Release: &release}, err
	}
	image, err := h.sealer.ShowPart(ctx, note, h.propose)
	return Shown{MediaType: image.MediaType, Image: image.Data}, err
}

// OpeningsQuery asks for packets that officers read, after a number.
type OpeningsQuery struct {
	After uint64 `json:"after"`
}

// OpeningLine says who read a packet, and why.
type OpeningLine struct {
	Number    uint64             `json:"number"`
	Reference consular.Reference `json:"reference"`
	By        string             `json:"by"`
	Why       string             `json:"why"`
	Part      string             `json:"part,omitempty"`
	Time      time.Time          `json:"time"`
}

func (h *Hub) openings(_ context.Context, in OpeningsQuery) ([]OpeningLine, error) {
	held, err := h.ledger.Openings(in.After, pouchPage)
	if err != nil {
		return nil, err
	}
	list := make([]OpeningLine, 0, len(held))
	for _, o := range held {
		c, err := h.ledger.CaseNumber(o.Case)
		if err != nil {
			return nil, err
		}
		list = append(list, OpeningLine{
			Number: o.Number, Reference: consular.Reference(c.Reference), By: o.By, Why: o.Why, Part: o.Part, Time: time.UnixMilli(o.Time),
		})
	}
	return list, nil
}

var _ opener.Commit = (*Hub)(nil).propose

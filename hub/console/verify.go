package console

import (
	"context"
	"slices"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Bounds of lists.
const (
	maxWaiting = 500
	maxHistory = 50
)

// Waiting is a case that waits for a verifier. It holds no personal data.
type Waiting struct {
	Reference consular.Reference `json:"reference"`
	Order     uint64             `json:"order"`
	Version   uint64             `json:"version"`
	Service   consular.Service   `json:"service"`
	Serving   consular.PostID    `json:"serving"`
	Pickup    consular.PostID    `json:"pickup"`
	Since     time.Time          `json:"since"`
	Packets   uint8              `json:"packets"` // that came for it
	Due       time.Time          `json:"due,omitzero"`
	Limit     time.Time          `json:"legal_limit,omitzero"` // law 55-19

	number uint64
	once   bool // the one supplement was asked for already
}

// Waiting lists the cases that wait for a verifier, oldest first.
func (c *Console) Waiting(ctx context.Context, who access.Principal) ([]Waiting, error) {
	if err := who.Require(access.CaseVerify); err != nil {
		return nil, err
	}
	orders, err := c.State.OpenOrders(uint8(workflow.OrderVerify), c.Now().UnixMilli(), maxWaiting)
	if err != nil {
		return nil, err
	}
	list := make([]Waiting, 0, len(orders))
	for _, o := range orders {
		if err := ctx.Err(); err != nil {
			return nil, fault.New(fault.Timeout, "console: list waiting", "", err)
		}
		held, err := c.State.CaseNumber(o.Case)
		if err != nil {
			return nil, err
		}
		list = append(list, waiting(o, held.Case))
	}
	return list, nil
}

func waiting(o ledger.Order, held ledger.Case) Waiting {
	w := Waiting{
		Reference: consular.Reference(o.Reference), Order: o.ID, Version: held.Flow.Version, Service: consular.Service(o.Service),
		Serving: o.Serving, Pickup: o.Pickup, Since: time.UnixMilli(o.Created).UTC(), Packets: held.Flow.Packets,
		number: held.Number, once: held.Flow.Supplements > 0,
	}
	for _, timer := range held.Timers {
		switch workflow.Clock(timer.Clock) { //nolint:exhaustive // the two that a verifier works against
		case workflow.ClockStage:
			w.Due = due(timer)
		case workflow.ClockLegal:
			w.Limit = due(timer)
		}
	}
	return w
}

// due gives when a limit passes. One in working days is counted over weekends
// alone: a holiday only puts it off, so that nobody is told a later day than
// the true one.
func due(t ledger.Timer) time.Time {
	if t.Due != 0 {
		return time.UnixMilli(t.Due).UTC()
	}
	if workflow.Unit(t.Unit) != workflow.WorkingDays {
		return time.Time{}
	}
	at := time.UnixMilli(t.Start).UTC()
	for left := t.Amount; left > 0; {
		at = at.AddDate(0, 0, 1)
		if day := at.Weekday(); day != time.Saturday && day != time.Sunday {
			left--
		}
	}
	return at
}

// find gives the case that waits under a reference, and its order. Errors:
// NotFound when no such case waits: nothing is opened then.
func (c *Console) find(ref consular.Reference) (Waiting, error) {
	held, err := c.State.Case(ref)
	if err != nil {
		return Waiting{}, err
	}
	for _, id := range held.Open {
		o, err := c.State.Order(id)
		if err != nil {
			return Waiting{}, err
		}
		if workflow.Order(o.Kind) == workflow.OrderVerify {
			return waiting(o, held.Case), nil
		}
	}
	return Waiting{}, fault.New(fault.NotFound, "console: find case", "it waits for no verifier", nil)
}

// The decisions of a verifier.
const (
	DecidePass       = "pass"
	DecideReturn     = "return"     // the post corrects what it wrote
	DecideRecapture  = "recapture"  // the person comes again
	DecideSupplement = "supplement" // the person brings a paper, the first and only time
	DecideRefuse     = "refuse"     // final, with appeal
	DecideSuspect    = "suspect"    // an adjudicator decides
)

// Decisions lists them in the order in which screens offer them.
func Decisions() []string {
	return []string{DecidePass, DecideReturn, DecideRecapture, DecideSupplement, DecideRefuse, DecideSuspect}
}

// ReasonsFor gives the reasons that a decision may have; none for one that has
// none. A recapture's reason names the part that is taken again. Fraud is no
// verifier's to refuse for: they suspect, and an adjudicator decides.
func ReasonsFor(decision string) []consular.RefusalReason {
	switch decision {
	case DecideReturn:
		return []consular.RefusalReason{
			consular.RefusedNamesDiffer, consular.RefusedBirthDiffers, consular.RefusedFileIncomplete,
			consular.RefusedContentUnreadable, consular.RefusedImagesMissing, consular.RefusedGuardianConsent,
		}
	case DecideRecapture:
		return []consular.RefusalReason{
			consular.RefusedPortraitQuality, consular.RefusedFingerprintQuality, consular.RefusedSignatureQuality,
		}
	case DecideSupplement:
		return []consular.RefusalReason{
			consular.RefusedFileIncomplete, consular.RefusedNotRegistered, consular.RefusedIdentityNotProved,
			consular.RefusedGuardianConsent, consular.RefusedNotEntitled,
		}
	case DecideRefuse:
		return []consular.RefusalReason{
			consular.RefusedNotRegistered, consular.RefusedDuplicateRequest, consular.RefusedIdentityNotProved,
			consular.RefusedNotEntitled, consular.RefusedGuardianConsent, consular.RefusedDeceased,
			consular.RefusedNationalityLost,
		}
	case DecideSuspect:
		return []consular.RefusalReason{
			consular.RefusedFraud, consular.RefusedDuplicateRequest, consular.RefusedIdentityNotProved,
		}
	}
	return nil
}

func eventOf(decision string) (workflow.Event, bool) {
	event, ok := map[string]workflow.Event{
		DecidePass: workflow.VerificationPassed, DecideReturn: workflow.CorrectionAsked,
		DecideRecapture: workflow.RecaptureAsked, DecideSupplement: workflow.SupplementAsked,
		DecideRefuse: workflow.Refused, DecideSuspect: workflow.Suspected,
	}[decision]
	return event, ok
}

// Decision is what a verifier decides about the case that their page showed.
type Decision struct {
	Reference consular.Reference     `json:"-"`
	Order     uint64                 `json:"order"`
	Seen      uint64                 `json:"version"`
	Decision  string                 `json:"decision"`
	Reason    consular.RefusalReason `json:"reason,omitempty"`
}

// Decided says where the case stands after it.
type Decided struct {
	State    workflow.State `json:"-"`
	Name     string         `json:"state"`
	Version  uint64         `json:"version"`
	Repeated bool           `json:"repeated,omitempty"` // this very decision was there already
}

// Decide completes the order of the case. Errors: Invalid with the field;
// *MovedError when somebody else decided, or the case is otherwise than it was shown.
func (c *Console) Decide(ctx context.Context, who access.Principal, in Decision) (Decided, error) {
	if err := who.Require(access.CaseVerify); err != nil {
		return Decided{}, err
	}
	event, known := eventOf(in.Decision)
	reasons := ReasonsFor(in.Decision)
	switch {
	case !known:
		return Decided{}, invalid("decision", consular.RuleUnknown)
	case in.Order == 0 || in.Seen == 0:
		return Decided{}, invalid("version", consular.RuleRequired)
	case in.Reason == 0 && len(reasons) > 0:
		return Decided{}, invalid("reason", consular.RuleRequired)
	case in.Reason != 0 && !slices.Contains(reasons, in.Reason):
		return Decided{}, invalid("reason", consular.RuleNotAllowed)
	}
	o, err := c.State.Order(in.Order)
	if err != nil {
		return Decided{}, err
	}
	if o.Reference != in.Reference.Digits() || workflow.Order(o.Kind) != workflow.OrderVerify {
		return Decided{}, fault.New(fault.NotFound, "console: decide", "order of another case", nil)
	}
	r, err := c.as(who, in.Seen)(ctx, ledger.CompleteOrder{
		Time: c.Now().UnixMilli(), Order: in.Order, Event: uint8(event), Actor: uint16(workflow.Verifier), Reason: uint16(in.Reason),
	})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Used) {
		return c.moved(who, in, o.Case)
	}
	return Decided{State: r.State, Name: r.State.String(), Version: r.Version}, err
}

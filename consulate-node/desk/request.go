package desk

import (
	"context"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// RequestView is what this post knows of a request.
type RequestView struct {
	Reference consular.Reference `json:"reference"`
	Level     journal.Level      `json:"level"`
	State     string             `json:"state"`         // workflow state, "RELEASED" before the hub has spoken
	Status    string             `json:"public_status"` // key of the status in public words
	Reason    string             `json:"reason,omitempty"`
	Refused   bool               `json:"refused,omitempty"` // the entry itself was refused by the hub
	Service   string             `json:"service,omitempty"`
	Pickup    consular.PostID    `json:"pickup,omitempty"`
	Opened    time.Time          `json:"opened,omitzero"`
	Told      time.Time          `json:"told,omitzero"` // hub time of the last notice
	Version   uint64             `json:"version"`       // of the case at the hub

	Amendable bool   `json:"amendable"`                   // this post may replace the packet, as far as it knows
	Amending  string `json:"amending,omitempty"`          // the visit that is about to
	Unamended string `json:"amendment_refused,omitempty"` // why the hub did not take the last amendment
	Waits     bool   `json:"waits,omitempty"`             // something is to be done here
}

// Get tells where a request stands. Errors: Invalid, NotFound.
func (d *Desk) Get(ctx context.Context, p access.Principal, reference string) (RequestView, error) {
	if err := p.Require(access.RequestRead); err != nil {
		return RequestView{}, err
	}
	q, err := d.request(ctx, reference)
	if err != nil {
		return RequestView{}, err
	}
	v := requestView(q)
	visit, err := d.amendmentOf(q.Request)
	if !visit.IsZero() {
		v.Amending = visit.String()
	}
	return v, err
}

func (d *Desk) request(ctx context.Context, reference string) (journal.Tracked, error) {
	ref, err := consular.ParseReference(reference)
	if err != nil {
		return journal.Tracked{}, err
	}
	if err := ctx.Err(); err != nil {
		return journal.Tracked{}, fault.New(fault.Timeout, "desk: look up request", "", err)
	}
	return d.o.Journal.Request(ref.Digits())
}

func requestView(q journal.Tracked) RequestView {
	v := RequestView{
		Reference: consular.Reference(q.Reference), Level: q.Level, Refused: q.Refused, Pickup: q.Pickup, Version: q.Version,
	}
	v.State, v.Status = standing(q.Request)
	v.Amendable, v.Unamended, v.Waits = amendable(q.Request) == "", unamended(q.Unamended), q.Waits()
	if q.Service != 0 {
		v.Service = consular.Service(q.Service).String()
	}
	if q.Reason > 0 && q.Reason <= 255 {
		v.Reason = consular.RefusalReason(q.Reason).String()
	}
	if q.Opened != 0 {
		v.Opened = time.UnixMilli(q.Opened).UTC()
	}
	if q.Told != 0 {
		v.Told = time.UnixMilli(q.Told).UTC()
	}
	return v
}

// unamended gives the code of why the hub refused an amendment (SPEC.md,
// reasons of refused entries).
func unamended(reason uint16) string {
	switch reason {
	case 0:
		return ""
	case reasonNotNow:
		return "too-late"
	case reasonConflict:
		return "conflict"
	case reasonReplaces, reasonNotYours:
		return "replaced-elsewhere"
	default:
		return "not-taken"
	}
}

// Reasons that the hub gives for an entry that it refused.
const (
	reasonReplaces = 263 // what it replaces is not the packet that the case has
	reasonNotNow   = 265 // the case has moved on
	reasonNotYours = 266 // another post has it
	reasonConflict = 271 // somebody changed the same before
)

// standing gives state and public status. Before the first notice the desk
// knows what it did itself.
func standing(q journal.Request) (state, status string) {
	s := workflow.State(q.State)
	if s == workflow.None {
		s = workflow.Released
	}
	machine := workflow.For(workflow.KindCNIE)
	if machine == nil {
		return s.String(), workflow.StatusNone.Key()
	}
	return s.String(), machine.Public(s).Key()
}

// Receipt gives the printable proof that the hub has the entry of a request.
// Errors: Invalid, NotFound, Conflict with CodeNotSecured at level L1.
func (d *Desk) Receipt(ctx context.Context, p access.Principal, reference string) (string, error) {
	if err := p.Require(access.RequestRead); err != nil {
		return "", err
	}
	proof, _, err := d.proof(ctx, reference)
	if err != nil {
		return "", err
	}
	return proof.Text(), nil
}

// proof proves the entry of a request by the stored receipt, whose signature is
// verified anew.
func (d *Desk) proof(ctx context.Context, reference string) (wire.Proof, wire.Receipt, error) {
	const op = "desk: prove request"
	q, err := d.request(ctx, reference)
	if err != nil {
		return wire.Proof{}, wire.Receipt{}, err
	}
	switch {
	case q.Position.Seq == 0:
		return wire.Proof{}, wire.Receipt{}, fault.New(fault.NotFound, op, "opened at another post", nil)
	case q.Level != journal.L2:
		return wire.Proof{}, wire.Receipt{}, fault.New(fault.Conflict, op, "", web.CodeNotSecured.Cause())
	}
	trusted, err := d.o.Trusted()
	if err != nil {
		return wire.Proof{}, wire.Receipt{}, err
	}
	proof, err := d.o.Journal.Prove(q.Position, trusted)
	if err != nil {
		return wire.Proof{}, wire.Receipt{}, err
	}
	receipt, err := proof.Verify(trusted)
	return proof, receipt, err
}

package desk

import (
	"context"
	"slices"
	"strings"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Rules of an amendment.
const (
	ruleDecided consular.Rule = "decided"    // the packet cannot be replaced any more
	ruleSlip    consular.Rule = "other-slip" // the code is not that of the request's slip
)

// Amends says which released packet a draft replaces. The node cannot open
// that packet, so the draft is captured anew; reference and service stay.
type Amends struct {
	Reference string        `json:"reference"`
	Replaces  wire.RecordID `json:"replaces"`
	Seen      uint64        `json:"seen,omitempty"`      // version of the case that was known when it began
	SlipCode  string        `json:"slip_code,omitempty"` // of the slip that the person holds; empty: a new one is drawn
}

// AmendInput starts a draft that replaces a released packet.
type AmendInput struct {
	Reference string
	Visit     wire.RecordID // drawn by the caller, as for Begin
	// SlipCode is that of the slip which the person holds: it goes on being
	// good, whatever the hub says of the amendment. Empty when the slip is
	// lost: the release draws a new one.
	SlipCode string
}

// Amend starts a draft that replaces what this post released under a
// reference, durable on return. The same input again gives the draft as it is.
// Errors: NotFound; Conflict with CodeAmendDecided, CodeAmendElsewhere or, when
// another draft does it already, CodeAmendOpen; Invalid for a slip code that is
// not the request's; Denied with CodeAttempts; those of Begin.
func (d *Desk) Amend(ctx context.Context, p access.Principal, in AmendInput) (View, error) {
	const op = "desk: amend request"
	if err := p.Require(access.VisitWrite); err != nil {
		return View{}, err
	}
	q, err := d.request(ctx, in.Reference)
	if err != nil {
		return View{}, err
	}
	if in.Visit.IsZero() {
		return View{}, refuse(op, "visit", consular.RuleRequired)
	}
	d.amending.Lock() // one packet, one draft that replaces it
	defer d.amending.Unlock()
	defer d.lock(in.Visit)()
	held, err := d.load(in.Visit)
	if err == nil {
		defer held.close()
		if held.Amends == nil || held.Amends.Reference != q.Reference {
			return View{}, fault.New(fault.Exists, op, in.Visit.String(), nil)
		}
		return d.view(held), nil
	}
	if !fault.Is(err, fault.NotFound) {
		return View{}, err
	}
	if err := d.mayAmend(q); err != nil {
		return View{}, err
	}
	code, err := d.heldSlip(q, in.SlipCode)
	if err != nil {
		return View{}, err
	}
	if err := d.o.CanCapture(); err != nil {
		return View{}, err
	}
	return d.create(p, Draft{
		Service: consular.Service(q.Service), Pickup: q.Pickup,
		Amends: &Amends{Reference: q.Reference, Replaces: q.Record, Seen: q.Version, SlipCode: code},
	}, in.Visit)
}

// mayAmend asks that the packet can still be replaced, by this post, and that
// no other draft is about to.
func (d *Desk) mayAmend(q journal.Tracked) error {
	const op = "desk: amend request"
	if code := amendable(q.Request); code != "" {
		return fault.New(fault.Conflict, op, "", code.Cause())
	}
	other, err := d.amendmentOf(q.Request)
	if err == nil && !other.IsZero() {
		err = fault.New(fault.Conflict, op, other.String(), web.CodeAmendOpen.Cause())
	}
	return err
}

// amendable gives the code of why a packet cannot be replaced, empty when it
// can: this post released it, and as far as it knows nobody has decided. The
// table of the case says which states those are.
func amendable(q journal.Request) web.Code {
	service := consular.Service(q.Service)
	switch {
	case q.Position.Seq == 0 || q.Elsewhere || service.Validate() != nil || service.Family() != consular.FamilyCNIE:
		return web.CodeAmendElsewhere
	case q.Withdrawn || q.Refused:
		return web.CodeAmendDecided
	case workflow.State(q.State) == workflow.None: // the hub has not spoken of it
		return ""
	case !slices.Contains(workflow.For(workflow.KindCNIE).AllowedAt(workflow.State(q.State), workflow.Node), workflow.Amended):
		return web.CodeAmendDecided
	}
	return ""
}

// amendmentOf gives the draft that replaces the packet which counts, zero when
// there is none.
func (d *Desk) amendmentOf(q journal.Request) (wire.RecordID, error) {
	ids, err := d.draftIDs()
	if err != nil {
		return wire.RecordID{}, err
	}
	for _, id := range ids {
		o, err := d.load(id)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
			continue // released or discarded meanwhile
		}
		if err != nil {
			return wire.RecordID{}, err
		}
		found := o.Amends != nil && o.Amends.Reference == q.Reference && o.Amends.Replaces == q.Record
		o.close()
		if found {
			return id, nil
		}
	}
	return wire.RecordID{}, nil
}

// heldSlip checks the code of the slip that the person holds. Attempts are
// bounded as for who follows a request.
func (d *Desk) heldSlip(q journal.Tracked, typed string) (string, error) {
	const op = "desk: amend request"
	if strings.TrimSpace(typed) == "" {
		return "", nil
	}
	code, err := consular.ParseSlipCode(typed)
	if err != nil {
		return "", err
	}
	reference := consular.Reference(q.Reference)
	if wait := d.follow.wait("reference " + q.Reference); wait > 0 {
		return "", refuseAll(op, fault.Denied, web.CodedError{Code: web.CodeAttempts, RetryAfter: wait})
	}
	if !consular.SlipHash(q.SlipHash).Matches(reference, code) {
		d.follow.failed("reference " + q.Reference)
		return "", refuse(op, "slip_code", ruleSlip)
	}
	return string(code), nil
}

// replaceable asks again, at review and at release: the hub may have decided
// while the person was captured.
func (d *Desk) replaceable(a *Amends) error {
	const op = "desk: amend request"
	if a == nil {
		return nil
	}
	q, err := d.o.Journal.Request(a.Reference)
	if err != nil {
		return err
	}
	code := amendable(q.Request)
	if code == "" && q.Record != a.Replaces {
		code = web.CodeAmendElsewhere
	}
	if code != "" {
		return fault.New(fault.Conflict, op, "", code.Cause())
	}
	return nil
}

// Waiting lists the requests of this post that wait for it: the hub sent them
// back, or did not take what the post said.
func (d *Desk) Waiting(ctx context.Context, p access.Principal) ([]RequestView, error) {
	if err := p.Require(access.RequestRead); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Timeout, "desk: list what waits", "", err)
	}
	all, err := d.o.Journal.Waiting(waitingMax)
	if err != nil {
		return nil, err
	}
	out := make([]RequestView, 0, len(all))
	for _, q := range all {
		out = append(out, requestView(q))
	}
	slices.SortFunc(out, func(a, b RequestView) int { return a.Told.Compare(b.Told) })
	return out, nil
}

// waitingMax bounds the list; what it leaves out follows when the first lines
// are done.
const waitingMax = 200

// Read says that somebody has read what the hub refused. Errors: Invalid,
// NotFound.
func (d *Desk) Read(ctx context.Context, p access.Principal, reference string) error {
	if err := p.Require(access.VisitWrite); err != nil {
		return err
	}
	q, err := d.request(ctx, reference)
	if err != nil {
		return err
	}
	return d.o.Journal.MarkRead(q.Reference)
}

package desk

import (
	"context"
	"errors"
	"slices"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// What a desk may say of a request that stands, whichever post released it.
const (
	ChangePickup   = "pickup"   // the person collects at another post
	ChangeWithdraw = "withdraw" // the person wants it no more
)

// RequestChange is one change of a request. The record is drawn by the caller, so
// that the same form sent twice is one change.
type RequestChange struct {
	Reference string
	Record    wire.RecordID
	What      string
	Pickup    consular.PostID // of ChangePickup
	Document  string          // what the person showed, in the words of the hand-over
	// SlipCode is the code of the slip; it is needed where this post has nothing to
	// do with the request.
	SlipCode string
}

// ChangeRequest says, durable on return, that a person at this counter wants a
// request changed. It names the version of the case that this post last heard
// of; the hub compares (hub/ledger/DESIGN.md, field rule), and gives the change
// back if somebody else changed the same before. Errors: Invalid, Exists for
// another change under the same record, Conflict with CodeChangeLate,
// Unavailable with CodeNoIntakeKey.
func (d *Desk) ChangeRequest(ctx context.Context, p access.Principal, in RequestChange) (ChangeView, error) {
	const op = "desk: change request"
	if err := p.Require(access.VisitWrite); err != nil {
		return ChangeView{}, err
	}
	c, err := d.readChange(op, in)
	if err != nil {
		return ChangeView{}, err
	}
	if err := ctx.Err(); err != nil {
		return ChangeView{}, fault.New(fault.Timeout, op, "", err)
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := d.hear(); err != nil {
		return ChangeView{}, err
	}
	held, found, err := d.heldChange(in.Record)
	switch {
	case err != nil:
		return ChangeView{}, err
	case found && (held.Reference != c.Reference || held.Kind != c.Kind || held.Pickup != c.Pickup):
		return ChangeView{}, fault.New(fault.Exists, op, in.Record.String(), nil)
	case found:
		return d.changeView(in.Record, held)
	}
	if c.Seen, err = d.seen(op, c); err != nil {
		return ChangeView{}, err
	}
	if err := d.brought(op, c); err != nil {
		return ChangeView{}, err
	}
	if err := d.sayChange(ctx, p, &saying{id: in.Record, change: &c}); err != nil {
		return ChangeView{}, err
	}
	return d.changeView(in.Record, c)
}

// brought wants the code of the slip for a request that this post never heard of:
// the hub refuses such a change without it.
func (d *Desk) brought(op string, c heldChange) error {
	if c.Slip != nil {
		return nil
	}
	_, err := d.o.Journal.Request(c.Reference)
	if fault.Is(err, fault.NotFound) {
		return refuse(op, "slip_code", consular.RuleRequired)
	}
	return err
}

// readChange makes what is kept of a change, or names each field that is wrong.
func (d *Desk) readChange(op string, in RequestChange) (heldChange, error) {
	ref, err := consular.ParseReference(in.Reference)
	if err != nil {
		return heldChange{}, err
	}
	c := heldChange{Reference: ref.Digits()}
	var wrong consular.Violations
	bad := func(field string, rule consular.Rule) {
		wrong = append(wrong, consular.Violation{Field: field, Rule: rule})
	}
	switch in.What {
	case ChangePickup:
		c.Kind, c.Pickup = wire.KindPickupChanged, in.Pickup
		switch {
		case in.Pickup == "":
			bad("pickup", consular.RuleRequired)
		case !d.o.Directory.Has(in.Pickup):
			bad("pickup", consular.RuleUnknown)
		}
	case ChangeWithdraw:
		c.Kind = wire.KindRequestCancelled
	case "":
		bad("what", consular.RuleRequired)
	default:
		bad("what", consular.RuleUnknown)
	}
	shown := slices.Index(wordsDocument, in.Document)
	switch {
	case in.Document == "":
		bad("document", consular.RuleRequired)
	case shown < 1:
		bad("document", consular.RuleUnknown)
	default:
		c.Document = uint8(shown) //nolint:gosec // one of five
	}
	if in.Record.IsZero() {
		bad("change", consular.RuleRequired)
	}
	if in.SlipCode != "" {
		code, err := consular.ParseSlipCode(in.SlipCode)
		if err != nil {
			bad("slip_code", consular.RuleFormat)
		}
		slip := wire.Digest(code.Hash(ref))
		c.Slip = &slip
	}
	if len(wrong) > 0 {
		return c, refuseAll(op, fault.Invalid, web.CodedError{Code: web.Code(fault.Invalid.Code()), Violations: wrong})
	}
	return c, nil
}

// seen gives the version of the case that this post knows, by its notices or by
// what came back of an earlier change, 0 when it never heard of it; and refuses
// what cannot come in time as far as it knows.
func (d *Desk) seen(op string, c heldChange) (uint64, error) {
	_, before, err := d.changes(func(one heldChange) bool { return one.Reference == c.Reference && one.Settled != 0 })
	if err != nil {
		return 0, err
	}
	var known uint64
	for _, one := range before {
		known = max(known, one.Stands)
	}
	q, err := d.o.Journal.Request(c.Reference)
	if fault.Is(err, fault.NotFound) {
		return known, nil // another post's: the hub knows
	}
	if err != nil {
		return 0, err
	}
	if !mayChange(q.Request, c.Kind) {
		return 0, fault.New(fault.Conflict, op, "", web.CodeChangeLate.Cause())
	}
	return max(known, q.Version), nil
}

// mayChange asks the table of the case whether a change can still be said, as
// far as this post knows.
func mayChange(q journal.Request, kind wire.Kind) bool {
	state, service := workflow.State(q.State), consular.Service(q.Service)
	if q.Refused || q.Withdrawn {
		return false
	}
	record := service.Validate() == nil && service.Family() == consular.FamilyRecord
	if state == workflow.None {
		return !record || kind == wire.KindRequestCancelled
	}
	machine := workflow.For(workflow.KindCNIE)
	if record {
		machine = workflow.For(workflow.KindRecord)
	}
	events := machine.AllowedAt(state, workflow.Agent)
	if kind == wire.KindRequestCancelled {
		return slices.Contains(events, workflow.Withdrawn)
	}
	return slices.Contains(events, workflow.PickupChanged) || slices.Contains(events, workflow.TransferAsked)
}

// saying is a change on its way into the journal.
type saying struct {
	id     wire.RecordID
	change *heldChange
	also   func(kv.Writer) error // in the same transaction; nil: nothing
}

// sayChange seals and appends the entry.
func (d *Desk) sayChange(ctx context.Context, p access.Principal, s *saying) error {
	const op = "desk: change request"
	id, c := s.id, s.change
	intake, err := d.o.Intake()
	if err != nil {
		return fault.New(fault.Unavailable, op, "", errors.Join(web.CodeNoIntakeKey.Cause(), err))
	}
	now := d.o.Clock()
	c.At = now.UnixMilli()
	body := wire.Change{
		Version: wire.Version, Reference: consular.Reference(c.Reference), By: p.ID, Document: c.Document, At: c.At, Again: c.Again,
	}
	draft := journal.Draft{Header: wire.Header{
		Record: id, Kind: c.Kind, IntakeKey: intake.ID, Post: d.o.Post.ID, Time: c.At, Reference: c.Reference,
		Pickup: c.Pickup, Seen: c.Seen, SlipHash: c.Slip,
	}}
	if offset, measured := d.o.Offset(); measured {
		ms := offset.Milliseconds()
		draft.Header.Offset = &ms
	}
	if draft.Body, err = d.sealChange(intake, id, c.Kind, body); err != nil {
		return err
	}
	draft.Also = func(w kv.Writer) error {
		if s.also != nil {
			if err := s.also(w); err != nil {
				return err
			}
		}
		return d.putChange(w, id, *c)
	}
	_, err = d.o.Journal.Append(ctx, draft)
	return err
}

func (d *Desk) sealChange(intake seal.IntakePublic, id wire.RecordID, kind wire.Kind, body wire.Change) ([]byte, error) {
	if err := body.Validate(); err != nil {
		return nil, err
	}
	visit, err := seal.NewVisit(intake, id, d.o.Dictionaries)
	if err != nil {
		return nil, err
	}
	defer visit.Destroy()
	plain := wire.Marshal(body)
	defer clear(plain)
	return visit.SealBody(plain, wire.BodyAAD(id, kind))
}

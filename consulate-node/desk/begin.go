package desk

import (
	"context"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// BeginInput starts a visit. The id is drawn by the caller, so that the same
// request sent twice starts one visit.
type BeginInput struct {
	Visit   wire.RecordID
	Service consular.Service
	Pickup  consular.PostID
	// Protected: an adult for whom a guardian acts.
	Protected bool
}

// Begin starts a draft, durable on return. The same input again gives the
// draft as it is now. Errors: Full before anything is captured, Invalid,
// Exists for the same id with another service or pickup post, Conflict with
// CodeReleased.
func (d *Desk) Begin(ctx context.Context, p access.Principal, in BeginInput) (View, error) {
	if err := p.Require(access.VisitWrite); err != nil {
		return View{}, err
	}
	if err := d.checkBegin(in); err != nil {
		return View{}, err
	}
	if err := ctx.Err(); err != nil {
		return View{}, fault.New(fault.Timeout, "desk: begin visit", "", err)
	}
	defer d.lock(in.Visit)()
	held, err := d.load(in.Visit)
	if err == nil {
		defer held.close()
		return d.begunAlready(held, in)
	}
	if !fault.Is(err, fault.NotFound) {
		return View{}, err
	}
	if err := d.o.CanCapture(); err != nil {
		return View{}, err
	}
	return d.create(p, Draft{Service: in.Service, Pickup: in.Pickup, Protected: in.Protected}, in.Visit)
}

func (d *Desk) checkBegin(in BeginInput) error {
	const op = "desk: begin visit"
	if in.Visit.IsZero() {
		return refuse(op, "visit", consular.RuleRequired)
	}
	if err := in.Service.Validate(); err != nil {
		return err
	}
	if err := in.Pickup.Validate(); err != nil {
		return consular.Under("pickup", err)
	}
	if !d.o.Directory.Has(in.Pickup) {
		return refuse(op, "pickup", consular.RuleUnknown)
	}
	return nil
}

func (d *Desk) begunAlready(held *open, in BeginInput) (View, error) {
	if held.Service != in.Service || held.Pickup != in.Pickup || held.Protected != in.Protected || held.Amends != nil {
		return View{}, fault.New(fault.Exists, "desk: begin visit", in.Visit.String(), nil)
	}
	return d.view(held), nil
}

// create makes the first version of a draft.
func (d *Desk) create(p access.Principal, first Draft, visit wire.RecordID) (View, error) {
	key, wrapped, err := d.o.DataKey.NewDraftKey(visit[:])
	if err != nil {
		return View{}, err
	}
	o := &open{Draft: first, id: visit, key: key, images: map[string]imageMeta{}}
	defer o.close()
	now := d.o.Clock()
	o.By, o.Begun, o.Since = p.ID, now.UnixMilli(), make(map[Group]uint64)
	o.touch(p.ID, now)
	err = d.save(o, func(w kv.Writer) error { return w.Put(bucketKeys, visit[:], wrapped) })
	if err != nil {
		return View{}, err
	}
	return d.view(o), nil
}

// refuse is the error of one field.
func refuse(op, field string, rule consular.Rule) error {
	return refuseAll(op, fault.Invalid, web.CodedError{
		Code: web.Code(fault.Invalid.Code()), Violations: consular.Violations{{Field: field, Rule: rule}},
	})
}

func refuseAll(op string, kind fault.Kind, coded web.CodedError) error {
	return fault.New(kind, op, "", coded)
}

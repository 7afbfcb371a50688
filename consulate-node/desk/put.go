package desk

import (
	"bytes"
	"context"
	"encoding/json"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// PutInput saves one group of a visit.
type PutInput struct {
	Visit   wire.RecordID
	Version uint64 // of the visit, as the caller saw it last
	Form    Form
}

// Put saves a group as it was typed, durable on return; what is wrong with it
// stands in the warnings of the view. The same form again changes nothing.
// Errors: NotFound, Conflict with CodeVersionConflict when somebody changed
// this group after the version seen, Conflict with CodeReleased.
func (d *Desk) Put(ctx context.Context, p access.Principal, in PutInput) (View, error) {
	const op = "desk: save group"
	if err := p.Require(access.VisitWrite); err != nil {
		return View{}, err
	}
	if in.Form == nil {
		return View{}, refuse(op, "form", consular.RuleRequired)
	}
	if err := ctx.Err(); err != nil {
		return View{}, fault.New(fault.Timeout, op, "", err)
	}
	group := in.Form.Group()
	defer d.lock(in.Visit)()
	o, err := d.load(in.Visit)
	if err != nil {
		return View{}, err
	}
	defer o.close()
	same, err := sameForm(o.Forms.get(group), in.Form)
	if err != nil || same {
		return d.view(o), err
	}
	if in.Version > o.Version || o.Since[group] > in.Version {
		return View{}, conflict(op, o)
	}
	in.Form.into(&o.Forms)
	o.touch(p.ID, d.o.Clock())
	o.Since[group] = o.Version
	if err := d.save(o, nil); err != nil {
		return View{}, err
	}
	return d.view(o), nil
}

func sameForm(held, put Form) (bool, error) {
	if held == nil {
		return false, nil
	}
	a, err := json.Marshal(held)
	if err != nil {
		return false, fault.New(fault.Internal, "desk: compare forms", "", nil)
	}
	b, err := json.Marshal(put)
	if err != nil {
		return false, fault.New(fault.Internal, "desk: compare forms", "", nil)
	}
	return bytes.Equal(a, b), nil
}

// ChangeInput corrects what a visit was begun with.
type ChangeInput struct {
	Visit   wire.RecordID
	Version uint64
	Service consular.Service // zero leaves it
	Pickup  consular.PostID  // empty leaves it
	// Protected: whether a guardian acts for the adult; nil leaves it.
	Protected *bool
}

// Change corrects service or pickup post. It needs the newest version, since
// both change what everything else means. Errors as Put.
func (d *Desk) Change(ctx context.Context, p access.Principal, in ChangeInput) (View, error) {
	const op = "desk: change visit"
	if err := p.Require(access.VisitWrite); err != nil {
		return View{}, err
	}
	if err := ctx.Err(); err != nil {
		return View{}, fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(in.Visit)()
	o, err := d.load(in.Visit)
	if err != nil {
		return View{}, err
	}
	defer o.close()
	if in.Version != o.Version {
		return View{}, conflict(op, o)
	}
	if o.Amends != nil && in.Service != 0 && in.Service != o.Service {
		return View{}, refuse(op, "service", consular.RuleNotAllowed) // the case at the hub has it
	}
	if in.Service != 0 {
		o.Service = in.Service
	}
	if in.Pickup != "" {
		o.Pickup = in.Pickup
	}
	if in.Protected != nil {
		o.Protected = *in.Protected
	}
	if err := d.checkBegin(BeginInput{Visit: o.id, Service: o.Service, Pickup: o.Pickup}); err != nil {
		return View{}, err
	}
	o.touch(p.ID, d.o.Clock())
	if err := d.save(o, nil); err != nil {
		return View{}, err
	}
	return d.view(o), nil
}

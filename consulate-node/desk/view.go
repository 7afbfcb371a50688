package desk

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// View is a visit as its editor sees it.
type View struct {
	Visit      string           `json:"visit"`
	Service    consular.Service `json:"service"`
	Pickup     consular.PostID  `json:"pickup"`
	Protected  bool             `json:"protected,omitempty"` // an adult for whom a guardian acts
	Version    uint64           `json:"version"`
	CapturedBy string           `json:"captured_by"`
	Begun      time.Time        `json:"begun"`
	Changed    time.Time        `json:"changed"`
	Forms      Forms            `json:"forms"`
	Images     []ImageStatus    `json:"images"` // offset is that of complete ones only
	Level      string           `json:"level"`
	Warnings   []FieldRule      `json:"warnings"`         // what stands against a release by now
	Amends     string           `json:"amends,omitempty"` // reference of the request whose packet it replaces

	Payment *consular.Payment `json:"payment,omitempty"` // as recorded; nil for neither paid nor waived
}

// FieldRule is a broken rule at a field.
type FieldRule struct {
	Field string        `json:"field"`
	Rule  consular.Rule `json:"rule"`
}

func fieldRules(found consular.Violations) []FieldRule {
	out := make([]FieldRule, 0, len(found))
	for _, v := range found {
		out = append(out, FieldRule(v))
	}
	return out
}

func (d *Desk) view(o *open) View {
	v := View{
		Visit: o.id.String(), Service: o.Service, Pickup: o.Pickup, Version: o.Version, CapturedBy: o.By,
		Begun: time.UnixMilli(o.Begun).UTC(), Changed: time.UnixMilli(o.Changed).UTC(), Forms: o.Forms,
		Images: []ImageStatus{}, Level: "L1", Warnings: fieldRules(d.assess(o).Violations),
		Protected: o.Protected, Amends: o.amended(), Payment: o.Payment,
	}
	for _, name := range o.names() {
		offset := int64(0)
		if o.images[name].Complete {
			offset = o.images[name].Size
		}
		v.Images = append(v.Images, statusOf(o, name, offset))
	}
	return v
}

// Draft gives a visit before its release. Errors: NotFound, Conflict with
// CodeReleased.
func (d *Desk) Draft(ctx context.Context, p access.Principal, visit wire.RecordID) (View, error) {
	if err := p.Require(access.VisitRead); err != nil {
		return View{}, err
	}
	if err := ctx.Err(); err != nil {
		return View{}, fault.New(fault.Timeout, "desk: show visit", "", err)
	}
	o, err := d.load(visit)
	if err != nil {
		return View{}, err
	}
	defer o.close()
	return d.view(o), nil
}

// Summary is one line of the list of drafts.
type Summary struct {
	Visit      string           `json:"visit"`
	Service    consular.Service `json:"service"`
	Pickup     consular.PostID  `json:"pickup"`
	Version    uint64           `json:"version"`
	CapturedBy string           `json:"captured_by"`
	Begun      time.Time        `json:"begun"`
	Changed    time.Time        `json:"changed"`
	Family     NameForm         `json:"family_name,omitzero"` // so that people know whose it is
	Given      NameForm         `json:"given_name,omitzero"`
	Level      journal.Level    `json:"level"` // L1: what was answered is on disk
	Open       int              `json:"open"`  // violations left; 0 is ready for release
	Amends     string           `json:"amends,omitempty"`
}

// Drafts lists the visits that are not released, oldest first.
func (d *Desk) Drafts(ctx context.Context, p access.Principal) ([]Summary, error) {
	if err := p.Require(access.VisitRead); err != nil {
		return nil, err
	}
	ids, err := d.draftIDs()
	if err != nil {
		return nil, err
	}
	out := make([]Summary, 0, len(ids))
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, fault.New(fault.Timeout, "desk: list visits", "", err)
		}
		o, err := d.load(id)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
			continue // released or discarded meanwhile
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d.summary(o))
		o.close()
	}
	slices.SortFunc(out, func(a, b Summary) int {
		return cmp.Or(a.Begun.Compare(b.Begun), cmp.Compare(a.Visit, b.Visit))
	})
	return out, nil
}

func (d *Desk) summary(o *open) Summary {
	s := Summary{
		Visit: o.id.String(), Service: o.Service, Pickup: o.Pickup, Version: o.Version, CapturedBy: o.By,
		Begun: time.UnixMilli(o.Begun).UTC(), Changed: time.UnixMilli(o.Changed).UTC(),
		Open: len(d.assess(o).Violations), Amends: o.amended(), Level: journal.L1,
	}
	if o.Forms.Person != nil {
		s.Family, s.Given = o.Forms.Person.Family, o.Forms.Person.Given
	}
	return s
}

func (d *Desk) draftIDs() (ids []wire.RecordID, err error) {
	err = d.o.Journal.View(func(r kv.Reader) error {
		r.Ascend(bucketKeys, nil, func(key, _ []byte) bool {
			if len(key) == len(wire.RecordID{}) {
				ids = append(ids, wire.RecordID(bytes.Clone(key)))
			}
			return true
		})
		return nil
	})
	return ids, err
}

// Discard ends a draft without a release: its key is destroyed, which makes all
// of it noise. Errors: as Change.
func (d *Desk) Discard(ctx context.Context, p access.Principal, visit wire.RecordID, version uint64) error {
	const op = "desk: discard visit"
	if err := p.Require(access.VisitWrite); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(visit)()
	o, err := d.load(visit)
	if err != nil {
		return err
	}
	defer o.close()
	if version != o.Version {
		return conflict(op, o)
	}
	if err := d.o.Journal.Update(func(w kv.Writer) error { return forget(w, visit) }); err != nil {
		return err
	}
	d.removeDraft(visit)
	return nil
}

// DraftCount gives how many visits are not released.
func (d *Desk) DraftCount() (int, error) {
	ids, err := d.draftIDs()
	return len(ids), err
}

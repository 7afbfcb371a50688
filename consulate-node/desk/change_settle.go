package desk

import (
	"context"
	"slices"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// ChangeView is a change that this post said of a request that stands, and what
// became of it.
type ChangeView struct {
	Change    string             `json:"change"`
	Reference consular.Reference `json:"reference"`
	What      string             `json:"what"` // pickup, withdraw, amendment, card
	Pickup    consular.PostID    `json:"pickup,omitempty"`
	Seen      uint64             `json:"seen"` // version of the case that it names
	Said      time.Time          `json:"said"`
	Level     journal.Level      `json:"level"`
	Outcome   string             `json:"outcome"`          // said, conflict, partly, refused
	Reason    string             `json:"reason,omitempty"` // of a refusal: late, unknown, code, not-taken
	Other     *OtherChange       `json:"other,omitempty"`
	Stands    *StandingView      `json:"stands,omitempty"`
	Told      time.Time          `json:"told,omitzero"`
	Settled   string             `json:"settled,omitempty"` // again, stand
	MayAgain  bool               `json:"may_repeat,omitempty"`
}

// OtherChange is what stood in the way: who changed the same, and when.
type OtherChange struct {
	What    string          `json:"what"`           // pickup, withdraw, amendment, release, card
	Field   string          `json:"field"`          // packet, pickup, end
	Post    consular.PostID `json:"post,omitempty"` // none: the person, on the portal
	At      time.Time       `json:"at"`             // by the hub's time
	Version uint64          `json:"version"`
}

// StandingView is what stands at the hub.
type StandingView struct {
	Version uint64 `json:"version"`
	// State and Status are of a request in which this post has a part.
	State  string          `json:"state,omitempty"`
	Status string          `json:"public_status,omitempty"`
	Pickup consular.PostID `json:"pickup,omitempty"`
}

// whatOf names the kind of an entry as a change of a request.
func whatOf(k wire.Kind) string {
	switch k { //nolint:exhaustive // the others are acts of a card or a document
	case wire.KindPickupChanged, wire.KindTransferAsked, wire.KindTransferWithdrawn, wire.KindPrintAsked:
		return ChangePickup
	case wire.KindRequestCancelled:
		return ChangeWithdraw
	case wire.KindRequestAmended:
		return "amendment"
	case wire.KindRequestReleased:
		return "release"
	}
	return "card"
}

func (d *Desk) changeView(id wire.RecordID, c heldChange) (ChangeView, error) {
	v := ChangeView{
		Change: id.String(), Reference: consular.Reference(c.Reference), What: whatOf(c.Kind), Pickup: c.Pickup, Seen: c.Seen,
		Said: time.UnixMilli(c.At).UTC(), Level: journal.L2, Outcome: "said",
		MayAgain: c.open() && c.Conflict != nil && (c.Kind == wire.KindPickupChanged || c.Kind == wire.KindRequestCancelled),
	}
	if c.Kind != wire.KindPickupChanged && c.Kind != wire.KindRequestAmended && c.Kind != wire.KindTransferAsked {
		v.Pickup = ""
	}
	secured, err := d.secured(id)
	switch {
	case err != nil:
		return ChangeView{}, err
	case !secured:
		v.Level = journal.L1
	}
	if c.Told != 0 {
		v.Told = time.UnixMilli(c.Told).UTC()
	}
	switch c.How {
	case settledAgain:
		v.Settled = "again"
	case settledStand:
		v.Settled = "stand"
	}
	if c.Conflict == nil {
		if c.Reason != 0 {
			v.Outcome, v.Reason = "refused", refusedWhy(c.Reason)
		}
		return v, nil
	}
	return v, v.conflict(c)
}

// secured reports whether the hub's receipt covers a change. One that the
// machine before this said is not here, and was.
func (d *Desk) secured(id wire.RecordID) (secured bool, err error) {
	err = d.o.Journal.View(func(r kv.Reader) error {
		at, err := journal.SecuredAt(r, id)
		if fault.Is(err, fault.NotFound) {
			at, err = 1, nil
		}
		secured = at != 0
		return err
	})
	return secured, err
}

func (v *ChangeView) conflict(c heldChange) error {
	said, err := wire.DecodeConflict(c.Conflict)
	if err != nil {
		return err
	}
	v.Outcome = "conflict"
	if said.Taken {
		v.Outcome = "partly"
	}
	v.Other = &OtherChange{
		What: whatOf(said.Other), Field: said.Field.String(), Post: said.OtherPost,
		At: time.UnixMilli(said.OtherTime).UTC(), Version: said.OtherVersion,
	}
	state := workflow.State(c.State)
	v.Stands = &StandingView{Version: c.Stands, Pickup: c.Where}
	if state != workflow.None {
		v.Stands.State, v.Stands.Status = state.String(), workflow.For(workflow.KindCNIE).Public(state).Key()
	}
	return nil
}

func refusedWhy(reason uint16) string {
	switch reason {
	case reasonNotNow:
		return "late"
	case reasonNoCase:
		return "unknown"
	case reasonCode:
		return "code"
	default:
		return "not-taken"
	}
}

// reasonCode is the hub's reason when a post that has nothing to do with a request
// does not show the code of its slip.
const reasonCode = 269

// reasonNoCase is the hub's reason when no request has the reference.
const reasonNoCase = 262

// Changes lists what the hub gave back to this post and nobody has settled,
// oldest word first.
func (d *Desk) Changes(ctx context.Context, p access.Principal) ([]ChangeView, error) {
	if err := p.Require(access.RequestRead); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Timeout, "desk: list changes", "", err)
	}
	return d.listChanges(heldChange.open)
}

func (d *Desk) listChanges(keep func(heldChange) bool) ([]ChangeView, error) {
	d.changing.Lock()
	defer d.changing.Unlock()
	if err := d.hear(); err != nil {
		return nil, err
	}
	ids, list, err := d.changes(keep)
	out := make([]ChangeView, 0, len(ids))
	for i, id := range ids {
		if err != nil {
			return nil, err
		}
		var v ChangeView
		v, err = d.changeView(id, list[i])
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b ChangeView) int { return a.Told.Compare(b.Told) })
	return out, err
}

// ChangesOf lists what this post said of one request and what became of it.
func (d *Desk) ChangesOf(ctx context.Context, p access.Principal, reference string) ([]ChangeView, error) {
	if err := p.Require(access.RequestRead); err != nil {
		return nil, err
	}
	ref, err := consular.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.New(fault.Timeout, "desk: list changes", "", err)
	}
	return d.listChanges(func(c heldChange) bool { return c.Reference == ref.Digits() })
}

// ChangeByID gives one change. Errors: NotFound.
func (d *Desk) ChangeByID(ctx context.Context, p access.Principal, id wire.RecordID) (ChangeView, error) {
	if err := p.Require(access.RequestRead); err != nil {
		return ChangeView{}, err
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	c, err := d.newestChange(ctx, id)
	if err != nil {
		return ChangeView{}, err
	}
	return d.changeView(id, c)
}

// newestChange reads one change after all that the hub said, under the lock.
func (d *Desk) newestChange(ctx context.Context, id wire.RecordID) (heldChange, error) {
	const op = "desk: read change"
	if err := ctx.Err(); err != nil {
		return heldChange{}, fault.New(fault.Timeout, op, "", err)
	}
	if err := d.hear(); err != nil {
		return heldChange{}, err
	}
	c, found, err := d.heldChange(id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, op, id.String(), nil)
	}
	return c, err
}

// Stand settles a change that the hub gave back: what stands there is right.
// Said again, it changes nothing. Errors: NotFound; Conflict with CodeChangeOpen
// for one that the hub did not give back.
func (d *Desk) Stand(ctx context.Context, p access.Principal, id wire.RecordID) (ChangeView, error) {
	const op = "desk: let stand"
	if err := p.Require(access.VisitWrite); err != nil {
		return ChangeView{}, err
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	c, err := d.newestChange(ctx, id)
	if err != nil {
		return ChangeView{}, err
	}
	if c.Settled == 0 {
		if !c.open() {
			return ChangeView{}, fault.New(fault.Conflict, op, id.String(), web.CodeChangeOpen.Cause())
		}
		c.Settled, c.How = d.o.Clock().UnixMilli(), settledStand
		if err := d.o.Journal.Update(func(w kv.Writer) error { return d.putChange(w, id, c) }); err != nil {
			return ChangeView{}, err
		}
	}
	return d.changeView(id, c)
}

// Repeat says a change that met another's once more, on top of what stands: a
// new entry that names that version. next is drawn by the caller; the same again
// gives what is there. Errors: NotFound; Conflict with CodeChangeOpen for what
// was settled or cannot be said again, with CodeChangeLate when it is too late.
func (d *Desk) Repeat(ctx context.Context, p access.Principal, id, next wire.RecordID) (ChangeView, error) {
	const op = "desk: repeat change"
	if err := p.Require(access.VisitWrite); err != nil {
		return ChangeView{}, err
	}
	if next.IsZero() {
		return ChangeView{}, refuse(op, "change", consular.RuleRequired)
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	was, err := d.newestChange(ctx, id)
	if err != nil {
		return ChangeView{}, err
	}
	held, found, err := d.heldChange(next)
	switch {
	case err != nil:
		return ChangeView{}, err
	case found && held.Again != nil && *held.Again == id:
		return d.changeView(next, held)
	case found:
		return ChangeView{}, fault.New(fault.Exists, op, next.String(), nil)
	}
	v, err := d.changeView(id, was)
	if err != nil {
		return ChangeView{}, err
	}
	if !v.MayAgain {
		return ChangeView{}, fault.New(fault.Conflict, op, id.String(), web.CodeChangeOpen.Cause())
	}
	c := heldChange{
		Reference: was.Reference, Kind: was.Kind, Pickup: was.Pickup, Document: was.Document, Slip: was.Slip, Again: &id,
	}
	if c.Document == 0 { // said by the machine before this one, which knew
		c.Document = uint8(wire.ShownOther)
	}
	if c.Seen, err = d.seen(op, c); err != nil {
		return ChangeView{}, err
	}
	c.Seen = max(c.Seen, was.Stands)
	was.Settled, was.How = d.o.Clock().UnixMilli(), settledAgain
	also := func(w kv.Writer) error { return d.putChange(w, id, was) }
	if err := d.sayChange(ctx, p, &saying{id: next, change: &c, also: also}); err != nil {
		return ChangeView{}, err
	}
	return d.changeView(next, c)
}

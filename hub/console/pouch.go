package console

import (
	"context"
	"time"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// pouchPage is how many pouches one list shows.
const pouchPage = 200

// Pouch is one pouch. Of its cards it names references, never people.
type Pouch struct {
	Label   consular.PouchID     `json:"label"`
	Post    consular.PostID      `json:"post"`
	State   workflow.State       `json:"-"`
	Name    string               `json:"state"`
	Version uint64               `json:"version"`
	Cards   uint16               `json:"cards"`
	Seal    string               `json:"seal,omitempty"`
	Waybill string               `json:"waybill,omitempty"`
	Told    bool                 `json:"told"` // the post has its manifest
	Opened  time.Time            `json:"opened"`
	Updated time.Time            `json:"updated"`
	List    []consular.Reference `json:"references,omitempty"`
	Acts    []string             `json:"acts"` // what may be done now
	Deeds   []Deed               `json:"deeds,omitempty"`

	number uint64
}

// PouchCard is a card that waits for the pouch desk.
type PouchCard struct {
	Reference consular.Reference `json:"reference"`
	Post      consular.PostID    `json:"post"`
	Out       bool               `json:"take_out"` // to be taken out of a pouch, else packed
	Since     time.Time          `json:"since"`
}

// PouchWork is everything that the pouch desk may work on.
type PouchWork struct {
	Cards   []PouchCard `json:"cards"`
	Pouches []Pouch     `json:"pouches"` // newest first
}

// The acts of a pouch officer on one pouch.
const (
	PouchPack   = "pack"
	PouchUnpack = "unpack"
	PouchClose  = "close"
	PouchSend   = "send"
	PouchLost   = "lost"
	PouchSettle = "settle"
)

// actsIn gives what may be done with a pouch in a state.
func actsIn(s workflow.State, cards uint16, told bool) []string {
	acts := []string{}
	switch s { //nolint:exhaustive // in every other state somebody else acts next
	case workflow.PouchOpen:
		acts = append(acts, PouchPack)
		if cards > 0 {
			acts = append(acts, PouchUnpack, PouchClose)
		}
	case workflow.PouchManifested:
		acts = append(acts, PouchClose)
	case workflow.PouchClosed:
		if told {
			acts = append(acts, PouchSend)
		}
	case workflow.PouchWithCourier:
		acts = append(acts, PouchSend, PouchLost)
	case workflow.PouchInTransit, workflow.PouchDelayed, workflow.PouchReturnedByHost:
		acts = append(acts, PouchLost)
	case workflow.PouchDiscrepancy:
		acts = append(acts, PouchSettle)
	}
	return acts
}

// PouchWork lists cards and pouches.
func (c *Console) PouchWork(_ context.Context, who access.Principal) (PouchWork, error) {
	if err := who.Require(access.PouchWrite); err != nil {
		return PouchWork{}, err
	}
	w := PouchWork{Cards: []PouchCard{}, Pouches: []Pouch{}}
	for _, kind := range []workflow.Order{workflow.OrderUnpack, workflow.OrderPack} {
		orders, err := c.State.OpenOrders(uint8(kind), c.Now().UnixMilli(), maxWaiting)
		if err != nil {
			return PouchWork{}, err
		}
		for _, o := range orders {
			w.Cards = append(w.Cards, PouchCard{
				Reference: consular.Reference(o.Reference), Post: o.Pickup, Out: kind == workflow.OrderUnpack,
				Since: time.UnixMilli(o.Created).UTC(),
			})
		}
	}
	for after := uint64(0); ; {
		page, err := c.State.Pouches(after, pouchPage)
		if err != nil {
			return PouchWork{}, err
		}
		for _, held := range page {
			if s := workflow.State(held.Flow.State); s == workflow.PouchReconciled || s == workflow.PouchLost {
				continue
			}
			p, err := c.pouch(consular.PouchID(held.Reference))
			if err != nil {
				return PouchWork{}, err
			}
			p.List = nil
			w.Pouches = append([]Pouch{p}, w.Pouches...)
		}
		if len(page) < pouchPage || len(w.Pouches) >= maxWaiting {
			return w, nil
		}
		after = page[len(page)-1].Number
	}
}

// Pouch gives one pouch with its manifest and what officers did with it.
func (c *Console) Pouch(_ context.Context, who access.Principal, label consular.PouchID) (Pouch, error) {
	if err := who.Require(access.PouchWrite); err != nil {
		return Pouch{}, err
	}
	p, err := c.pouch(label)
	if err != nil {
		return Pouch{}, err
	}
	p.Deeds, err = c.deeds(p.number)
	return p, err
}

func (c *Console) pouch(label consular.PouchID) (Pouch, error) {
	held, err := c.State.Pouch(label)
	if err != nil {
		return Pouch{}, err
	}
	p := Pouch{
		Label: label, Post: held.Flow.Pickup, State: workflow.State(held.Flow.State), Version: held.Flow.Version,
		Cards: held.Flow.Count, Opened: time.UnixMilli(held.Opened).UTC(), Updated: time.UnixMilli(held.Updated).UTC(), number: held.Number,
	}
	p.Name = p.State.String()
	if held.Sent != nil {
		p.Seal, p.Waybill, p.Told = held.Sent.Seal, held.Sent.Waybill, held.Sent.Told != 0
	}
	for _, item := range held.Items {
		p.List = append(p.List, consular.Reference(item.Reference))
	}
	p.Acts = actsIn(p.State, p.Cards, p.Told)
	return p, nil
}

// OpenPouch gives the pouch that is being packed for a post, a new one if there
// is none.
func (c *Console) OpenPouch(ctx context.Context, who access.Principal, post consular.PostID) (Pouch, error) {
	if err := who.Require(access.PouchWrite); err != nil {
		return Pouch{}, err
	}
	if post.Validate() != nil {
		return Pouch{}, invalid("post", consular.RuleUnknown)
	}
	label, err := c.Pouches(c.as(who, 0)).Open(ctx, post)
	if err != nil {
		return Pouch{}, err
	}
	return c.pouch(label)
}

// PouchAct is one act of a pouch officer.
type PouchAct struct {
	Label     consular.PouchID   `json:"-"`
	Act       string             `json:"-"`
	Seen      uint64             `json:"version"`             // of the pouch, as it was shown
	Reference consular.Reference `json:"reference,omitempty"` // pack, unpack
	Seal      string             `json:"seal,omitempty"`      // close
	Waybill   string             `json:"waybill,omitempty"`   // send
}

// maxWaybill is the cap of a waybill's number, in bytes.
const maxWaybill = 64

// ActOnPouch does one act. Errors: Invalid with the field; Conflict with
// web.CodeVersionConflict when the pouch is no longer as it was shown, or does
// not allow it.
func (c *Console) ActOnPouch(ctx context.Context, who access.Principal, in PouchAct) (Pouch, error) {
	if err := who.Require(access.PouchWrite); err != nil {
		return Pouch{}, err
	}
	if err := in.check(); err != nil {
		return Pouch{}, err
	}
	held, err := c.pouch(in.Label)
	if err != nil {
		return Pouch{}, err
	}
	if held.Version != in.Seen {
		return Pouch{}, stale(held.Version)
	}
	if err := c.actOn(ctx, who, in); err != nil {
		if fault.Is(err, fault.Conflict) {
			return Pouch{}, stale(held.Version)
		}
		return Pouch{}, err
	}
	return c.pouch(in.Label)
}

func (in PouchAct) check() error {
	switch in.Act {
	case PouchPack, PouchUnpack:
		if in.Reference == "" {
			return invalid("reference", consular.RuleRequired)
		}
	case PouchClose:
		if _, err := wire.ParseSerial(in.Seal); err != nil {
			return invalid("seal", consular.RuleFormat)
		}
	case PouchSend:
		if in.Waybill == "" {
			return invalid("waybill", consular.RuleRequired)
		}
		if len(in.Waybill) > maxWaybill {
			return invalid("waybill", consular.RuleLength)
		}
	case PouchLost, PouchSettle:
	default:
		return invalid("act", consular.RuleUnknown)
	}
	if in.Seen == 0 {
		return invalid("version", consular.RuleRequired)
	}
	return nil
}

func (c *Console) actOn(ctx context.Context, who access.Principal, in PouchAct) error {
	desk := c.Pouches(c.as(who, 0))
	switch in.Act {
	case PouchPack:
		_, err := desk.Pack(ctx, in.Reference, in.Label)
		return err
	case PouchUnpack:
		return desk.Unpack(ctx, in.Reference)
	case PouchClose:
		return desk.Close(ctx, in.Label, in.Seal)
	case PouchSend:
		return desk.Send(ctx, in.Label, in.Waybill)
	case PouchLost:
		return desk.Lose(ctx, in.Label)
	case PouchSettle:
		return desk.Settle(ctx, in.Label)
	}
	return invalid("act", consular.RuleUnknown)
}

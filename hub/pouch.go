package hub

import (
	"context"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// PouchLine is one pouch. Of its cards it names references, never people.
type PouchLine struct {
	Label   consular.PouchID     `json:"label"`
	Post    consular.PostID      `json:"post"`
	State   string               `json:"state"`
	Cards   uint16               `json:"cards"`
	Seal    string               `json:"seal,omitempty"`
	Waybill string               `json:"waybill,omitempty"`
	Told    bool                 `json:"told"` // the post has its manifest
	Opened  time.Time            `json:"opened"`
	List    []consular.Reference `json:"references,omitempty"`
}

// PouchQuery asks for pouches: one by its label, with its cards, or all after a
// number of which the answer's Next is the one to go on from.
type PouchQuery struct {
	Label consular.PouchID `json:"label,omitempty"`
	After uint64           `json:"after,omitempty"`
}

// PouchList answers it.
type PouchList struct {
	Pouches []PouchLine `json:"pouches"`
	Next    uint64      `json:"next,omitempty"`
}

const pouchPage = 200

func (h *Hub) listPouches(_ context.Context, in PouchQuery) (PouchList, error) {
	if in.Label != "" {
		line, err := h.pouchLine(in.Label)
		return PouchList{Pouches: []PouchLine{line}}, err
	}
	pouches, err := h.ledger.Pouches(in.After, pouchPage)
	if err != nil {
		return PouchList{}, err
	}
	list := PouchList{Pouches: make([]PouchLine, 0, len(pouches))}
	for _, p := range pouches {
		line, err := h.pouchLine(consular.PouchID(p.Reference))
		if err != nil {
			return PouchList{}, err
		}
		line.List = nil
		list.Pouches = append(list.Pouches, line)
	}
	if len(pouches) == pouchPage {
		list.Next = pouches[pouchPage-1].Number
	}
	return list, nil
}

func (h *Hub) pouchLine(label consular.PouchID) (PouchLine, error) {
	p, err := h.ledger.Pouch(label)
	if err != nil {
		return PouchLine{}, err
	}
	line := PouchLine{
		Label: label, Post: p.Flow.Pickup, State: workflow.State(p.Flow.State).String(), Cards: p.Flow.Count,
		Opened: time.UnixMilli(p.Opened),
	}
	if p.Sent != nil {
		line.Seal, line.Waybill, line.Told = p.Sent.Seal, p.Sent.Waybill, p.Sent.Told != 0
	}
	for _, item := range p.Items {
		line.List = append(line.List, consular.Reference(item.Reference))
	}
	return line, nil
}

// PouchWork is a card that waits for the pouch desk.
type PouchWork struct {
	Reference consular.Reference `json:"reference"`
	Post      consular.PostID    `json:"post"`
	Do        string             `json:"do"` // PouchPack or PouchUnpack
	Since     time.Time          `json:"since"`
}

func (h *Hub) pouchWork(context.Context, struct{}) ([]PouchWork, error) {
	list := []PouchWork{}
	for _, kind := range []workflow.Order{workflow.OrderPack, workflow.OrderUnpack} {
		orders, err := h.ledger.OpenOrders(uint8(kind), time.Now().UnixMilli(), pouchPage)
		if err != nil {
			return nil, err
		}
		for _, o := range orders {
			w := PouchWork{Reference: consular.Reference(o.Reference), Post: o.Pickup, Do: PouchPack, Since: time.UnixMilli(o.Created)}
			if kind == workflow.OrderUnpack {
				w.Do = PouchUnpack
			}
			list = append(list, w)
		}
	}
	return list, nil
}

// Actions of the pouch desk.
const (
	PouchOpen   = "open"
	PouchPack   = "pack"
	PouchUnpack = "unpack"
	PouchClose  = "close"
	PouchReopen = "reopen"
	PouchSend   = "send"
	PouchLost   = "lost"
	PouchSettle = "settle"
)

// PouchAct is one act of a pouch officer.
type PouchAct struct {
	Act       string             `json:"act"`
	Post      consular.PostID    `json:"post,omitempty"`      // open
	Label     consular.PouchID   `json:"label,omitempty"`     // all but open and unpack; of pack: the open one when empty
	Reference consular.Reference `json:"reference,omitempty"` // pack, unpack
	Seal      string             `json:"seal,omitempty"`      // close
	Waybill   string             `json:"waybill,omitempty"`   // send
	// TwoPersons says that a second officer stands by: reopen.
	TwoPersons bool `json:"two_persons,omitempty"`
}

func (h *Hub) actOnPouch(ctx context.Context, in PouchAct) (PouchLine, error) {
	var err error
	switch in.Act {
	case PouchOpen:
		in.Label, err = h.pouches.Open(ctx, in.Post)
	case PouchPack:
		in.Label, err = h.pouches.Pack(ctx, in.Reference, in.Label)
	case PouchUnpack:
		return PouchLine{}, h.pouches.Unpack(ctx, in.Reference)
	case PouchClose:
		err = h.pouches.Close(ctx, in.Label, in.Seal)
	case PouchReopen:
		if !in.TwoPersons {
			return PouchLine{}, fault.New(fault.Denied, "hub: reopen pouch", "two persons open a closed bag", nil)
		}
		err = h.pouches.Reopen(ctx, in.Label)
	case PouchSend:
		err = h.pouches.Send(ctx, in.Label, in.Waybill)
	case PouchLost:
		err = h.pouches.Lose(ctx, in.Label)
	case PouchSettle:
		err = h.pouches.Settle(ctx, in.Label)
	default:
		err = fault.New(fault.Invalid, "hub: pouch", "act", nil)
	}
	if err != nil {
		return PouchLine{}, err
	}
	return h.pouchLine(in.Label)
}

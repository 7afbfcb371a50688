package pouch

import (
	"context"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Open gives the pouch that is being packed for a post, a new one if there is
// none.
func (d *Desk) Open(ctx context.Context, post consular.PostID) (consular.PouchID, error) {
	r, err := d.Commit(ctx, ledger.OpenPouch{Time: d.Now().UnixMilli(), Post: post})
	return r.Pouch, err
}

// Pack puts a card into a pouch; into the one of its post when label is empty.
func (d *Desk) Pack(ctx context.Context, ref consular.Reference, label consular.PouchID) (consular.PouchID, error) {
	card, err := d.State.Case(ref)
	if err != nil {
		return "", err
	}
	if label == "" {
		if label, err = d.Open(ctx, card.Flow.Pickup); err != nil {
			return "", err
		}
	}
	_, err = d.Commit(ctx, ledger.Decide{
		Time: d.Now().UnixMilli(), Reference: ref.Digits(), Event: uint8(workflow.CardPacked),
		Actor: uint16(workflow.PouchOfficer), Seen: card.Flow.Version, Facts: ledger.Facts{Pouch: []byte(label)},
	})
	return label, err
}

// Unpack takes a card out of a pouch that is open.
func (d *Desk) Unpack(ctx context.Context, ref consular.Reference) error {
	card, err := d.State.Case(ref)
	if err != nil {
		return err
	}
	if workflow.State(card.Flow.State) != workflow.Packed { // its request has turned: the order says so
		return d.carryOut(ctx, card)
	}
	_, err = d.Commit(ctx, ledger.Decide{
		Time: d.Now().UnixMilli(), Reference: ref.Digits(), Event: uint8(workflow.CardUnpacked),
		Actor: uint16(workflow.PouchOfficer), Seen: card.Flow.Version,
	})
	return err
}

// carryOut completes the order to unpack that a card has.
func (d *Desk) carryOut(ctx context.Context, card ledger.CaseView) error {
	for _, id := range card.Open {
		o, err := d.State.Order(id)
		if err != nil {
			return err
		}
		if workflow.Order(o.Kind) == workflow.OrderUnpack {
			_, err := d.Commit(ctx, ledger.CompleteOrder{Time: d.Now().UnixMilli(), Order: id})
			return err
		}
	}
	return fault.New(fault.Conflict, "pouch: unpack", "the card is in no pouch", nil)
}

// Close signs the manifest and closes the bag under a seal.
func (d *Desk) Close(ctx context.Context, label consular.PouchID, seal string) error {
	number, err := wire.ParseSerial(seal)
	if err != nil {
		return err
	}
	p, err := d.State.Pouch(label)
	if err != nil {
		return err
	}
	if workflow.State(p.Flow.State) == workflow.PouchOpen {
		if p.Flow.Version, err = d.move(ctx, p, ledger.MovePouch{Event: uint8(workflow.ManifestSigned)}); err != nil {
			return err
		}
	}
	_, err = d.move(ctx, p, ledger.MovePouch{Event: uint8(workflow.BagSealed), Seal: number})
	return err
}

// Reopen opens a closed bag again, for two persons.
func (d *Desk) Reopen(ctx context.Context, label consular.PouchID) error {
	p, err := d.State.Pouch(label)
	if err != nil {
		return err
	}
	_, err = d.move(ctx, p, ledger.MovePouch{Event: uint8(workflow.ManifestReopened), TwoPersons: true})
	return err
}

// Send gives a closed bag to the courier and says that it left.
// fault.Conflict until the post was told its manifest.
func (d *Desk) Send(ctx context.Context, label consular.PouchID, waybill string) error {
	p, err := d.State.Pouch(label)
	if err != nil {
		return err
	}
	if workflow.State(p.Flow.State) != workflow.PouchWithCourier {
		p.Flow.Version, err = d.move(ctx, p, ledger.MovePouch{Event: uint8(workflow.BagGivenToCourier), Waybill: waybill})
		if err != nil {
			return err
		}
	}
	_, err = d.move(ctx, p, ledger.MovePouch{Event: uint8(workflow.BagLeft)})
	return err
}

// Settle ends an inquiry about a pouch whose count differed.
func (d *Desk) Settle(ctx context.Context, label consular.PouchID) error {
	return d.byHub(ctx, label, workflow.DiscrepancySettled)
}

// Lose declares a pouch lost: every card in it is one for the inquiry.
func (d *Desk) Lose(ctx context.Context, label consular.PouchID) error {
	return d.byHub(ctx, label, workflow.BagDeclaredLost)
}

func (d *Desk) byHub(ctx context.Context, label consular.PouchID, event workflow.Event) error {
	p, err := d.State.Pouch(label)
	if err != nil {
		return err
	}
	_, err = d.move(ctx, p, ledger.MovePouch{Event: uint8(event), Actor: uint16(workflow.Hub)})
	return err
}

// move commits one event of a pouch, by the pouch officer unless another is
// named, and gives the new version.
func (d *Desk) move(ctx context.Context, p ledger.PouchView, c ledger.MovePouch) (uint64, error) {
	c.Time, c.Pouch, c.Seen = d.Now().UnixMilli(), p.Label(), p.Flow.Version
	if c.Actor == 0 {
		c.Actor = uint16(workflow.PouchOfficer)
	}
	r, err := d.Commit(ctx, c)
	return r.Version, err
}

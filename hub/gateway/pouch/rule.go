package pouch

import (
	"context"
	"log/slog"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// packByRule carries out workflow.OrderPack: into the pouch of the card's post.
func (d *Desk) packByRule(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	label, err := d.packing(ctx, o.Pickup)
	if err != nil {
		return gateway.Answer{}, err
	}
	return gateway.Answer{
		Event: workflow.CardPacked, Actor: workflow.PouchOfficer, Facts: ledger.Facts{Pouch: []byte(label)},
	}, nil
}

// packing finds the open pouch without a command where there is one.
func (d *Desk) packing(ctx context.Context, post consular.PostID) (consular.PouchID, error) {
	pouches, err := d.State.Packing()
	if err != nil {
		return "", err
	}
	for _, p := range pouches {
		if p.Flow.Pickup == post && int(p.Flow.Count) < ledger.MaxItems {
			return consular.PouchID(p.Reference), nil
		}
	}
	return d.Open(ctx, post)
}

// unpackByRule carries out workflow.OrderUnpack: its completion takes the card
// from the manifest, or is refused while the bag is closed.
func (d *Desk) unpackByRule(context.Context, ledger.Order) (gateway.Answer, error) {
	return gateway.Answer{}, nil
}

// round is the pause between looks at the pouches.
const round = 500 * time.Millisecond

// Run closes and sends pouches by the rule, and calls late what is, until ctx
// ends. Only storage that cannot be read ends it earlier.
func (d *Desk) Run(ctx context.Context) error {
	if !d.cfg.Auto && !d.cfg.early() {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(round)
	defer ticker.Stop()
	gone := uint64(0) // up to here no pouch is in hand
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if !d.Leading() {
			continue
		}
		var err error
		if gone, err = d.tend(ctx, gone); err != nil {
			return err
		}
	}
}

// looked is how many pouches are read at once.
const looked = 256

// tend does for each pouch in hand what is due, and gives the last number before
// the first that still is.
func (d *Desk) tend(ctx context.Context, gone uint64) (uint64, error) {
	waiting := false
	for at := gone; ctx.Err() == nil; {
		pouches, err := d.State.Pouches(at, looked)
		if err != nil {
			return gone, err
		}
		for _, p := range pouches {
			at = p.Number
			if waiting = d.look(ctx, p) || waiting; !waiting {
				gone = at
			}
		}
		if len(pouches) < looked {
			break
		}
	}
	return gone, nil
}

// look does what is due and reports whether the pouch is in hand. What did not
// succeed is tried again in the next round.
func (d *Desk) look(ctx context.Context, p ledger.Case) bool {
	inHand, err := d.due(ctx, p)
	if err != nil && ctx.Err() == nil {
		d.Logger.Warn("pouch not moved", slog.Uint64("pouch", p.Number), slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	}
	return inHand
}

// due moves one pouch by one step where it is time.
func (d *Desk) due(ctx context.Context, p ledger.Case) (inHand bool, err error) {
	label := consular.PouchID(p.Reference)
	if workflow.State(p.Flow.State) == workflow.PouchInTransit && d.cfg.early() {
		return true, d.callLate(ctx, p)
	}
	if !d.cfg.Auto { // people move it, and it is to be looked at until they did
		return beforeTransit(workflow.State(p.Flow.State)), nil
	}
	switch workflow.State(p.Flow.State) { //nolint:exhaustive // in the other states the pouch is others' to move
	case workflow.PouchOpen:
		full, err := d.full(p)
		if full && err == nil {
			err = d.Close(ctx, label, sealOf(label))
		}
		return true, err
	case workflow.PouchManifested:
		return true, d.Close(ctx, label, sealOf(label))
	case workflow.PouchClosed, workflow.PouchWithCourier:
		if p.Sent == nil || p.Sent.Told == 0 {
			return true, nil
		}
		return true, d.Send(ctx, label, "WB-"+string(label))
	}
	return false, nil
}

// beforeTransit tells whether a pouch has not left yet.
func beforeTransit(s workflow.State) bool {
	return s == workflow.PouchOpen || s == workflow.PouchManifested || s == workflow.PouchClosed || s == workflow.PouchWithCourier
}

// callLate says of a bag under way that its time is over, as the ledger would
// after the whole limit of the table.
func (d *Desk) callLate(ctx context.Context, p ledger.Case) error {
	for _, timer := range p.Timers {
		if workflow.Clock(timer.Clock) != workflow.ClockTransit || d.Now().Before(time.UnixMilli(timer.Start).Add(d.cfg.Late.Std())) {
			continue
		}
		v, err := d.State.PouchNumber(p.Number)
		if err == nil {
			_, err = d.move(ctx, v, ledger.MovePouch{Event: uint8(workflow.BagLate), Actor: uint16(workflow.System)})
		}
		return err
	}
	return nil
}

// full tells whether a pouch has enough cards, or one that waits long enough.
func (d *Desk) full(p ledger.Case) (bool, error) {
	if p.Flow.Count == 0 {
		return false, nil
	}
	if int(p.Flow.Count) >= d.cfg.Cards {
		return true, nil
	}
	v, err := d.State.PouchNumber(p.Number)
	if err != nil || len(v.Items) == 0 {
		return false, err
	}
	return d.Now().Sub(time.UnixMilli(v.Items[0].Time)) >= d.cfg.After.Std(), nil
}

// sealOf gives the number of the rule's own seals: as single as the label.
func sealOf(label consular.PouchID) string { return "S-" + string(label[1:]) }

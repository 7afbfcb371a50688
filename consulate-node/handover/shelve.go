package handover

import (
	"context"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// ShelveInput puts a card into its place.
type ShelveInput struct {
	Reference string
	Serial    string // scanned from the card, when no reference is given
	Safe      string
	Box       string
	Defective bool // it failed the read test: it is not shelved but sent back
	Remarks   string
}

// Shelve records where a card lies, durable on return; from there it can be
// collected. A card that is on its shelf is moved to another place without a
// word to the hub. A card that failed the read test is made anew. Errors:
// Invalid, NotFound with CodeCardUnknown, Conflict with a code of the card, which
// is CodeCardOther for the serial of one that was made anew.
func (h *Handover) Shelve(ctx context.Context, p access.Principal, in ShelveInput) (CardView, error) {
	const op = "handover: shelve card"
	if err := p.Require(access.HandoverWrite); err != nil {
		return CardView{}, err
	}
	in.Safe, in.Box = strings.TrimSpace(in.Safe), strings.TrimSpace(in.Box)
	if !in.Defective && (in.Safe == "" || in.Box == "") {
		return CardView{}, refuse(op, "place", consular.RuleRequired)
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return CardView{}, err
	}
	defer end()
	c, err := h.named(op, in)
	if err != nil {
		return CardView{}, err
	}
	state := workflow.State(c.State)
	switch {
	case in.Defective && state == workflow.InProduction && c.Held:
		return h.cardView(&c) // said before
	case in.Defective:
		err = h.defective(ctx, p, &c, in.Remarks)
	case state == workflow.Ready && c.Held:
		err = h.rearrange(&c, in)
	default:
		err = h.move(ctx, &c, step{
			kind: wire.KindCardShelved, in: workflow.Input{Event: workflow.CardShelved, Actor: workflow.Agent},
			body: wire.Custody{By: p.ID, Safe: in.Safe, Box: in.Box, Remarks: in.Remarks},
		}, func(c *card) { c.Safe, c.Box = in.Safe, in.Box })
	}
	if err != nil {
		return CardView{}, err
	}
	return h.cardView(&c)
}

// named gives the card that is to be shelved, by its reference or by itself.
func (h *Handover) named(op string, in ShelveInput) (card, error) {
	if in.Reference != "" || in.Serial == "" {
		return h.lookUp(op, in.Reference)
	}
	serial, err := wire.ParseSerial(in.Serial)
	if err != nil {
		return card{}, refuse(op, "serial", consular.RuleFormat)
	}
	c, found, err := h.bySerial(serial)
	switch {
	case err != nil:
		return card{}, err
	case !found:
		return card{}, coded(op, fault.NotFound, web.CodeCardUnknown)
	case c.Serial != serial:
		return card{}, coded(op, fault.Conflict, web.CodeCardOther)
	}
	return c, nil
}

// defective sends a card back to be made anew. The plastic stays here until the
// reverse pouch: it is still held, and still known by its serial.
func (h *Handover) defective(ctx context.Context, p access.Principal, c *card, remarks string) error {
	return h.move(ctx, c, step{
		kind: wire.KindCardDefective, in: workflow.Input{Event: workflow.CardDefective, Actor: workflow.Agent},
		body: wire.Custody{By: p.ID, Remarks: remarks},
	}, func(*card) {})
}

// rearrange moves a card from one place to another.
func (h *Handover) rearrange(c *card, in ShelveInput) error {
	if c.Safe == in.Safe && c.Box == in.Box {
		return nil
	}
	now := *c
	now.Safe, now.Box = in.Safe, in.Box
	probe := wire.Custody{By: "-", Safe: in.Safe, Box: in.Box}
	if err := probe.ValidateFor(wire.KindCardShelved); err != nil {
		return err
	}
	err := h.o.Journal.Update(func(w kv.Writer) error { return h.putCard(w, &now) })
	if err == nil {
		*c = now
	}
	return err
}

// lookUp gives the card of a reference as typed.
func (h *Handover) lookUp(op, reference string) (card, error) {
	ref, err := consular.ParseReference(reference)
	if err != nil {
		return card{}, err
	}
	var c card
	err = h.o.Journal.View(func(r kv.Reader) error {
		var found bool
		c, found, err = h.card(r, ref)
		if err == nil && !found {
			err = coded(op, fault.NotFound, web.CodeCardUnknown)
		}
		return err
	})
	return c, err
}

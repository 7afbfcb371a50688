package handover

import (
	"context"
	"slices"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// ScanInput is one card out of a bag. Reference is the label on its envelope,
// when there is one: it tells whose card it is when the serial does not.
type ScanInput struct {
	Pouch     string
	Serial    string
	Reference string
	Damaged   bool
	Remarks   string
}

// Finding is what a scan found. The words for it are the screens'.
type Finding string

// The findings.
const (
	FindingReceived  Finding = "received"
	FindingDamaged   Finding = "damaged"
	FindingAgain     Finding = "already-scanned" // nothing was changed
	FindingStopped   Finding = "stopped"         // received; the hub has stopped it: put it aside
	FindingElsewhere Finding = "other-pouch"     // it is on the manifest of another bag of this post
	FindingReplaced  Finding = "replaced"        // a card that was made anew: it must not be handed over
	FindingOtherPost Finding = "other-post"
	FindingUnknown   Finding = "unknown"
)

// Scanned is the answer to a scan.
type Scanned struct {
	Finding Finding         `json:"finding"`
	Card    *CardView       `json:"card,omitempty"` // to compare with the card in the hand
	Post    consular.PostID `json:"post,omitempty"` // whose card it is, when this post knows
	Pouch   PouchView       `json:"pouch"`
}

// Scan takes one card out of a bag, durable on return. A card that is not on
// the manifest is not received: it is noted as extra, reported when the bag is
// counted, and put aside. Scanned again, a card changes nothing. Errors: Denied
// with CodeTwoPersons for who did not open the bag, Conflict with
// CodePouchNotOpen, Invalid, and those of Arrive.
func (h *Handover) Scan(ctx context.Context, p access.Principal, in ScanInput) (Scanned, error) {
	const op = "handover: scan card"
	if err := p.Require(access.HandoverWrite); err != nil {
		return Scanned{}, err
	}
	serial, err := wire.ParseSerial(in.Serial)
	if err != nil {
		return Scanned{}, refuse(op, "serial", consular.RuleFormat)
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return Scanned{}, err
	}
	defer end()
	bag, err := h.find(op, in.Pouch)
	if err != nil {
		return Scanned{}, err
	}
	if bag.Opened == 0 {
		return Scanned{}, coded(op, fault.Conflict, web.CodePouchNotOpen)
	}
	other, err := bag.present(op, p)
	if err != nil {
		return Scanned{}, err
	}
	c, found, err := h.bySerial(serial)
	if err != nil {
		return Scanned{}, err
	}
	if !found || c.Pouch != bag.Label || c.Serial != serial {
		return h.extra(&bag, serial, in.Reference, c)
	}
	return h.receive(ctx, &bag, &c, scanning{by: p.ID, second: other, in: in})
}

// scanning is a scan by the two at the table.
type scanning struct {
	by, second string
	in         ScanInput
}

// receive records a card of the manifest.
func (h *Handover) receive(ctx context.Context, bag *pouch, c *card, s scanning) (Scanned, error) {
	if c.Held || c.Counted == foundGood || c.Counted == foundDamaged {
		return h.scanned(bag, c, FindingAgain)
	}
	st := step{
		kind: wire.KindCardReceived, in: workflow.Input{Event: workflow.CardReceived, Actor: workflow.Supervisor},
		body: wire.Custody{By: s.by, Second: s.second, Remarks: s.in.Remarks},
	}
	found, finding := foundGood, FindingReceived
	if s.in.Damaged {
		st.kind, st.in.Event = wire.KindCardDamaged, workflow.CardDamaged
		found, finding = foundDamaged, FindingDamaged
	}
	err := h.move(ctx, c, st, func(c *card) { c.Held, c.Counted = true, found })
	if err != nil {
		return Scanned{}, err
	}
	if stops(workflow.State(c.State)) {
		finding = FindingStopped
	}
	return h.scanned(bag, c, finding)
}

// extra notes a card that should not be in the bag.
func (h *Handover) extra(bag *pouch, serial, reference string, c card) (Scanned, error) {
	finding, x := FindingUnknown, extra{Serial: serial}
	switch {
	case c.Reference != "" && c.Serial == serial:
		finding = FindingElsewhere
	case c.Reference != "":
		finding = FindingReplaced
	default:
		if x.Post = h.meantFor(reference); x.Post != "" {
			finding = FindingOtherPost
		}
	}
	known := slices.ContainsFunc(bag.Extras, func(e extra) bool { return e.Serial == serial })
	if !known && len(bag.Extras) < wire.MaxExtras && !bag.counted() {
		now := *bag
		now.Extras = append(slices.Clone(bag.Extras), x)
		if err := h.o.Journal.Update(func(w kv.Writer) error { return h.putPouch(w, &now) }); err != nil {
			return Scanned{}, err
		}
		*bag = now
	}
	out, err := h.scanned(bag, nil, finding)
	out.Post = x.Post
	return out, err
}

// meantFor gives the post at which a request is to be collected, when this post
// knows of it and it is another one.
func (h *Handover) meantFor(reference string) consular.PostID {
	ref, err := consular.ParseReference(reference)
	if err != nil {
		return ""
	}
	q, err := h.o.Journal.Request(ref.Digits())
	if err != nil || q.Pickup == h.o.Post.ID {
		return ""
	}
	return q.Pickup
}

func (h *Handover) scanned(bag *pouch, c *card, finding Finding) (Scanned, error) {
	out := Scanned{Finding: finding}
	if c != nil {
		v, err := h.cardView(c)
		if err != nil {
			return Scanned{}, err
		}
		out.Card = &v
	}
	var err error
	out.Pouch, err = h.pouchView(bag)
	return out, err
}

// bySerial finds the card that has, or had, a serial.
func (h *Handover) bySerial(serial string) (c card, found bool, err error) {
	err = h.o.Journal.View(func(r kv.Reader) error {
		for _, key := range h.under(r, term{Kind: bySerial, Text: serial}) {
			if c, found, err = h.cardAt(r, key); found || err != nil {
				return err
			}
		}
		return nil
	})
	return c, found, err
}

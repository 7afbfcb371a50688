package handover

import (
	"context"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Ages of domain.md A.1 and A.8, in completed years.
const (
	printsFrom  = 12 // fingerprints are on the card
	aloneFrom   = 16 // may collect without a guardian
	noProxyFrom = 18 // only the person may collect
)

// GiveInput is a card that leaves the post in a hand.
type GiveInput struct {
	Reference string
	Serial    string // scanned from the card in the hand
	Receiver  wire.Receiver
	Guardian  string // name and document of the guardian
	Document  wire.ShownDocument
	Face      bool // the agent compared the face with the card
	Print     wire.PrintCheck
	Receipt   bool   // the receipt was shown
	SlipCode  string // as on the slip; empty: not shown
	OldCard   wire.OldCard
	OldSerial string
	PIN       bool // the PIN letter was given
	Remarks   string
	// Second is asked for when a finger could not be compared or an earlier
	// check failed; else it may be nobody.
	Second access.Principal
}

// Given is the answer to a hand-over.
type Given struct {
	Card     CardView `json:"card"`
	Repeated bool     `json:"repeated"` // it was given before, by the same person
}

// Give hands a card over, durable on return (L1), with the hub or without. The
// same said again by the same person changes nothing. Errors: Invalid with the
// fields; NotFound with CodeCardUnknown; Conflict with CodeCardOther,
// CodeCardNotReady, CodeCardOnHold, CodeCardStopped or CodeCardGiven; Denied
// with CodeTwoPersons or, for a wrong slip code, CodeNoMatch.
func (h *Handover) Give(ctx context.Context, p access.Principal, in GiveInput) (Given, error) {
	const op = "handover: hand card over"
	if err := p.Require(access.HandoverWrite); err != nil {
		return Given{}, err
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return Given{}, err
	}
	defer end()
	c, err := h.lookUp(op, in.Reference)
	if err != nil {
		return Given{}, err
	}
	serial, err := wire.ParseSerial(in.Serial)
	switch {
	case err != nil:
		return Given{}, refuse(op, "serial", consular.RuleFormat)
	case serial != c.Serial:
		return Given{}, coded(op, fault.Conflict, web.CodeCardOther)
	case workflow.State(c.State) == workflow.HandedOver && c.GivenBy == p.ID:
		v, err := h.cardView(&c)
		return Given{Card: v, Repeated: true}, err
	}
	body, err := h.collector(p, &c, in)
	if err != nil {
		return Given{}, err
	}
	err = h.move(ctx, &c, step{
		kind: wire.KindCardHandedOver, in: workflow.Input{Event: workflow.CardHandedOver, Actor: workflow.Agent}, body: body,
	}, func(c *card) { c.Held, c.GivenBy, c.GivenAt = false, p.ID, h.o.Clock().UnixMilli() })
	if err != nil {
		return Given{}, err
	}
	v, err := h.cardView(&c)
	return Given{Card: v}, err
}

// collector judges who came and what was shown. What may not be given at all is
// said before anything else: the state of the card is no fault of the form.
func (h *Handover) collector(p access.Principal, c *card, in GiveInput) (wire.Custody, error) {
	const op = "handover: hand card over"
	ask := workflow.Input{
		Event: workflow.CardHandedOver, Actor: workflow.Agent, Post: h.o.Post.ID,
		Serial: workflow.Digest(wire.SerialDigest(c.Serial)),
	}
	if err := workflow.Check(c.flow(h.o.Post.ID), ask); err != nil {
		return wire.Custody{}, refusal(c, err)
	}
	age, err := c.Birth.AgeOn(h.today())
	if err != nil {
		return wire.Custody{}, err
	}
	if found := violations(c, in, age); found != nil {
		return wire.Custody{}, fault.New(fault.Invalid, op, "", web.CodedError{Code: web.Code(fault.Invalid.Code()), Violations: found})
	}
	body := wire.Custody{
		By: p.ID, Receiver: in.Receiver, Guardian: strings.TrimSpace(in.Guardian), Document: in.Document, Face: in.Face,
		Print: in.Print, OldCard: in.OldCard, PIN: in.PIN, Remarks: in.Remarks,
	}
	if in.OldSerial != "" {
		body.OldSerial, _ = wire.ParseSerial(in.OldSerial) // violations has read it
	}
	if c.Checks > 0 || in.Print == wire.PrintUnreadable || in.Print == wire.PrintNone && age >= printsFrom {
		if err := except(op, p, in.Second); err != nil {
			return wire.Custody{}, err
		}
		body.Second = in.Second.ID
	}
	body.Proof, err = h.proof(c, in)
	return body, err
}

// violations lists what is wrong with a hand-over, field by field.
func violations(c *card, in GiveInput, age int) (found consular.Violations) {
	add := func(bad bool, field string, rule consular.Rule) {
		if bad {
			found = append(found, consular.Violation{Field: field, Rule: rule})
		}
	}
	guardian := in.Receiver == wire.ReceiverGuardian
	add(in.Receiver != wire.ReceiverPerson && !guardian, "receiver", consular.RuleRequired)
	add(guardian && age >= noProxyFrom, "receiver", consular.RuleNotAllowed)
	add(in.Receiver == wire.ReceiverPerson && age < aloneFrom, "receiver", consular.RuleNotAllowed)
	add(guardian && strings.TrimSpace(in.Guardian) == "", "guardian", consular.RuleRequired)
	add(!guardian && in.Guardian != "", "guardian", consular.RuleNotAllowed)
	add(in.Document == 0 || in.Document > wire.ShownOther, "document", consular.RuleRequired)
	add(in.Document == wire.ShownOther && in.Remarks == "", "remarks", consular.RuleRequired)
	add(!in.Face, "face", consular.RuleRequired)
	add(in.Print == 0 || in.Print > wire.PrintDiffers, "print", consular.RuleRequired)
	add(in.Print == wire.PrintDiffers, "print", consular.RuleNotAllowed)
	add(in.OldCard == 0 || in.OldCard > wire.OldCardNone, "old_card", consular.RuleRequired)
	add(in.OldCard == wire.OldCardNone && c.Service != consular.CNIEFirst, "old_card", consular.RuleNotAllowed)
	add(in.OldCard == wire.OldCardTaken && in.OldSerial == "", "old_serial", consular.RuleRequired)
	add(in.OldCard == wire.OldCardNone && in.OldSerial != "", "old_serial", consular.RuleNotAllowed)
	if in.OldSerial != "" {
		_, err := wire.ParseSerial(in.OldSerial)
		add(err != nil, "old_serial", consular.RuleFormat)
	}
	return found
}

// proof judges a slip code where its hash is known. A post that did not enroll
// the person may not know it: then the code proves nothing, and hinders nobody.
func (h *Handover) proof(c *card, in GiveInput) (wire.CollectProof, error) {
	if in.SlipCode == "" {
		if in.Receipt {
			return wire.ProofReceipt, nil
		}
		return wire.ProofNeither, nil
	}
	code, err := consular.ParseSlipCode(in.SlipCode)
	if err != nil {
		return 0, err
	}
	hash := consular.SlipHash(c.Slip)
	if q, err := h.o.Journal.Request(c.Reference.Digits()); hash.IsZero() && err == nil {
		hash = consular.SlipHash(q.SlipHash)
	}
	switch {
	case hash.IsZero():
		return wire.ProofNeither, nil
	case !hash.Matches(c.Reference, code):
		return 0, coded("handover: compare slip code", fault.Denied, web.CodeNoMatch)
	}
	return wire.ProofSlipCode, nil
}

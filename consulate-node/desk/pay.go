package desk

import (
	"context"
	"encoding/binary"
	"fmt"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Rules of a payment.
const (
	ruleFeeChanged consular.Rule = "fee-changed" // settled was another amount than is due now
	ruleTooLittle  consular.Rule = "too-little"  // less than is due
	ruleUnpaid     consular.Rule = "unpaid"      // neither paid nor waived
	ruleWaived     consular.Rule = "waived"      // the second person should know
)

// bucketReceipts counts the receipts of a year; a count is nobody's data, so it
// lies in clear.
var bucketReceipts = []byte("desk.receipts")

// PayInput settles the fee of a visit: cash with what was received, or a waiver
// with its reason, all as typed.
type PayInput struct {
	Visit    wire.RecordID
	Version  uint64 // of the visit, as the caller saw it last: the amount hangs on all of it
	Method   string // consular.PaymentMethod
	Received string // consular.Money, of cash
	Waiver   string // consular.WaiverReason, of a waiver
}

// Pay notes how the fee was settled and draws the number of the receipt, both
// durable on return. A visit keeps its number however often what was typed is
// put right; the same again changes nothing. Errors: as Change; Invalid for
// less than is due, and while the fee is not known.
func (d *Desk) Pay(ctx context.Context, p access.Principal, in PayInput) (View, error) {
	const op = "desk: settle fee"
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
	pay, err := d.payment(o, in)
	if err != nil {
		return View{}, err
	}
	if h := o.Payment; h != nil && h.Method == pay.Method && h.Due == pay.Due && h.Received == pay.Received && h.Waiver == pay.Waiver {
		return d.view(o), nil
	}
	if in.Version != o.Version {
		return View{}, conflict(op, o)
	}
	s, err := d.o.Journal.State()
	if err != nil {
		return View{}, err
	}
	pay.On, pay.By = d.today(), p.ID
	o.Payment = &pay
	o.touch(p.ID, d.o.Clock())
	if err := d.save(o, func(w kv.Writer) error { return d.number(w, o, s.Head.Incarnation) }); err != nil {
		return View{}, err
	}
	return d.view(o), nil
}

// payment reads what was typed against what the visit costs now.
func (d *Desk) payment(o *open, in PayInput) (consular.Payment, error) {
	const op = "desk: settle fee"
	fee := d.assess(o).Fee
	if fee == nil {
		return consular.Payment{}, refuse(op, "fee", consular.RuleRequired)
	}
	pay, err := typedPayment(in, fee.Total)
	if err == nil && pay.Waiver == consular.WaivedPaidBefore && o.Amends == nil {
		err = refuse(op, "payment.waiver", consular.RuleNotAllowed) // nothing was settled before
	}
	return pay, err
}

func typedPayment(in PayInput, due consular.Money) (consular.Payment, error) {
	const op = "desk: settle fee"
	r := &reading{}
	out := consular.Payment{Due: due, Method: text(r, "payment.method", in.Method, consular.ParsePaymentMethod)}
	switch out.Method {
	case consular.PaymentCash:
		out.Received = text(r, "payment.received", in.Received, consular.ParseMoney)
		switch {
		case len(r.found) > 0:
		case out.Received == (consular.Money{}):
			r.add("payment.received", consular.RuleRequired)
		case out.Received.Currency != due.Currency:
			r.add("payment.received", consular.RuleNotAllowed)
		case out.Received.Minor < due.Minor:
			r.add("payment.received", ruleTooLittle)
		}
	case consular.PaymentWaived:
		if out.Waiver = text(r, "payment.waiver", in.Waiver, consular.ParseWaiverReason); out.Waiver == 0 {
			r.add("payment.waiver", consular.RuleRequired)
		}
	default:
		r.add("payment.method", consular.RuleRequired)
	}
	if len(r.found) > 0 {
		return out, refuseAll(op, fault.Invalid, web.CodedError{
			Code: web.Code(fault.Invalid.Code()), Violations: r.found,
		})
	}
	return out, nil
}

// number gives cash its receipt, in the transaction that saves the payment: the
// numbers of a year run without a gap. The end of the incarnation stands in the
// number, so that a machine which replaced another, and begins to count anew,
// draws no number twice.
func (d *Desk) number(w kv.Writer, o *open, incarnation uint64) error {
	if o.Payment.Method != consular.PaymentCash {
		return nil
	}
	if o.Receipt != "" {
		o.Payment.Receipt = o.Receipt
		return nil
	}
	year, _, _ := o.Payment.On.Split()
	key := binary.BigEndian.AppendUint16(nil, uint16(year)) //nolint:gosec // a year
	key = binary.BigEndian.AppendUint64(key, incarnation)
	n := uint64(1)
	if raw := w.Get(bucketReceipts, key); len(raw) == 8 {
		n = binary.BigEndian.Uint64(raw) + 1
	}
	o.Receipt = fmt.Sprintf("%s-%d-%04X-%05d", d.o.Post.ID, year, incarnation&0xffff, n)
	o.Payment.Receipt = o.Receipt
	return w.Put(bucketReceipts, key, binary.BigEndian.AppendUint64(nil, n))
}

// settled gives how the fee of a draft was settled. What an amendment replaces
// was paid or waived, or it could not have been released: nothing is due twice.
func (d *Desk) settled(o *open, fee consular.Fee) *consular.Payment {
	if o.Payment != nil || o.Amends == nil {
		return o.Payment
	}
	return &consular.Payment{
		Method: consular.PaymentWaived, Due: fee.Total, Waiver: consular.WaivedPaidBefore, On: d.today(), By: o.By,
	}
}

// assessPayment asks that what is due today is what was settled.
func (d *Desk) assessPayment(o *open, v *Review, r *reading) {
	if v.Fee == nil {
		return
	}
	v.Payment = d.settled(o, *v.Fee)
	switch {
	case v.Payment == nil:
		r.add("payment", ruleUnpaid)
	case v.Payment.Due != v.Fee.Total:
		r.add("payment", ruleFeeChanged)
	case v.Payment.Method == consular.PaymentWaived && v.Payment.Waiver != consular.WaivedPaidBefore:
		v.Look = append(v.Look, FieldRule{Field: "payment", Rule: ruleWaived})
	}
	if v.Payment != nil {
		r.judge(v.Payment.Validate())
	}
}

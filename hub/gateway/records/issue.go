package records

import (
	"context"
	"errors"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// work is one attempt at an issue order.
type work struct {
	ledger.Order

	office *office
	view   ledger.CaseView
	id     string // of the request
}

// Issue carries out workflow.OrderIssue: it sends the request, or the person's
// answer, and asks about it at each later attempt until the office asks,
// issues or refuses.
func (c *Connector) Issue(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	f, err := c.office(o.Service)
	if err != nil {
		return gateway.Answer{}, c.failed(o, nil, err)
	}
	view, err := c.Cases.CaseNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	w := work{Order: o, office: f, view: view, id: requestOf(c.Cluster, o.Case)}
	r, err := c.place(ctx, w)
	if err != nil {
		return gateway.Answer{}, c.unplaced(ctx, w, err)
	}
	a, err := c.report(ctx, w, r)
	switch {
	case err != nil:
		return gateway.Answer{}, c.unplaced(ctx, w, err)
	case a.Event == 0:
		c.succeeded(o)
		return gateway.Answer{}, c.waitFor(o)
	}
	c.succeeded(o)
	return a, nil
}

// unplaced counts a failure, unless it was we who stopped.
func (c *Connector) unplaced(ctx context.Context, w work, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return c.failed(w.Order, w.office, err)
}

// place gives the request as its office has it, with everything that the case
// has for it: the request itself, and the answer to its question.
func (c *Connector) place(ctx context.Context, w work) (Request, error) {
	r, err := c.known(ctx, w)
	if err != nil || r.State != Question || w.view.Answer == 0 {
		return r, err
	}
	packet, err := c.Resealer.RecordAnswer(ctx, w.view.Answer, w.office.recipient(w.id))
	if err != nil {
		return Request{}, &oursError{cause: err}
	}
	r, err = w.office.answer(ctx, w.id, answer{Packet: packet})
	if err == nil && r.State == Question {
		err = fault.New(fault.Exists, "records: send answer", w.office.Name, errors.New("the office still asks"))
	}
	return r, err
}

// known asks about the request, and sends it to an office that does not have
// it. At a first attempt it sends at once; later it asks first, since the answer
// to an earlier sending may have been lost.
func (c *Connector) known(ctx context.Context, w work) (Request, error) {
	if w.Attempts > 0 || !w.view.Question.IsZero() {
		r, err := w.office.get(ctx, w.id)
		if !fault.Is(err, fault.NotFound) {
			return r, err
		}
	}
	if err := w.office.rests("records: send request", c.Now()); err != nil {
		return Request{}, err
	}
	key, err := c.newestKey()
	if err != nil {
		return Request{}, err
	}
	packet, err := c.Resealer.RecordPacket(ctx, w.Order, w.office.recipient(w.id))
	if err != nil {
		return Request{}, &oursError{cause: err}
	}
	return w.office.put(ctx, w.id, order{
		Product: consular.Service(w.Service).String(), Record: w.Record.String(), Packet: packet,
		Reply: reply{Number: key.Number, Key: key.Public},
	})
}

// newestKey is the intake key that packages are to be sealed to.
func (c *Connector) newestKey() (newest wire.IntakeKey, err error) {
	cluster, err := c.Cases.Cluster()
	if err != nil {
		return newest, err
	}
	for _, key := range cluster.Intake {
		if key.Number > newest.Number {
			newest = key
		}
	}
	if newest.Number == 0 {
		return newest, fault.New(fault.Unavailable, "records: find intake key", "the cluster has none", nil)
	}
	return newest, nil
}

// report turns what the office says into the event that ends the order; none
// while the office works.
func (c *Connector) report(ctx context.Context, w work, r Request) (gateway.Answer, error) {
	switch r.State {
	case Received:
		return gateway.Answer{}, nil
	case Question:
		return c.keep(ctx, w, r, workflow.QueryAsked)
	case Issued:
		return c.keep(ctx, w, r, workflow.RecordIssued)
	case Refused:
		return gateway.Answer{Event: workflow.Refused, Actor: workflow.Issuer, Reason: r.Reason}, nil
	case Withdrawn:
		return gateway.Answer{}, fault.New(fault.Conflict, "records: follow request", w.office.Name, errors.New("withdrawn"))
	}
	return gateway.Answer{}, corrupt("state")
}

// keep puts a package into the vault as it came, if it is what it must be.
func (c *Connector) keep(ctx context.Context, w work, r Request, event workflow.Event) (gateway.Answer, error) {
	if err := CheckPackage(r.Package, w.Record, r.State); err != nil {
		return gateway.Answer{}, &packageError{cause: err}
	}
	if err := c.Prover.ProvePackage(ctx, w.Order, r.Package); err != nil {
		return gateway.Answer{}, &packageError{cause: err}
	}
	digest, err := c.Vault.Put(r.Package)
	if err != nil {
		return gateway.Answer{}, err
	}
	return gateway.Answer{Event: event, Actor: workflow.Issuer, Facts: ledger.Facts{Serial: digest[:]}}, nil
}

// Recall carries out workflow.OrderRecall: the office hears that the request was
// withdrawn, whether or not it has it. One that was issued or refused meanwhile
// stays so there, and nothing more is to be done.
func (c *Connector) Recall(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	f, err := c.office(o.Service)
	if err != nil {
		return gateway.Answer{}, c.failed(o, nil, err)
	}
	r, err := f.withdraw(ctx, requestOf(c.Cluster, o.Case))
	if err == nil && (r.State == Received || r.State == Question) {
		err = fault.New(fault.Corrupt, "records: withdraw request", f.Name, errors.New("the request still stands"))
	}
	if err != nil {
		return gateway.Answer{}, c.unplaced(ctx, work{Order: o, office: f}, err)
	}
	c.succeeded(o)
	return gateway.Answer{}, nil
}

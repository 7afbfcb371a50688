package centre

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// work is one attempt at a produce order.
type work struct {
	ledger.Order

	site *site
	view ledger.CaseView
	told told
	id   string // of the job
}

func (w work) packet() string { return w.Record.String() }

// Produce carries out workflow.OrderProduce: it sends the job, and asks about
// it at each later attempt until a card exists or the site refused. What
// happens before that is told through News, under the order that stays open.
func (c *Connector) Produce(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	s, err := c.site(o.Site)
	if err != nil {
		return gateway.Answer{}, c.failed(o, nil, err)
	}
	view, err := c.Cases.CaseNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	w := work{
		Order: o, site: s, view: view, told: toldOf(view, o.Version), id: jobOf(c.Cluster, o.Case, o.Version),
	}
	job, err := c.place(ctx, w)
	if err != nil {
		return c.unplaced(ctx, w, err)
	}
	c.succeeded(o)
	return c.report(ctx, w, job)
}

// place gives the job as its site has it, and sends it when the site does not.
// At a first attempt it sends at once; later it asks first, since the answer
// to an earlier sending may have been lost.
func (c *Connector) place(ctx context.Context, w work) (Job, error) {
	if w.told.accepted || w.Attempts > 0 {
		j, err := w.site.job(ctx, w.id)
		if !fault.Is(err, fault.NotFound) {
			return w.same(j, err)
		}
	}
	// Opening a packet for a site that would not be asked is one opening too many.
	if !w.site.client.Rests().IsZero() && c.Now().Before(w.site.client.Rests()) {
		return Job{}, fault.New(fault.Unavailable, "centre: send job", w.site.Name, errors.New("left alone after failures"))
	}
	sealed, err := c.Resealer.Reseal(ctx, w.Order, Recipient{
		Key: w.site.key, Context: PacketContext, AAD: PacketAAD(w.id, w.packet()), Job: w.id, Packet: w.packet(),
	})
	if err != nil {
		return Job{}, &packetError{cause: err}
	}
	return w.same(w.site.put(ctx, w.id, order{
		Product: consular.Service(w.Service).String(), Priority: priorityOf(w.view, w.Version),
		Destination: string(w.Pickup), Packet: w.packet(), Card: sealed.Card, Images: sealed.Images,
	}))
}

// same checks that the site has this packet under the id. A job that was taken
// back before it came has none.
func (w work) same(j Job, err error) (Job, error) {
	if err == nil && j.Packet != w.packet() && j.State != JobCanceled {
		err = fault.New(fault.Exists, "centre: compare job", w.id, errors.New("another packet"))
	}
	return j, err
}

// unplaced decides about a job that could not be sent or asked about. One that
// no site has accepted within FailOver leaves its site, if another one is open.
func (c *Connector) unplaced(ctx context.Context, w work, err error) (gateway.Answer, error) {
	if ctx.Err() != nil {
		return gateway.Answer{}, err
	}
	later := c.failed(w.Order, w.site, err)
	if _, ours := errors.AsType[*packetError](err); ours || w.told.accepted {
		return gateway.Answer{}, later
	}
	age := c.Now().Sub(time.UnixMilli(w.Created))
	if age < c.cfg.FailOver.Std() || !c.elsewhere(ctx, w.Site) {
		return gateway.Answer{}, later
	}
	c.Logger.Warn("job leaves its site", slog.String("site", w.site.Name), slog.Uint64("order", w.ID),
		slog.String("kind", fault.KindOf(err).String()))
	c.succeeded(w.Order)
	return gateway.Answer{Event: workflow.SiteClosed, Actor: workflow.Hub}, nil
}

// report turns what the site says into events: those that leave the order open
// are told, the one that ends it is the answer.
func (c *Connector) report(ctx context.Context, w work, job Job) (gateway.Answer, error) {
	refused := gateway.Answer{Event: workflow.SiteRefused, Actor: workflow.Production}
	if job.State == JobRefused {
		refused.Reason = job.Refusal.reason()
		return refused, nil
	}
	if job.State != JobCanceled || len(job.Spoilt) > 0 {
		if err := c.tell(ctx, w, job); err != nil {
			return gateway.Answer{}, err
		}
	}
	switch job.State {
	case JobProduced, JobPacked:
		return gateway.Answer{
			Event: workflow.CardProduced, Actor: workflow.Production, Facts: cardFacts(job.Card.Serial),
		}, nil
	case JobCanceled: // by the site itself: an order of ours would not be open
		return refused, nil
	case JobAccepted, JobInProduction, JobRefused:
	}
	return gateway.Answer{}, c.waitFor(w.Created)
}

// tell says what the case does not know yet: that the site has the job, and
// each card that was spoilt.
func (c *Connector) tell(ctx context.Context, w work, job Job) error {
	if !w.told.accepted {
		a := gateway.Answer{Event: workflow.SiteAccepted, Actor: workflow.Production}
		if err := c.News.Tell(ctx, w.Order, a); err != nil {
			return err
		}
	}
	for _, spoilt := range job.Spoilt[min(w.told.spoilt, len(job.Spoilt)):] {
		a := gateway.Answer{Event: workflow.CardSpoilt, Actor: workflow.Production, Facts: cardFacts(spoilt.Serial)}
		if err := c.News.Tell(ctx, w.Order, a); err != nil {
			return err
		}
	}
	return nil
}

func cardFacts(number string) ledger.Facts {
	d := SerialDigest(number)
	return ledger.Facts{Serial: d[:]}
}

// CardOf asks the site for the card of a case, whose serial the ledger holds as
// a digest only: the opener seals it to the pickup post. fault.Corrupt when the
// site names another card than the ledger.
func (c *Connector) CardOf(ctx context.Context, number uint64) (Card, error) {
	const op = "centre: ask card"
	view, err := c.Cases.CaseNumber(number)
	if err != nil {
		return Card{}, err
	}
	line, found := ordered(view, view.Flow.Version)
	if !found || len(view.Flow.Serial) == 0 {
		return Card{}, fault.New(fault.NotFound, op, "", errors.New("the case has no card"))
	}
	s, err := c.site(view.Flow.Site)
	if err != nil {
		return Card{}, err
	}
	job, err := s.job(ctx, jobOf(c.Cluster, number, line.Version))
	if err != nil {
		return Card{}, err
	}
	if job.Card == nil {
		return Card{}, fault.New(fault.NotFound, op, s.Name, errors.New("the job has no card"))
	}
	if d := SerialDigest(job.Card.Serial); string(d[:]) != string(view.Flow.Serial) {
		return Card{}, fault.New(fault.Corrupt, op, s.Name, errors.New("another card"))
	}
	return *job.Card, nil
}

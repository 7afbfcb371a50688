package centre

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// fresh is how long a site's word about its capacity is believed.
const fresh = 15 * time.Second

// knowledge is a site's last word about itself.
type knowledge struct {
	Capacity

	at   time.Time
	down bool
}

// Route carries out workflow.OrderRoute: it asks the sites what they can take
// and chooses one.
func (c *Connector) Route(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	view, err := c.Cases.CaseNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	back := returnsOf(view)
	if back.content >= len(c.sites) {
		return gateway.Answer{}, c.failed(o, nil, errRefusedBySites)
	}
	if wait := c.patience(back); wait > 0 {
		return gateway.Answer{}, &LaterError{in: notBefore(wait, wait/4), waiting: true, cause: errWaitRefused}
	}
	candidates := c.candidates(ctx)
	r := Request{Case: o.Case, Pickup: o.Pickup, Sites: candidates, Prefer: c.prefer(), Slack: c.cfg.Slack}
	if back.last {
		r.Avoid = o.Site
	}
	choice, err := Route(r)
	switch {
	case ctx.Err() != nil:
		return gateway.Answer{}, ctx.Err()
	case err != nil:
		return gateway.Answer{}, c.closed(o, candidates, err)
	}
	s, err := c.site(choice.Site)
	if err != nil {
		return gateway.Answer{}, err
	}
	c.succeeded(o)
	c.Metrics.chose(s.Name, choice.Rule)
	c.Logger.Info("site chosen", slog.Uint64("order", o.ID), slog.String("site", s.Name), slog.String("rule", string(choice.Rule)))
	return gateway.Answer{
		Event: workflow.RouteChosen, Actor: workflow.Hub, Facts: ledger.Facts{Site: choice.Site},
	}, nil
}

var (
	errRefusedBySites = fault.New(fault.Invalid, "centre: route", "every site refused the packet", nil)
	errWaitRefused    = fault.New(fault.Unavailable, "centre: route", "every site refused for now", nil)
)

// returns is how often a case came back from sites since it was approved.
type returns struct {
	refused int // by a site
	content int // of these, for what is in the packet
	last    bool
	at      time.Time // of the last refusal
}

func returnsOf(view ledger.CaseView) returns {
	var r returns
	for _, l := range view.Timeline {
		switch workflow.Event(l.Event) { //nolint:exhaustive // the events on the way from approval to a site
		case workflow.VerificationPassed:
			r = returns{}
		case workflow.SiteRefused:
			r.refused++
			r.last, r.at = true, time.UnixMilli(l.Time)
			if consular.RefusalReason(l.Reason) != 0 { //nolint:gosec // compared with zero only
				r.content++
			}
		case workflow.SiteClosed:
			r.last = true
		case workflow.RouteChosen:
			r.last = false
		}
	}
	return r
}

// patience is how long a case still waits that every site refused: without it
// a site that is full would be asked in a circle.
func (c *Connector) patience(r returns) time.Duration {
	rounds := r.refused - len(c.sites)
	if rounds < 0 {
		return 0
	}
	pause := min(c.cfg.Poll.Std()<<min(rounds, 16), c.cfg.PollMost.Std())
	return r.at.Add(pause).Sub(c.Now())
}

// closed says when to route again: when a site said that it opens.
func (c *Connector) closed(o ledger.Order, sites []Candidate, err error) error {
	later := c.failed(o, nil, err)
	opens := Reopens(sites).Sub(c.Now())
	if l, ok := errors.AsType[*LaterError](later); ok && opens > 0 {
		l.in = min(max(l.in, opens), c.cfg.PollMost.Std())
	}
	return later
}

func (c *Connector) prefer() map[string]uint8 {
	list := make(map[string]uint8, len(c.cfg.Prefer))
	for where, name := range c.cfg.Prefer {
		for _, s := range c.sites {
			if s.Name == name {
				list[where] = s.Number
			}
		}
	}
	return list
}

// elsewhere reports whether another site could take a job now.
func (c *Connector) elsewhere(ctx context.Context, number uint8) bool {
	for _, s := range c.candidates(ctx) {
		if s.Number != number && s.usable() {
			return true
		}
	}
	return false
}

// candidates gives all sites, asking those of which nothing fresh is known.
func (c *Connector) candidates(ctx context.Context) []Candidate {
	list := make([]Candidate, len(c.sites))
	var asked sync.WaitGroup
	for i, s := range c.sites {
		asked.Go(func() {
			k := c.ask(ctx, s)
			list[i] = Candidate{
				Number: s.Number, Weight: s.Weight, Down: k.down, Open: k.Open, ClosedUntil: k.ClosedUntil,
				PerDay: k.PerDay, Queue: k.Queue, MaxQueue: k.MaxQueue,
			}
		})
	}
	asked.Wait()
	return list
}

// ask gives a site's fresh word. Two orders may ask at once: the question is
// cheap, and the answer the same.
func (c *Connector) ask(ctx context.Context, s *site) knowledge {
	c.mu.Lock()
	k := c.known[s.Number]
	c.mu.Unlock()
	resting := c.Now().Before(s.client.Rests())
	if !resting && !k.at.IsZero() && c.Now().Sub(k.at) < min(fresh, c.cfg.Poll.Std()) {
		return k
	}
	capacity, err := s.capacity(ctx)
	if err != nil && ctx.Err() == nil {
		c.Logger.Debug("site's capacity unknown", slog.String("site", s.Name), slog.String("kind", fault.KindOf(err).String()))
	}
	k = knowledge{Capacity: capacity, at: c.Now(), down: err != nil}
	c.mu.Lock()
	c.known[s.Number] = k
	c.mu.Unlock()
	return k
}

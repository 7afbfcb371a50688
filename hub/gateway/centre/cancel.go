package centre

import (
	"context"
	"errors"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

// CancelJob carries out workflow.OrderCancelJob: the site stops the job, or
// destroys its card, or will refuse it when it comes late. A card that has
// left the site cannot be taken back and becomes a Letter.
func (c *Connector) CancelJob(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	s, err := c.site(o.Site)
	if err != nil {
		return gateway.Answer{}, c.failed(o, nil, err)
	}
	view, err := c.Cases.CaseNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	line, found := ordered(view, o.Version)
	if !found {
		err := fault.New(fault.Internal, "centre: cancel job", s.Name, errors.New("the case never ordered one"))
		return gateway.Answer{}, c.failed(o, s, err)
	}
	job, err := s.cancel(ctx, jobOf(c.Cluster, o.Case, line.Version))
	switch {
	case err != nil && ctx.Err() != nil:
		return gateway.Answer{}, err
	case err != nil:
		return gateway.Answer{}, c.failed(o, s, err)
	}
	if job.State != JobCanceled && job.State != JobRefused {
		err := fault.New(fault.Unavailable, "centre: cancel job", s.Name, errors.New("not taken back yet"))
		return gateway.Answer{}, c.failed(o, s, err)
	}
	c.succeeded(o)
	return gateway.Answer{}, nil
}

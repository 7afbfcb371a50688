package centre

import (
	"context"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

type news struct {
	proposer gateway.Proposer
	now      func() time.Time
}

// NewNews gives the News that proposes a ledger.Decide: the case moves, and
// the order under which it was told stays open.
func NewNews(proposer gateway.Proposer, now func() time.Time) News {
	return news{proposer: proposer, now: now}
}

// Tell implements News.
func (n news) Tell(ctx context.Context, o ledger.Order, a gateway.Answer) error {
	raw, err := ledger.Encode(ledger.Decide{
		Time: n.now().UnixMilli(), Reference: o.Reference, Event: uint8(a.Event), Actor: uint16(a.Actor),
		Seen: o.Version, Reason: uint16(a.Reason), Facts: a.Facts,
	})
	if err != nil {
		return err
	}
	answer, _, err := n.proposer.Propose(ctx, raw)
	if err != nil {
		return err
	}
	result, ok := answer.(ledger.Result)
	if !ok {
		return fault.New(fault.Internal, "centre: tell news", "answer", nil)
	}
	return result.Err()
}

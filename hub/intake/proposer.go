package intake

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

// maxFlights is how many proposals are under way at once: enough to keep the
// disk busy while the next is assembled, few enough to bound memory.
const maxFlights = 4

// proposalRoom leaves room in a command for the fields around the batches.
const proposalRoom = ledger.MaxCommand - 1024

// Proposer commits a command and gives what the ledger answered, after a
// majority has it on disk. Package hub passes the cluster.
type Proposer interface {
	Propose(ctx context.Context, command []byte) (answer any, index uint64, err error)
}

// admitter groups batches of many nodes into proposals.
type admitter struct {
	proposer Proposer
	now      func() time.Time
	in       chan Item // from sessions
	metrics  *Metrics
}

type landing struct{ items []Item }

// run assembles and proposes until ctx ends. Each item is answered exactly once.
func (a *admitter) run(ctx context.Context) error {
	var q Queue
	var g errgroup.Group
	landed := make(chan landing, maxFlights)
	flights := 0
	for {
		if flights < maxFlights {
			if items := q.Next(proposalRoom); len(items) > 0 {
				flights++
				g.Go(func() error {
					a.propose(ctx, items)
					landed <- landing{items}
					return nil
				})
				continue
			}
		}
		select {
		case <-ctx.Done():
			err := g.Wait()
			for _, i := range q.Abandon() {
				i.Done(ledger.BatchResult{}, fault.New(fault.Unavailable, "intake: admit", "stopping", ctx.Err()))
			}
			return err
		case i := <-a.in:
			q.Push(i)
			a.drain(&q)
		case l := <-landed:
			flights--
			q.Landed(l.items)
		}
	}
}

// drain takes what else is there, so that batches which came together share a
// proposal. It is bounded, so that a proposal is never put off for ever.
func (a *admitter) drain(q *Queue) {
	for range maxItems {
		select {
		case i := <-a.in:
			q.Push(i)
		default:
			return
		}
	}
}

func (a *admitter) propose(ctx context.Context, items []Item) {
	start := time.Now()
	results, err := a.admit(ctx, items)
	entries := 0
	for n, i := range items {
		entries += len(i.Batch.Entries)
		if err != nil {
			i.Done(ledger.BatchResult{}, err)
			continue
		}
		i.Done(results[n], nil)
	}
	a.metrics.proposed(entries, time.Since(start), err)
}

func (a *admitter) admit(ctx context.Context, items []Item) ([]ledger.BatchResult, error) {
	const op = "intake: admit"
	c := ledger.Admit{Time: a.now().UnixMilli(), Batches: make([]ledger.AdmitBatch, len(items))}
	for n, i := range items {
		c.Batches[n] = i.Batch
	}
	raw, err := ledger.Encode(c)
	if err != nil {
		return nil, err
	}
	answer, _, err := a.proposer.Propose(ctx, raw)
	if err != nil {
		return nil, err
	}
	result, ok := answer.(ledger.Result)
	if !ok || (result.Err() == nil && len(result.Batches) != len(items)) {
		return nil, fault.New(fault.Internal, op, "answer", nil)
	}
	return result.Batches, result.Err()
}

package intake_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// proposer answers when it is let.
type proposer struct {
	gate      chan struct{}
	proposals atomic.Int32
	answer    func(n int) (ledger.Result, error)
}

func (p *proposer) Propose(ctx context.Context, command []byte) (any, uint64, error) {
	p.proposals.Add(1)
	select {
	case <-p.gate:
	case <-ctx.Done():
		return nil, 0, fault.New(fault.Unavailable, "test", "", ctx.Err())
	}
	c, err := ledger.Decode(command)
	if err != nil {
		return nil, 0, err
	}
	r, err := p.answer(len(c.(ledger.Admit).Batches)) //nolint:forcetypeassert // only admits come here
	return r, 1, err
}

func good(n int) (ledger.Result, error) {
	return ledger.Result{Batches: make([]ledger.BatchResult, n)}, nil
}

// Each item is answered exactly once, whatever the proposer does and however
// the admitter ends.
func TestAdmitter(t *testing.T) {
	tests := map[string]struct {
		answer func(n int) (ledger.Result, error)
		open   bool
		kind   fault.Kind
	}{
		"OK": {answer: good, open: true},
		"ErrUnavailable outcome unknown": {answer: func(int) (ledger.Result, error) {
			return ledger.Result{}, fault.New(fault.Unavailable, "test", "", nil)
		}, open: true, kind: fault.Unavailable},
		"ErrInternal a wrong count": {answer: func(n int) (ledger.Result, error) { return good(n + 1) }, open: true, kind: fault.Internal},
		"ErrInvalid the whole command": {answer: func(int) (ledger.Result, error) {
			return ledger.Result{Fault: fault.Invalid}, nil
		}, open: true, kind: fault.Invalid},
		"ErrUnavailable stopped": {answer: good, kind: fault.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &proposer{gate: make(chan struct{}), answer: tt.answer}
				if tt.open {
					close(p.gate)
				}
				a := intake.NewAdmitter(p)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- a.Run(ctx) }()
				const items = 200
				var answers [items]atomic.Int32
				for n := range items {
					a.Put(intake.Item{
						Node: wire.NodeID{byte(n % 20)}, Size: 10_000,
						Done: func(_ ledger.BatchResult, err error) {
							answers[n].Add(1)
							if fault.KindOf(err) != tt.kind {
								t.Errorf("answered %v", err)
							}
						},
					})
				}
				synctest.Wait()
				if !tt.open {
					require.EqualValues(t, 4, p.proposals.Load(), "only so many at once")
				}
				cancel()
				require.NoError(t, <-done)
				for n := range answers {
					require.EqualValues(t, 1, answers[n].Load(), "item %d", n)
				}
			})
		})
	}
}

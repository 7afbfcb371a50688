package gateway_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book is a ledger as far as a worker sees it.
type book struct {
	mu      sync.Mutex
	open    []ledger.Order
	changed chan struct{}
	done    []uint64
	fail    int // so many proposals apply, and their outcome is not known
	deny    bool
	leading bool
	looks   int
}

func newBook(orders ...ledger.Order) *book {
	return &book{open: orders, changed: make(chan struct{}), leading: true}
}

func order(id uint64, kind workflow.Order) ledger.Order {
	return ledger.Order{ID: id, Kind: uint8(kind)}
}

func (b *book) OpenOrders(kind uint8, now int64, n int) ([]ledger.Order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks++
	var out []ledger.Order
	for _, o := range b.open {
		if o.Kind == kind && o.NotBefore <= now && len(out) < n {
			out = append(out, o)
		}
	}
	return out, nil
}

func (b *book) Watch() (uint64, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return 0, b.changed
}

func (b *book) isLeading() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leading
}

func (b *book) lead(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leading = on
}

func (b *book) Propose(_ context.Context, command []byte) (any, uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deny {
		return nil, 0, fault.New(fault.Unavailable, "test", "no leader", nil)
	}
	c, err := ledger.Decode(command)
	if err != nil {
		return nil, 0, err
	}
	result := c.(ledger.CompleteOrder) //nolint:forcetypeassert // a worker proposes nothing else
	i := slices.IndexFunc(b.open, func(o ledger.Order) bool { return o.ID == result.Order })
	if i < 0 {
		return ledger.Result{Fault: fault.Conflict}, 1, nil
	}
	if result.Retry > 0 {
		b.open[i].NotBefore, b.open[i].Attempts = result.Retry, b.open[i].Attempts+1
	} else {
		b.open = slices.Delete(b.open, i, i+1)
		b.done = append(b.done, result.Order)
	}
	close(b.changed)
	b.changed = make(chan struct{})
	if b.fail > 0 {
		b.fail--
		return nil, 0, fault.New(fault.Unavailable, "test", "outcome unknown", nil)
	}
	return ledger.Result{}, 1, nil
}

func (b *book) finished() []uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.done)
	slices.Sort(out)
	return out
}

// work runs a worker in a bubble of its own time.
func work(t *testing.T, b *book, handlers map[workflow.Order]gateway.Handler, test func(t *testing.T)) {
	t.Helper()
	w, err := gateway.New(gateway.Config{
		State: b, Proposer: b, Leading: b.isLeading, Handlers: handlers, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	test(t)
	cancel()
	require.NoError(t, <-done)
}

func handlersOf(kind workflow.Order, h gateway.Handler) map[workflow.Order]gateway.Handler {
	m := map[workflow.Order]gateway.Handler{} //nolint:exhaustive // a test handles what it needs
	m[kind] = h
	return m
}

// tried counts attempts.
type tried struct {
	mu    sync.Mutex
	times map[uint64][]time.Time
}

func (c *tried) note(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = map[uint64][]time.Time{}
	}
	c.times[id] = append(c.times[id], time.Now())
}

func (c *tried) of(id uint64) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.times[id])
}

func pass(d time.Duration) { <-time.After(d) }

func TestWorkerRetriesWithGrowingPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(order(1, workflow.OrderProduce)), tried{}
		work(t, b, handlersOf(workflow.OrderProduce, func(_ context.Context, o ledger.Order) (gateway.Answer, error) {
			c.note(o.ID)
			return gateway.Answer{}, fault.New(fault.Unavailable, "test", "", nil)
		}), func(t *testing.T) {
			t.Helper()
			pass(3 * time.Hour)
			times := c.of(1)
			require.Greater(t, len(times), 10)
			want := 2 * time.Second
			for n := range times[1:] {
				gap := times[n+1].Sub(times[n])
				require.GreaterOrEqual(t, gap, min(want, 10*time.Minute), "attempt %d", n)
				require.LessOrEqual(t, gap, min(want, 10*time.Minute)+2*time.Second)
				want *= 2
			}
		})
	})
}

// One order that is stuck delays no other of its kind and no other kind, and is
// given up after its time.
func TestWorkerStuckOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(), tried{}
		for id := uint64(1); id <= 50; id++ {
			b.open = append(b.open, order(id, workflow.OrderProduce))
		}
		b.open = append(b.open, order(100, workflow.OrderVerify))
		handle := func(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
			c.note(o.ID)
			if o.ID == 1 && len(c.of(1)) == 1 {
				<-ctx.Done()
				return gateway.Answer{}, fault.New(fault.Timeout, "test", "", ctx.Err())
			}
			return gateway.Answer{}, nil
		}
		h := handlersOf(workflow.OrderProduce, handle)
		h[workflow.OrderVerify] = handle
		work(t, b, h, func(t *testing.T) {
			t.Helper()
			pass(2 * time.Second)
			require.Len(t, b.finished(), 50, "all but the stuck one")
			pass(20 * time.Minute)
			require.Contains(t, b.finished(), uint64(1))
			for id := uint64(2); id <= 50; id++ {
				require.Len(t, c.of(id), 1, "once each")
			}
		})
	})
}

// Stuck orders that hold all handlers of their kind hold up no other kind.
func TestWorkerStuckKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		for id := uint64(1); id <= 50; id++ {
			b.open = append(b.open, order(id, workflow.OrderProduce))
		}
		b.open = append(b.open, order(100, workflow.OrderVerify))
		h := handlersOf(workflow.OrderProduce, func(ctx context.Context, _ ledger.Order) (gateway.Answer, error) {
			<-ctx.Done()
			return gateway.Answer{}, ctx.Err()
		})
		h[workflow.OrderVerify] = gateway.PassByRule
		work(t, b, h, func(t *testing.T) {
			t.Helper()
			pass(2 * time.Second)
			require.Equal(t, []uint64{100}, b.finished())
		})
	})
}

// An outcome that is not known is repeated under the same id, after a pause.
func TestWorkerUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(order(1, workflow.OrderProduce)), tried{}
		b.deny = true
		work(t, b, handlersOf(workflow.OrderProduce, func(_ context.Context, o ledger.Order) (gateway.Answer, error) {
			c.note(o.ID)
			return gateway.Answer{}, nil
		}), func(t *testing.T) {
			t.Helper()
			pass(time.Minute)
			require.Greater(t, len(c.of(1)), 2, "at least once")
			require.Less(t, len(c.of(1)), 8, "and not in a hurry")
			b.mu.Lock()
			b.deny, b.fail = false, 1
			b.mu.Unlock()
			pass(20 * time.Minute)
			require.Equal(t, []uint64{1}, b.finished())
		})
	})
}

// A member that does not lead does nothing, and stops what it had begun.
func TestWorkerNotLeading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := newBook(order(1, workflow.OrderProduce)), tried{}
		b.leading = false
		ended := make(chan struct{}, 10)
		work(t, b, handlersOf(workflow.OrderProduce, func(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
			c.note(o.ID)
			<-ctx.Done()
			ended <- struct{}{}
			return gateway.Answer{}, ctx.Err()
		}), func(t *testing.T) {
			t.Helper()
			pass(time.Minute)
			require.Empty(t, c.of(1))
			require.Zero(t, b.looks)
			b.lead(true)
			pass(3 * time.Second)
			require.Len(t, c.of(1), 1)
			b.lead(false)
			pass(3 * time.Second)
			require.Len(t, ended, 1, "the next leader carries it out")
			require.Empty(t, b.finished())
			b.mu.Lock()
			require.Zero(t, b.open[0].Attempts, "it was no attempt")
			b.mu.Unlock()
		})
	})
}

func TestWorkerManyOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		for id := uint64(1); id <= 1000; id++ {
			b.open = append(b.open, order(id, workflow.OrderVerify))
		}
		work(t, b, handlersOf(workflow.OrderVerify, gateway.PassByRule), func(t *testing.T) {
			t.Helper()
			pass(time.Second)
			require.Len(t, b.finished(), 1000)
		})
	})
}

func TestNewRefuses(t *testing.T) {
	_, err := gateway.New(gateway.Config{})
	require.True(t, fault.Is(err, fault.Invalid))
	b := newBook()
	_, err = gateway.New(gateway.Config{State: b, Proposer: b, Leading: b.isLeading, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	require.True(t, fault.Is(err, fault.Invalid))
}

package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// lockedBuffer holds a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestWaiting: a handler that waits is asked again when it said, without a
// warning, and is no failure in the figures.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(order(1, workflow.OrderProduce))
		var log lockedBuffer
		reg := prometheus.NewRegistry()
		var asked tried
		handle := func(context.Context, ledger.Order) (gateway.Answer, error) {
			asked.note(1)
			switch len(asked.of(1)) {
			case 1:
				return gateway.Answer{}, gateway.Wait(30*time.Second, "the site works on it")
			case 2:
				return gateway.Answer{}, fault.New(fault.Unavailable, "test", "down", nil)
			}
			return gateway.Answer{}, nil
		}
		w, err := gateway.New(gateway.Config{
			State: b, Proposer: b, Leading: b.isLeading, Now: time.Now, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Handlers: handlersOf(workflow.OrderProduce, handle),
			Metrics:  gateway.NewMetrics(reg),
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		pass(10 * time.Second)
		synctest.Wait()
		require.Len(t, asked.of(1), 1)
		require.Empty(t, log.String())
		pass(22 * time.Second)
		synctest.Wait()
		require.Len(t, asked.of(1), 2)
		require.Contains(t, log.String(), "order failed")
		pass(time.Minute)
		synctest.Wait()
		require.Equal(t, []uint64{1}, b.finished())
		cancel()
		require.NoError(t, <-ended)
		require.Equal(t, 3, testutil.CollectAndCount(reg, "jaliya_gateway_orders_total"), "waiting, unavailable, done")
	})
}

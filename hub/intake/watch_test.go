package intake

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

// waiting gives a session in which a batch has waited for its turn in vain, and
// whose node has fallen silent.
func waiting(t *testing.T) *session {
	t.Helper()
	s := &session{
		Intake: &Intake{
			cfg: Config{Now: time.Now}, room: semaphore.NewWeighted(maxUnderWay), ahead: semaphore.NewWeighted(aheadOfAll),
			admitter: &admitter{in: make(chan Item)},
		},
		order: newOrder(place1(0)), flights: make(chan struct{}, maxUnreceipted), replaced: make(chan struct{}),
		decided: make(chan outgoing, maxUnreceipted), last: make(chan parting, 1),
	}
	s.heard.Store(time.Now().UnixNano())
	where, err := s.order.take(time.Now(), piece(10, 20), func(n int) bool { return s.ahead.TryAcquire(int64(n)) })
	require.NoError(t, err)
	require.Equal(t, early, where)
	return s
}

// Whatever a batch before its turn has to wait for, who watches over the session
// does not wait with it: a node that is silent, or a session that was replaced,
// is ended in time.
func TestWatchWaitsForNobody(t *testing.T) {
	blocked := map[string]func(*session){
		"no token is free":    func(s *session) { s.fill() },
		"somebody hands on":   func(s *session) { s.order.turn <- struct{}{} },
		"no room is left":     func(s *session) { s.room.TryAcquire(maxUnderWay) },
		"nobody takes it":     func(*session) {},
		"everything together": func(s *session) { s.fill(); s.order.turn <- struct{}{}; s.room.TryAcquire(maxUnderWay) },
	}
	for name, block := range blocked {
		t.Run("ErrTimeout "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, begun := waiting(t), time.Now()
				block(s)
				tokens := len(s.flights)
				require.True(t, fault.Is(s.watch(t.Context()), fault.Timeout))
				require.LessOrEqual(t, time.Since(begun), deaf+2*beat)
				require.Len(t, s.flights, tokens, "none is kept")
				require.Equal(t, 1000, s.order.forget(), "it goes on waiting")
			})
		})
		t.Run("ErrStale "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := waiting(t)
				block(s)
				time.AfterFunc(bridging+10*time.Second, func() { close(s.replaced) })
				require.True(t, fault.Is(s.watch(t.Context()), fault.Stale))
				require.True(t, fault.Is((<-s.last).err, fault.Stale), "the node is told")
			})
		})
	}
}

func (s *session) fill() {
	for range maxUnreceipted {
		s.flights <- struct{}{}
	}
}

// Once what it needs is to be had, the batch is judged, and counts for no memory.
func TestWatchBridges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := waiting(t)
		s.fill()
		begun := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.watch(ctx) }()
		time.AfterFunc(bridging+5*time.Second, func() { <-s.flights })
		item := <-s.admitter.in
		require.GreaterOrEqual(t, time.Since(begun), bridging+5*time.Second)
		require.LessOrEqual(t, time.Since(begun), bridging+5*time.Second+beat)
		require.Len(t, s.flights, maxUnreceipted)
		synctest.Wait()
		require.Zero(t, s.order.forget())
		require.True(t, s.ahead.TryAcquire(aheadOfAll))
		item.Done(ledger.BatchResult{}, nil)
		require.Len(t, s.decided, 1)
		require.True(t, s.room.TryAcquire(maxUnderWay))
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

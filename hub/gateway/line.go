package gateway

import (
	"context"
	"sync"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/workflow"
)

// line works off the orders of one kind. One that is stuck holds one of its
// handlers, and nothing else waits for it.
type line struct {
	*Worker
	kind   workflow.Order
	handle Handler
	work   sync.WaitGroup // handlers running
	freed  chan struct{}  // holds one signal: a handler is free for an order that waits

	mu     sync.Mutex                    // guards the three below
	more   bool                          // orders wait for a free handler
	under  map[uint64]context.CancelFunc // orders being carried out, by id
	failed map[uint64]failure            // orders whose outcome could not be committed
}

// failure says when an order is tried again whose outcome is not in the
// ledger. It is forgotten with the process: then the order is tried at once.
type failure struct {
	attempts uint32
	until    time.Time
}

func (l *line) run(ctx context.Context) error {
	defer l.work.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		_, changed := l.cfg.State.Watch()
		if !l.cfg.Leading() {
			l.stop()
		} else if err := l.start(ctx); err != nil {
			return err
		}
		timer.Reset(idleRound)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-timer.C:
			continue
		case <-l.freed:
			continue
		}
		timer.Reset(roundPause)
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-l.freed:
		}
	}
}

// stop ends what this member began when it led: the next leader carries it out.
func (l *line) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.under {
		cancel()
	}
}

// start begins what is due and not under way, as far as handlers are free.
func (l *line) start(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.under) >= handlers {
		l.more = true
		return nil
	}
	l.more = false
	now := l.cfg.Now()
	n := ordersAtOnce + len(l.under) + len(l.failed)
	orders, err := l.cfg.State.OpenOrders(uint8(l.kind), now.UnixMilli(), n)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if l.under[o.ID] != nil || now.Before(l.failed[o.ID].until) {
			continue
		}
		if l.more = len(l.under) >= handlers; l.more {
			return nil
		}
		l.begin(ctx, o)
	}
	return nil
}

// begin runs the handler of one order; mu is held.
func (l *line) begin(ctx context.Context, o ledger.Order) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	l.under[o.ID] = cancel
	l.work.Go(func() {
		defer cancel()
		l.ended(o.ID, l.carryOut(ctx, o, l.handle))
	})
}

// ended frees the handler. An outcome that was not committed is tried again
// with a growing pause, whatever the ledger knows of it.
func (l *line) ended(id uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.under, id)
	if l.more {
		select {
		case l.freed <- struct{}{}:
		default: // one is there
		}
	}
	if err == nil {
		delete(l.failed, id)
		return
	}
	now := l.cfg.Now()
	for old, f := range l.failed { // of orders that were withdrawn meanwhile
		if now.Sub(f.until) > retryMost {
			delete(l.failed, old)
		}
	}
	f := l.failed[id]
	f.until = now.Add(pause(f.attempts))
	f.attempts++
	l.failed[id] = f
}

package ship

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// laneFarewell is how long a connection that is let go waits for the receipts of
// what it carried.
const laneFarewell = 10 * time.Second

// lane is one bulk connection: it carries bundles, each on a stream of its own,
// and batches of a long backlog on one.
type lane struct {
	*lanes
	session *link.Session
	uploads int // at once
	urgent  chan urgent
	retired chan struct{} // closed when it is let go; by tend
	bundles atomic.Int32  // on their way

	mu      sync.Mutex // guards what follows
	of      *conn      // whose batches it carried
	carried []parcel   // written and without a receipt, oldest first
	heard   uint64     // packets from the hub at heardAt
	heardAt time.Time
}

// run carries until the connection ends or is let go, and gives back the batches
// that are without a receipt.
func (l *lane) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.session.Context(), cancel)() //nolint:contextcheck // it ends for reasons of its own
	// An upload waits for the link, not for ctx: only the end of the session ends it.
	defer context.AfterFunc(ctx, func() { l.session.CloseWithReason(link.CodeDone, "") })()
	var workers sync.WaitGroup
	for range l.uploads {
		workers.Go(func() { l.carryBundles(ctx) })
	}
	workers.Go(func() {
		l.carryBatches(ctx)
		l.giveBack() // at once: a bundle may take minutes yet, and the hub wants the batches in order
	})
	workers.Wait()
}

func (l *lane) leaving() bool {
	select {
	case <-l.retired:
		return true
	default:
		return l.session.Err() != nil
	}
}

// retire lets the connection go; tend calls it.
func (l *lane) retire() {
	select {
	case <-l.retired:
	default:
		close(l.retired)
	}
}

func (l *lane) carryBundles(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.retired:
			return
		case j := <-l.jobs:
			end := l.pace.begin(ctx)
			l.bundles.Add(1)
			stored, err := l.upload(ctx, l.session, j.digest)
			l.bundles.Add(-1)
			end()
			// A connection over which nothing moves may only wait for the link's
			// return; a new handshake and a new offer would cost more.
			if err != nil && !stored && !ofBundle(err) && !fault.Is(err, fault.Timeout) {
				l.session.CloseWithReason(link.CodeDone, "")
			}
			j.done(stored, err)
		}
	}
}

// carryBatches writes batches while a backlog is spread.
func (l *lane) carryBatches(ctx context.Context) {
	var stream *link.Stream
	broken := make(chan struct{})
	var reader sync.WaitGroup
	defer reader.Wait()
	defer func() {
		if stream != nil {
			stream.Abort(link.CodeDone)
		}
	}()
	for {
		c, changed := l.target()
		var batches <-chan parcel
		var p parcel
		if c != nil {
			batches = c.batches
		}
		select {
		case <-ctx.Done():
			return
		case <-broken:
			l.session.CloseWithReason(link.CodeDone, "")
			return
		case <-l.retired:
			l.awaitReceipts(ctx)
			return
		case <-changed:
			continue
		case u := <-l.urgent:
			c, p = u.of, u.parcel
		case p = <-batches:
		}
		if !l.current(c) || p.last <= c.landed.Load() {
			continue // of a session that ended: the next one sends it again
		}
		l.note(c, p)
		if stream == nil {
			var err error
			if stream, err = l.openBatches(ctx); err != nil {
				l.session.CloseWithReason(link.CodeDone, "")
				return
			}
			reader.Go(func() {
				// The hub says something there only when it takes no more.
				_, _, _ = stream.ReadFrame(limit)
				close(broken)
			})
		}
		if err := stream.WriteFrame(byte(wire.FrameBatch), p.raw); err != nil {
			l.session.CloseWithReason(link.CodeDone, "")
			return
		}
		c.ways.written(p.last, l.cfg.Now())
	}
}

func (l *lane) openBatches(ctx context.Context) (*link.Stream, error) {
	stream, err := l.session.OpenStream(ctx)
	if err == nil {
		stream.SetPatience(link.Forever)
		stream.SetPriority(0) // images of the same connection wait
	}
	return stream, err
}

// note remembers a batch until its receipt is there.
func (l *lane) note(c *conn, p parcel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of != c {
		l.of, l.carried = c, nil
	}
	l.prune()
	if len(l.carried) == 0 {
		l.heardAt = l.cfg.Now()
	}
	l.carried = append(l.carried, p)
	c.ways.begin(p, l, l.cfg.Now())
}

// ofBatches reports whether batches went over the connection, and no bundle does.
func (l *lane) ofBatches() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of != nil && l.bundles.Load() == 0
}

// quiet is for how long nothing has come back, while something was on its way.
func (l *lane) quiet(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Sub(l.heardAt)
}

// carries reports whether batches of a control session went over the connection.
func (l *lane) carries(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of == c
}

// prune forgets what has its receipt; mu is held.
func (l *lane) prune() {
	if l.of == nil {
		return
	}
	landed := l.of.landed.Load()
	l.carried = slices.DeleteFunc(l.carried, func(p parcel) bool { return p.last <= landed })
}

// check gives up a connection that carries batches and over which nothing comes
// back at all.
func (l *lane) check(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune()
	heard := l.session.Stats().Received
	if heard != l.heard || len(l.carried) == 0 {
		l.heard, l.heardAt = heard, now
		return
	}
	if now.Sub(l.heardAt) > laneSilent {
		l.session.CloseWithReason(link.CodeDone, "")
	}
}

func (l *lane) outstanding() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune()
	return len(l.carried)
}

func (l *lane) awaitReceipts(ctx context.Context) {
	ticker := time.NewTicker(sampling)
	defer ticker.Stop()
	end := time.NewTimer(laneFarewell)
	defer end.Stop()
	for l.outstanding() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-ticker.C:
		}
	}
}

// giveBack has other connections carry what this one may have lost. The hub
// drops what comes twice.
func (l *lane) giveBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune()
	for _, p := range l.carried {
		if l.of.ways.leave(p.last, l) {
			continue // another connection carries it
		}
		select {
		case l.of.batches <- p:
		default: // never, by the core's window; the next session sends it again
			l.of.session.CloseWithReason(link.CodeDone, "")
		}
	}
	l.carried = nil
}

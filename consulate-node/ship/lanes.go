package ship

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

const (
	// sampling is how often the bulk connections are looked at while they work.
	sampling = 50 * time.Millisecond
	// laneSilent is after how long without a packet from the hub a connection
	// that carries something is given up.
	laneSilent = 15 * time.Second
)

// lanes are the bulk connections that stand, and what is to go over them:
// bundles as jobs, and the batches of a long backlog.
type lanes struct {
	*Ship
	spread *Spread // owned by tend
	jobs   chan job
	poke   chan struct{} // wakes tend
	queued atomic.Int32  // jobs that wait for a connection

	carrying atomic.Int32 // connections that carry batches

	landed   uint64    // last sequence with a receipt; owned by tend
	landedAt time.Time // when it was another; owned by tend

	mu      sync.Mutex // guards what follows
	list    []*lane
	dialing int
	failed  bool          // a connection that was wanted did not come
	gone    link.Stats    // of connections that ended
	control *conn         // the control session that stands
	backlog bool          // more entries wait than the connections take
	spreads bool          // the backlog is spread until it is gone
	changed chan struct{} // closed when one of these changes
	runners sync.WaitGroup
}

// job is one bundle that waits for a connection.
type job struct {
	digest wire.Digest
	done   func(stored bool, err error)
}

func newLanes(s *Ship, most int) *lanes {
	return &lanes{
		Ship: s, spread: NewSpread(most), jobs: make(chan job), poke: make(chan struct{}, 1), changed: make(chan struct{}),
	}
}

// demand says which control session stands and whether it has a long backlog. A
// link that loses nothing needs no other connection.
func (l *lanes) demand(c *conn, backlog bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.control != c {
		if l.control != nil {
			l.past(l.control.session)
		}
		l.control, l.spreads = c, false
		l.renew()
		l.signal()
	}
	if l.backlog = backlog && !l.pace.allowed().Held; !l.backlog {
		if l.spreads && c.idle() {
			l.spreads = false
			l.signal()
		}
		return
	}
	if !l.spreads {
		l.spreads = true
		l.signal()
	}
	l.wake()
}

// renew ends the connections that carried batches when another control session
// begins: the link was away, and over one that may have died unnoticed the next
// would wait. Those of bundles stay, which costs less than to offer a bundle again.
// mu is held.
func (l *lanes) renew() {
	if l.control == nil {
		return
	}
	for _, one := range l.list {
		if one.ofBatches() {
			one.session.CloseWithReason(link.CodeDone, "")
		}
	}
}

// wake has tend look.
func (l *lanes) wake() {
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

// idle reports that nothing waits for a writer.
func (c *conn) idle() bool { return c == nil || len(c.batches) == 0 }

// signal tells all who wait that something changed; mu is held.
func (l *lanes) signal() {
	close(l.changed)
	l.changed = make(chan struct{})
	l.count()
}

// count publishes how many carry; mu is held.
func (l *lanes) count() {
	n := 0
	if l.spreads {
		n = len(l.list)
	}
	l.carrying.Store(int32(n))
	l.showLanes(len(l.list))
}

// target gives the control session whose batches are spread, nil for none.
func (l *lanes) target() (*conn, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.spreads {
		return nil, l.changed
	}
	return l.control, l.changed
}

// current reports whether a control session is the one that stands.
func (l *lanes) current(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control == c
}

// past keeps what a session that ended had carried; mu is held.
func (l *lanes) past(s *link.Session) {
	st := s.Stats()
	l.gone.Sent += st.Sent
	l.gone.Lost += st.Lost
	l.gone.LostPackets += st.LostPackets
}

// leave ends the connections that go over another road than the control session:
// on a road that was left they would wait in vain.
func (l *lanes) leave(road link.Road) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.list {
		if one.session.Road() != road {
			one.session.CloseWithReason(link.CodeDone, "")
		}
	}
}

// first makes sure that one connection stands.
func (l *lanes) first(ctx context.Context) error {
	l.mu.Lock()
	stands := slices.ContainsFunc(l.list, func(one *lane) bool { return one.session.Err() == nil })
	l.mu.Unlock()
	if stands {
		return nil
	}
	return l.add(ctx, ctx)
}

// add dials one more connection, which stands until ctx ends.
func (l *lanes) add(ctx, dialing context.Context) error {
	session, err := l.cfg.Dial(dialing, link.ALPNBulk)
	if err != nil {
		return busy(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := &lane{lanes: l, session: session, retired: make(chan struct{}), urgent: make(chan urgent, 1), uploads: 1, heardAt: l.cfg.Now()}
	if len(l.list) == 0 {
		one.uploads = parallelUploads
	}
	l.list = append(l.list, one)
	l.signal()
	l.runners.Go(func() {
		one.run(ctx)
		l.remove(one)
	})
	return nil
}

func (l *lanes) remove(one *lane) {
	one.session.CloseWithReason(link.CodeDone, "")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.past(one.session)
	l.list = slices.DeleteFunc(l.list, func(other *lane) bool { return other == one })
	l.signal()
}

// tend keeps the number of connections that the spread asks for, until ctx ends.
func (l *lanes) tend(ctx context.Context) error {
	ticker := time.NewTicker(sampling)
	defer ticker.Stop()
	idle := l.cfg.Now()
	for {
		if !l.working() && len(l.standing()) == 0 {
			ticker.Stop()
			select {
			case <-ctx.Done():
				return nil
			case <-l.poke:
			}
			ticker.Reset(sampling)
			idle = l.cfg.Now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if l.working() {
			idle = l.cfg.Now()
		}
		l.look(ctx, l.cfg.Now().Sub(idle) >= bulkIdle)
	}
}

func (l *lanes) working() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.backlog || l.spreads || l.uploading.Load() > 0 || l.dialing > 0
}

func (l *lanes) standing() []*lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// look takes a sample, and dials or lets go what the spread asks for.
func (l *lanes) look(ctx context.Context, idle bool) {
	now, list := l.cfg.Now(), l.standing()
	for _, one := range list {
		one.check(now)
	}
	if idle {
		for _, one := range list {
			one.retire()
		}
		return
	}
	list = slices.DeleteFunc(list, (*lane).leaving)
	x := l.sample(list)
	l.rescue(now, list, x)
	if l.missed() {
		l.spread.Failed(now, x.Standing)
	}
	want := l.spread.Step(now, x)
	if l.pace.allowed().Held {
		want, x.Busy = min(1, x.Standing), true
	}
	if !x.Busy {
		return
	}
	if want > x.Standing {
		l.more(ctx, want-x.Standing)
	}
	for n := x.Standing; n > want; n-- {
		list[n-1].retire()
	}
}

// missed reports, once, that a dial failed.
func (l *lanes) missed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	failed := l.failed
	l.failed = false
	return failed
}

// hand gives a job to the next connection that is free; false when none stands.
func (l *lanes) hand(ctx context.Context, j job) bool {
	l.queued.Add(1)
	defer l.queued.Add(-1)
	for {
		l.mu.Lock()
		none, changed := len(l.list) == 0, l.changed
		l.mu.Unlock()
		if none {
			return false
		}
		select {
		case l.jobs <- j:
			return true
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func (l *lanes) sample(list []*lane) Sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum, x := l.gone, Sample{Standing: len(list), Busy: l.backlog || l.queued.Load() > 0}
	if l.uploading.Load() > 0 {
		x.Least = 1
	}
	sessions := make([]*link.Session, 0, len(l.list)+1)
	for _, one := range l.list {
		sessions = append(sessions, one.session)
	}
	if l.control != nil {
		sessions = append(sessions, l.control.session)
	} else {
		x.Busy = false // what waits for the link's return measures nothing
	}
	for _, s := range sessions {
		st := s.Stats()
		sum.Sent, sum.Lost, sum.LostPackets = sum.Sent+st.Sent, sum.Lost+st.Lost, sum.LostPackets+st.LostPackets
		x.RTT = max(x.RTT, st.RTT)
		if x.Best == 0 || st.BestRTT < x.Best {
			x.Best = st.BestRTT
		}
	}
	x.Bytes, x.Lost = sum.Delivered(), sum.LostPackets
	if l.pace.allowed().Held {
		x.Busy = false
	}
	return x
}

// more dials beside the loop. What does not come is not asked for again soon.
func (l *lanes) more(ctx context.Context, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n - l.dialing {
		l.dialing++
		l.runners.Go(func() {
			dialing, cancel := context.WithTimeout(ctx, dialPatience)
			defer cancel()
			err := l.add(ctx, dialing)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.dialing--
			if l.failed = l.failed || err != nil; err != nil {
				l.cfg.Logger.Info("no further bulk connection", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
			}
		})
	}
}

package ship

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

const (
	// A dial takes dialShort, every longEvery-th dialPatience: a handshake on a
	// very slow link.
	dialShort    = 5 * time.Second
	dialPatience = 20 * time.Second
	longEvery    = 5
	// talksWaiting bounds the frames that wait for the link.
	talksWaiting = 64
	// framesWaiting bounds the frames that wait for the journal. When it is
	// full the reader stops, which is back-pressure.
	framesWaiting = 64
	// farewell is how long the node waits for the hub to read its last word.
	farewell = 2 * time.Second
)

// conn is one control session: stream a carries the conversation, stream b the
// batches, so that a heartbeat never waits behind a batch.
type conn struct {
	now      func() time.Time
	session  *link.Session
	talk     *link.Stream
	entries  *link.Stream
	talks    chan frame    // to the writer of the conversation
	batches  chan parcel   // to whoever writes batches, over this session or a bulk connection
	urgent   chan urgent   // the same, to this session's own writer
	landed   atomic.Uint64 // last sequence with a receipt
	ways     passages      // of batches without a receipt
	in       chan frame    // from the reader
	stop     context.CancelFunc
	done     <-chan struct{} // closed when the session is to end
	work     sync.WaitGroup  // what comes back over a stream of its own
	finished chan struct{}   // closed when readers and writers are gone
	proved   bool            // it has done work; owned by the loop
}

// parcel is one batch on its way.
type parcel struct {
	last uint64 // its last sequence
	raw  []byte
}

type frame struct {
	kind    wire.FrameType
	payload []byte
	err     error // the end of the session; kind and payload are empty
}

type dialed struct {
	conn *conn
	err  error
}

// connect opens a session with both streams. It ends with ctx, and its result
// is always taken by the loop or by leave.
func (s *Ship) connect(ctx context.Context, attempt uint64) (*conn, error) {
	session, err := s.reach(ctx, attempt)
	if err != nil {
		return nil, err
	}
	c, err := newConn(ctx, session, s.cfg.Now)
	if err != nil {
		session.CloseWithReason(link.CodeDone, "")
		return nil, err
	}
	return c, nil
}

func newConn(ctx context.Context, session *link.Session, now func() time.Time) (*conn, error) {
	talk, err := session.OpenStream(ctx)
	if err != nil {
		return nil, err
	}
	talk.SetPatience(link.Forever)
	talk.SetPriority(0)
	entries, err := session.OpenStream(ctx)
	if err != nil {
		return nil, err
	}
	inner, stop := context.WithCancel(ctx)
	c := &conn{
		now: now, session: session, talk: talk, entries: entries, stop: stop, done: inner.Done(),
		talks: make(chan frame, talksWaiting), batches: make(chan parcel, 4*spreadWindow),
		urgent: make(chan urgent, 1),
		in:     make(chan frame, framesWaiting), finished: make(chan struct{}),
	}
	go c.run(inner)
	return c, nil
}

// reach dials. Over a link that is down a handshake waits longer and longer
// between its own attempts, and costs bytes all the same: so a dial is short,
// and the core begins the next. Every fifth is given the time that a very slow
// link needs, and short ones begin beside it, so that the return of a good one
// is noticed meanwhile.
func (s *Ship) reach(ctx context.Context, attempt uint64) (*link.Session, error) {
	if attempt%longEvery != 0 {
		ctx, cancel := context.WithTimeout(ctx, s.dialTime())
		defer cancel()
		return s.dialOnce(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	r := race{results: make(chan result)}
	defer r.runners.Wait()
	defer cancel() // before the runners are waited for
	r.begin(ctx, s.dialOnce)
	again := time.NewTimer(dialShort)
	defer again.Stop()
	for flying := 1; ; {
		select {
		case <-ctx.Done():
			return nil, fault.New(fault.Timeout, "ship: reach the hub", "", ctx.Err())
		case <-again.C:
			r.begin(ctx, func(ctx context.Context) (*link.Session, error) {
				ctx, cancel := context.WithTimeout(ctx, dialShort)
				defer cancel()
				return s.dialOnce(ctx)
			})
			flying++
			again.Reset(Probe + s.core.jitter(Probe))
		case one := <-r.results:
			if flying--; one.err == nil || flying == 0 {
				return one.session, one.err
			}
		}
	}
}

// dialTime is how long a short dial may take: several times what the last good
// one took.
func (s *Ship) dialTime() time.Duration {
	return min(dialPatience, max(dialShort, 4*time.Duration(s.lastDial.Load())))
}

func (s *Ship) dialOnce(ctx context.Context) (*link.Session, error) {
	begun := time.Now()
	session, err := s.cfg.Dial(ctx, link.ALPNShip)
	if err == nil {
		s.lastDial.Store(int64(time.Since(begun)))
	}
	return session, err
}

// race is several dials of which the first that succeeds counts.
type race struct {
	runners sync.WaitGroup
	results chan result
}

type result struct {
	session *link.Session
	err     error
}

func (r *race) begin(ctx context.Context, dial func(context.Context) (*link.Session, error)) {
	r.runners.Go(func() {
		session, err := dial(ctx)
		select {
		case r.results <- result{session, err}:
		case <-ctx.Done():
			if err == nil {
				session.CloseWithReason(link.CodeDone, "")
			}
		}
	})
}

// run reads the conversation and writes until the session ends.
func (c *conn) run(ctx context.Context) {
	defer close(c.finished)
	var writers sync.WaitGroup
	writers.Go(func() { c.writeTalk(ctx) })
	writers.Go(func() { c.writeBatches(ctx) })
	for {
		kind, payload, err := c.talk.ReadFrame(limit)
		if !c.deliver(ctx, frame{kind: wire.FrameType(kind), payload: payload, err: err}) || err != nil {
			break
		}
	}
	writers.Wait()
}

func (c *conn) deliver(ctx context.Context, f frame) bool {
	select {
	case c.in <- f:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *conn) writeTalk(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-c.talks:
			if err := c.talk.WriteFrame(byte(f.kind), f.payload); err != nil {
				c.deliver(ctx, frame{err: err})
				return
			}
		}
	}
}

func (c *conn) writeBatches(ctx context.Context) {
	for {
		var p parcel
		select {
		case <-ctx.Done():
			return
		case u := <-c.urgent:
			p = u.parcel
		case p = <-c.batches:
		}
		if p.last <= c.landed.Load() {
			continue // it came back from a connection that broke, and had arrived
		}
		c.ways.begin(p, nil, c.now())
		if err := c.entries.WriteFrame(byte(wire.FrameBatch), p.raw); err != nil {
			c.deliver(ctx, frame{err: err})
			return
		}
		c.ways.written(p.last, c.now())
	}
}

// close ends the session and waits for its goroutines.
func (c *conn) close() {
	c.stop()
	c.session.CloseWithReason(link.CodeDone, "")
	<-c.finished
	c.work.Wait()
}

// part waits a moment for the hub to read the last word, and closes.
func (c *conn) part(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	// That the hub did not end it in time changes nothing: close does.
	_ = c.session.Wait(ctx)
	c.close()
}

// limit gives the cap of a frame type in the form that package link asks for.
func limit(kind byte) int {
	if n := wire.FrameType(kind).Limit(); n > 0 {
		return n
	}
	return link.UnknownType
}

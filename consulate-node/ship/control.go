package ship

import (
	"context"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// conn is one control session: stream a carries the conversation, stream b the
// batches, so that a heartbeat never waits behind a batch.
type conn struct {
	session  *link.Session
	talk     *link.Stream
	entries  *link.Stream
	batches  chan []byte // to the batch writer; closed by hang
	in       chan frame  // from the reader; closed when the session ends
	stop     context.CancelFunc
	finished chan struct{} // closed when reader and writer are gone
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

// loop is the control goroutine's own state.
type loop struct {
	*Ship
	conn    *conn
	dialing chan dialed // holds the result of the one dial under way
	pending bool        // a dial is under way
	counter uint64
}

// control runs one session after another.
func (s *Ship) control(ctx context.Context) error {
	l := &loop{Ship: s, dialing: make(chan dialed, 1)}
	defer l.leave()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		changed := s.cfg.Journal.Changed()
		if err := l.step(ctx, Event{Kind: Tick}); err != nil {
			return err
		}
		timer.Reset(max(0, s.core.NextWake(s.cfg.Now()).Sub(s.cfg.Now())))
		var in chan frame
		if l.conn != nil {
			in = l.conn.in
		}
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-timer.C:
		case d := <-l.dialing:
			err = l.dialed(ctx, d)
		case f := <-in:
			err = l.frames(ctx, f)
		}
		if err != nil {
			return err
		}
	}
}

// step asks the core and carries out what it answers, until it asks no more.
func (l *loop) step(ctx context.Context, ev Event) error {
	held, err := l.held()
	if err != nil {
		return err
	}
	for _, e := range l.core.Step(l.cfg.Now(), held, ev) {
		next, err := l.carryOut(ctx, e)
		if err != nil {
			return err
		}
		if next != nil {
			if err := l.step(ctx, *next); err != nil {
				return err
			}
		}
	}
	l.publish()
	return nil
}

func (l *loop) held() (Held, error) {
	st, err := l.cfg.Journal.State()
	if err != nil {
		return Held{}, err
	}
	_, first, err := l.cfg.Journal.Unstored(1)
	if err != nil {
		return Held{}, err
	}
	l.cfg.Metrics.backlog(st.Head.Seq - st.Receipted)
	return Held{Head: st.Head, Receipted: st.Receipted, Unstored: first}, nil
}

// carryOut does one effect. A link that fails is an event, a journal that fails
// is an error.
func (l *loop) carryOut(ctx context.Context, e Effect) (*Event, error) {
	switch e.Kind {
	case Dial:
		l.dial(ctx)
	case Greet:
		return l.greet()
	case Send:
		return l.send(e)
	case Ping:
		l.counter++
		ping := wire.Ping{Counter: l.counter, Time: l.cfg.Now().UnixMilli()}
		return l.write(wire.FramePing, wire.Marshal(ping)), nil
	case Hang:
		l.hang()
	case Alarm:
		l.cfg.Logger.Error("histories differ", "kind", fault.KindOf(e.Err).String(), "error", e.Err)
	}
	return nil, nil
}

func (l *loop) write(kind wire.FrameType, payload []byte) *Event {
	if l.conn == nil {
		return nil
	}
	if err := l.conn.talk.WriteFrame(byte(kind), payload); err != nil {
		l.hang()
		return &Event{Kind: Lost, Err: err}
	}
	return nil
}

func (l *loop) dial(ctx context.Context) {
	l.pending = true
	go func() {
		c, err := l.connect(ctx)
		l.dialing <- dialed{conn: c, err: err}
	}()
}

// connect opens a session with both streams. It ends with ctx, and its result
// is always taken by the loop or by hang.
func (l *loop) connect(ctx context.Context) (*conn, error) {
	session, err := l.cfg.Dial(ctx, link.ALPNShip)
	if err != nil {
		return nil, err
	}
	talk, err := session.OpenStream(ctx)
	if err != nil {
		session.CloseWithReason(link.CodeDone, "")
		return nil, err
	}
	talk.SetPatience(link.Forever)
	entries, err := session.OpenStream(ctx)
	if err != nil {
		session.CloseWithReason(link.CodeDone, "")
		return nil, err
	}
	inner, stop := context.WithCancel(ctx)
	c := &conn{
		session: session, talk: talk, entries: entries, stop: stop,
		batches: make(chan []byte, Window), in: make(chan frame, 64), finished: make(chan struct{}),
	}
	go c.run(inner)
	return c, nil
}

// run reads the conversation and writes the batches until the session ends.
func (c *conn) run(ctx context.Context) {
	defer close(c.finished)
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		c.writeBatches(ctx)
	}()
	for {
		kind, payload, err := c.talk.ReadFrame(limit)
		if !c.deliver(ctx, frame{kind: wire.FrameType(kind), payload: payload, err: err}) || err != nil {
			break
		}
	}
	<-wrote
}

func (c *conn) deliver(ctx context.Context, f frame) bool {
	select {
	case c.in <- f:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *conn) writeBatches(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case raw := <-c.batches:
			if err := c.entries.WriteFrame(byte(wire.FrameBatch), raw); err != nil {
				c.deliver(ctx, frame{err: err})
				return
			}
		}
	}
}

// limit gives the cap of a frame type in the form that package link asks for.
func limit(kind byte) int {
	if n := wire.FrameType(kind).Limit(); n > 0 {
		return n
	}
	return link.UnknownType
}

func (l *loop) dialed(ctx context.Context, d dialed) error {
	l.pending = false
	if d.err != nil {
		l.cfg.Logger.Debug("dial failed", "kind", fault.KindOf(d.err).String(), "error", d.err)
		return l.step(ctx, Event{Kind: Lost, Err: d.err})
	}
	l.conn = d.conn
	return l.step(ctx, Event{Kind: Connected})
}

// leave waits for a dial under way, so that no session is left without owner.
func (l *loop) leave() {
	if l.pending {
		if d := <-l.dialing; d.err == nil {
			l.hang()
			l.conn = d.conn
		}
	}
	l.hang()
}

// hang ends the session and waits for its goroutines.
func (l *loop) hang() {
	if l.conn == nil {
		return
	}
	c := l.conn
	l.conn = nil
	c.stop()
	c.session.CloseWithReason(link.CodeDone, "")
	<-c.finished
}

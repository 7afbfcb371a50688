package ship

import (
	"context"
	"log/slog"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// loop is the control goroutine's own state.
type loop struct {
	*Ship
	conn    *conn
	dialing chan dialed // holds the result of the one dial under way
	pending bool        // a dial is under way
	counter uint64
	seen    <-chan struct{} // closes when known is no longer what the journal holds
	known   Held
	told    wire.Welcome // the last welcome that was kept durably
	feature uint32       // of the hub, as the session's welcome said
	ended   *conn        // that was hung up and whose end is not judged yet
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
		case r := <-l.figures:
			err = l.report(ctx, r)
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
	effects := l.core.Step(l.cfg.Now(), held, ev)
	l.prove(ev)
	for _, e := range effects {
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
	l.judge()
	l.lanes.demand(l.conn, l.feature >= wire.FeatureRoads && l.core.Backlog(l.known))
	l.publish()
	return nil
}

// prove notes the first work that a session does: a receipt, or an answer while
// nothing waits for one. A handshake and a welcome prove too little: some
// networks let those pass and starve the rest.
func (l *loop) prove(ev Event) {
	c := l.conn
	if c == nil || c.proved || l.core.Phase != Following {
		return
	}
	if ev.Kind != Receipted && (ev.Kind != Alive || l.core.window.full() > 0) {
		return
	}
	c.proved = true
	if l.cfg.Proved != nil {
		l.cfg.Proved(c.session)
	}
}

// judge says of a session that ended in silence that it had done no work.
func (l *loop) judge() {
	c := l.ended
	l.ended = nil
	if c != nil && !c.proved && fault.Is(l.core.Reason, fault.Timeout) && l.cfg.Starved != nil {
		l.cfg.Starved(c.session)
	}
}

// held reads the journal only when it has changed: a step happens for every
// frame and every tick.
func (l *loop) held() (Held, error) {
	changed := l.cfg.Journal.Changed()
	if changed != l.seen {
		st, err := l.cfg.Journal.State()
		if err != nil {
			return Held{}, err
		}
		_, first, err := l.cfg.Journal.Unstored(1)
		if err != nil {
			return Held{}, err
		}
		l.seen, l.known = changed, Held{Head: st.Head, Receipted: st.Receipted, Unstored: first}
		l.cfg.Metrics.backlog(st.Head.Seq - st.Receipted)
	}
	l.known.Uploading = l.uploading.Load() > 0
	l.known.Roads = int(l.lanes.carrying.Load())
	if l.known.Packets = 0; l.conn != nil {
		l.known.Packets = l.conn.session.Stats().Received
	}
	return l.known, nil
}

// carryOut does one effect. A link that fails is an event, a journal that fails
// is an error.
func (l *loop) carryOut(ctx context.Context, e Effect) (*Event, error) {
	switch e.Kind {
	case Dial:
		l.dial(ctx)
	case Greet:
		return l.greet(e.From)
	case Send:
		return l.send(ctx, e)
	case Ping:
		l.counter++
		ping := wire.Ping{Counter: l.counter, Time: l.cfg.Now().UnixMilli()}
		return l.say(wire.FramePing, wire.Marshal(ping)), nil
	case Hang:
		l.hang()
	case Open:
		return l.open(e)
	case Fetch:
		return nil, l.fetch(e.Held) //nolint:contextcheck // what it begins ends with the session
	case Alarm:
		l.cfg.Metrics.alarm(fault.KindOf(e.Err))
		l.cfg.Logger.Error("histories differ", slog.String("kind", fault.KindOf(e.Err).String()), slog.Any("error", e.Err))
	}
	return nil, nil
}

// say hands a frame to the writer of the conversation. The loop itself never
// waits for the link, or it would not notice that the link is gone.
func (l *loop) say(kind wire.FrameType, payload []byte) *Event {
	if l.conn == nil {
		return nil
	}
	select {
	case l.conn.talks <- frame{kind: kind, payload: payload}:
		return nil
	default:
		l.hang()
		return &Event{Kind: Lost, Err: fault.New(fault.Timeout, "ship: speak", "the link takes nothing", nil)}
	}
}

func (l *loop) dial(ctx context.Context) {
	l.pending = true
	attempt := l.core.Attempts
	go func() { // ends with ctx; leave and dialed take its result
		c, err := l.connect(ctx, attempt)
		l.dialing <- dialed{conn: c, err: err}
	}()
}

func (l *loop) dialed(ctx context.Context, d dialed) error {
	l.pending = false
	if d.err != nil {
		l.cfg.Logger.Debug("dial failed", slog.String("kind", fault.KindOf(d.err).String()), slog.Any("error", d.err))
		return l.step(ctx, Event{Kind: Lost, Err: busy(d.err)})
	}
	l.conn = d.conn
	road := d.conn.session.Road()
	l.mu.Lock()
	l.status.Transport = string(road)
	l.mu.Unlock()
	l.lanes.leave(road)
	return l.step(ctx, Event{Kind: Connected})
}

// busy gives a hub that is at its limit a kind of its own: the one case in
// which a link that answers is left alone for longer.
func busy(err error) error {
	if link.IsBusy(err) {
		return fault.New(fault.Full, "ship: reach the hub", "busy", err)
	}
	return err
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
	if c := l.conn; c != nil {
		l.conn, l.ended = nil, c
		c.close()
	}
}

package ship

import (
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Timers of the control session. Heartbeat and Silence give the 5 s within
// which a loss is noticed; Probe is spread by up to as much again.
const (
	Heartbeat = 1500 * time.Millisecond
	Silence   = 4500 * time.Millisecond
	Probe     = 2 * time.Second
	BusyMax   = 60 * time.Second
	// Window is how many batches may be on the way without a receipt.
	Window = 16
)

// Phase says where the control session stands; each comment says who acts next.
type Phase uint8

// The phases.
const (
	Down        Phase = 0 // the node dials when NextDial has come
	Dialing     Phase = 1 // the link answers
	Greeting    Phase = 2 // the hub answers the hello
	Following   Phase = 3 // the node sends, the hub answers
	Restoring   Phase = 4 // the hub sends the node its own entries
	Quarantined Phase = 5 // people decide: the hub holds another history
)

var phaseNames = [...]string{"down", "dialing", "greeting", "following", "restoring", "quarantined"}

// String gives the phase in words, as it stands in logs and on the link bar.
func (p Phase) String() string { return phaseNames[p] }

// Held is what the journal holds now; the driver passes it with each event, so
// that the core keeps no copy that could be wrong.
type Held struct {
	Head      wire.Position
	Receipted uint64
	Unstored  uint64 // first sequence that names a bundle the hub lacks, 0 for none
}

// Sendable gives the last sequence that may go: before the first entry whose
// images are not at the hub (D45).
func (h Held) Sendable() uint64 {
	if h.Unstored != 0 {
		return min(h.Head.Seq, h.Unstored-1)
	}
	return h.Head.Seq
}

// Core is the pure half of Ship: one control session after another.
type Core struct {
	Phase    Phase
	Since    time.Time     // of the phase
	Session  uint64        // granted by the hub
	Sent     wire.Position // last entry sent in this session
	Heard    time.Time     // last frame from the hub
	Pinged   time.Time     // last ping sent
	NextDial time.Time
	Attempts uint64 // dials since the last good session
	Reason   error  // why the last session ended
	flights  []uint64
	jitter   func(limit time.Duration) time.Duration
}

// NewCore gives a core that dials at once. jitter draws from [0, limit); it is
// the caller's randomness, so that a simulation can replay it.
func NewCore(now time.Time, jitter func(time.Duration) time.Duration) *Core {
	return &Core{Since: now, NextDial: now, jitter: jitter}
}

// Event is what happened. Exactly one field is meant by Kind.
type Event struct {
	Kind    EventKind
	Welcome wire.Welcome // Welcomed
	Receipt wire.Receipt // Receipted: verified and stored
	Err     error        // Lost, Refused
	Batch   Sent         // Batched
}

// Sent says what the driver found to send.
type Sent struct {
	Head  wire.Position // after the last entry sent; equal to the asked position when nothing was there
	Count int
}

// EventKind says which event it is.
type EventKind uint8

// The events.
const (
	Tick      EventKind = iota // time passed or the journal changed
	Connected                  // the control session stands
	Welcomed                   // the hub answered the hello
	Refused                    // the hub refused something, with a reason
	Receipted                  // a receipt was stored
	Alive                      // any other frame came
	Batched                    // a Send effect was carried out
	Lost                       // the session or the dial ended
)

// EffectKind says what the driver is to do.
type EffectKind uint8

// The effects.
const (
	Dial  EffectKind = iota // open a control session
	Greet                   // send the hello
	Send                    // read entries after From up to Until and send one batch; then Batched
	Ping                    // send a heartbeat
	Hang                    // close the session
	Alarm                   // tell people: Err
)

// Effect is one thing for the driver to do.
type Effect struct {
	Kind    EffectKind
	From    wire.Position
	Until   uint64
	Session uint64
	Err     error
}

// Step takes what happened at now, given what the journal holds, and answers
// what is to be done, in order.
func (c *Core) Step(now time.Time, held Held, ev Event) []Effect {
	switch ev.Kind {
	case Connected:
		c.enter(Greeting, now)
		c.Heard, c.Pinged = now, now
		return []Effect{{Kind: Greet}}
	case Welcomed:
		return c.welcomed(now, held, ev.Welcome)
	case Refused:
		return c.refused(now, ev.Err)
	case Receipted:
		c.land(ev.Receipt.Last)
		c.Heard = now
	case Alive:
		c.Heard = now
	case Batched:
		c.batched(ev.Batch)
	case Lost:
		c.lost(now, ev.Err)
	case Tick:
	}
	return c.proceed(now, held)
}

func (c *Core) enter(p Phase, now time.Time) {
	if c.Phase != p {
		c.Phase, c.Since = p, now
	}
}

// welcomed compares positions and hashes: a bare number cannot reveal a
// rewritten past (D36).
func (c *Core) welcomed(now time.Time, held Held, w wire.Welcome) []Effect {
	const op = "ship: compare histories"
	c.Heard = now
	if len(w.Decisions) == 0 || c.Phase != Greeting {
		return c.hang(now, fault.New(fault.Invalid, op, "welcome", nil))
	}
	d := w.Decisions[len(w.Decisions)-1]
	c.Session, c.Attempts, c.flights = w.Session, 0, nil
	switch d.Verdict {
	case wire.VerdictFollow, wire.VerdictNew:
		if d.Cursor.Incarnation != held.Head.Incarnation || d.Cursor.Seq > held.Head.Seq {
			return c.hang(now, fault.New(fault.Fork, op, d.Cursor.String(), nil))
		}
		c.enter(Following, now)
		c.Sent = d.Cursor
		return c.proceed(now, held)
	case wire.VerdictRestore:
		c.enter(Restoring, now)
		return []Effect{{Kind: Alarm, Err: fault.New(fault.Gap, op, "the hub is ahead: "+d.Cursor.String(), nil)}}
	}
	return c.hang(now, fault.New(fault.Unsupported, op, "verdict", nil))
}

func (c *Core) refused(now time.Time, err error) []Effect {
	if fault.Is(err, fault.Fork) {
		c.enter(Quarantined, now)
		c.Reason = err
		return []Effect{{Kind: Hang}, {Kind: Alarm, Err: err}}
	}
	return c.hang(now, err)
}

// hang ends the session; Lost follows from the driver and sets the next dial.
func (c *Core) hang(now time.Time, err error) []Effect {
	c.lost(now, err)
	return []Effect{{Kind: Hang}}
}

// lost plans the next dial: a probe every 2 to 4 s, and a growing pause up to
// 60 s only when a hub says that it is busy.
func (c *Core) lost(now time.Time, err error) {
	if c.Phase == Quarantined || c.Phase == Down {
		return
	}
	c.enter(Down, now)
	c.Attempts++
	c.Reason, c.flights = err, nil
	wait := Probe
	if fault.Is(err, fault.Full) {
		wait = min(BusyMax/2, Probe<<min(c.Attempts, 5))
	}
	c.NextDial = now.Add(wait + c.jitter(wait))
}

// land takes off the flights that a receipt covers.
func (c *Core) land(last uint64) {
	for len(c.flights) > 0 && c.flights[0] <= last {
		c.flights = c.flights[1:]
	}
}

func (c *Core) batched(b Sent) {
	if b.Count == 0 || c.Phase != Following {
		return
	}
	c.Sent = b.Head
	c.flights = append(c.flights, b.Head.Seq)
}

// proceed does what time and the journal ask for in the phase.
func (c *Core) proceed(now time.Time, held Held) []Effect {
	switch c.Phase {
	case Down:
		if !now.Before(c.NextDial) {
			c.enter(Dialing, now)
			return []Effect{{Kind: Dial}}
		}
	case Greeting, Following, Restoring:
		if now.Sub(c.Heard) > Silence {
			return c.hang(now, fault.New(fault.Timeout, "ship: hear the hub", "silence", nil))
		}
		return append(c.heartbeat(now), c.send(held)...)
	case Dialing, Quarantined:
	}
	return nil
}

func (c *Core) heartbeat(now time.Time) []Effect {
	if c.Phase == Greeting || now.Sub(c.Pinged) < Heartbeat {
		return nil
	}
	c.Pinged = now
	return []Effect{{Kind: Ping}}
}

func (c *Core) send(held Held) []Effect {
	until := held.Sendable()
	if c.Phase != Following || c.Sent.Seq >= until || len(c.flights) >= Window {
		return nil
	}
	return []Effect{{Kind: Send, From: c.Sent, Until: until, Session: c.Session}}
}

// NextWake gives when Step wants a Tick even if nothing happens.
func (c *Core) NextWake(now time.Time) time.Time {
	switch c.Phase {
	case Down:
		return c.NextDial
	case Greeting:
		return c.Heard.Add(Silence + time.Millisecond)
	case Following, Restoring:
		next := c.Pinged.Add(Heartbeat)
		if silent := c.Heard.Add(Silence + time.Millisecond); silent.Before(next) {
			return silent
		}
		return next
	case Dialing, Quarantined:
	}
	return now.Add(time.Hour)
}

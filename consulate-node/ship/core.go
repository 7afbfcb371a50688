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
	// Welcoming is how long the hub may take for its welcome: it commits the
	// session first, behind whatever 71 nodes that came back at once have sent.
	Welcoming = 15 * time.Second
	// Deaf is how long pings may go unanswered while our own bytes queue on a
	// slow link and the hub is heard all the same.
	Deaf = 20 * time.Second
	// Recheck is how often a quarantined node asks whether people have decided;
	// it is spread by up to as much again.
	Recheck = 2 * time.Minute
)

// Phase says where the control session stands; each comment says who acts next.
type Phase uint8

// The phases.
const (
	Down        Phase = 0 // the node dials when NextDial has come
	Dialing     Phase = 1 // the link answers
	Greeting    Phase = 2 // the hub answers the hello
	Following   Phase = 3 // the node sends, the hub answers
	Restoring   Phase = 4 // the node opens a new incarnation, for it cannot go on in the one that it has
	Quarantined Phase = 5 // people decide: the hub holds another history; the node asks again at NextDial
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
	Uploading bool   // bundles are on their way and share the link
	Roads     int    // bulk connections that carry batches too
	Packets   uint64 // that came from the hub over the control session
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
	Offered  wire.Position // head that the hello of this session named
	Sent     wire.Position // last entry sent in this session
	Heard    time.Time     // last frame from the hub
	Stirred  time.Time     // when packets from the hub were last noticed
	packets  uint64        // that had come by then
	Pinged   time.Time     // last ping sent
	Asked    time.Time     // first ping since the last answer; zero when none waits
	NextDial time.Time
	Attempts uint64          // dials since the last good session
	Reason   error           // why the last session ended
	Barred   error           // why people must decide, nil when they need not
	lost     []wire.Position // what the hub holds in this node's name, until it is asked for
	window   window
	shared   bool // bundles share the link, as the last event said
	jitter   func(limit time.Duration) time.Duration
}

// NewCore gives a core that dials at once. jitter draws from [0, limit); it is
// the caller's randomness, so that a simulation can replay it.
func NewCore(now time.Time, jitter func(time.Duration) time.Duration) *Core {
	return &Core{Since: now, NextDial: now, jitter: jitter, window: newWindow()}
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
	Bytes int // of the encoded batch
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
	Alive                      // any other frame came that answers one of ours
	Batched                    // a Send effect was carried out
	Lost                       // the session or the dial ended
	Beaten                     // the hub's own heartbeat came: it speaks, and may not hear us
	Opened                     // an Open effect was carried out: the journal has a new incarnation
)

// EffectKind says what the driver is to do.
type EffectKind uint8

// The effects.
const (
	Dial  EffectKind = iota // open a control session
	Greet                   // send the hello with From as the head
	Send                    // read entries after From up to Until, send one batch of about Bytes; then Batched
	Ping                    // send a heartbeat
	Hang                    // close the session
	Alarm                   // tell people: Err
	Open                    // open a new incarnation because of Verdict; then Opened
	Fetch                   // take back what the hub has at Held and the journal has not
)

// Effect is one thing for the driver to do.
type Effect struct {
	Kind    EffectKind
	From    wire.Position
	Until   uint64
	Bytes   int // about as much, one entry at least
	Session uint64
	Err     error
	Verdict wire.Verdict    // Open
	Held    []wire.Position // Fetch; with Open, what the hub has of other incarnations
}

// Step takes what happened at now, given what the journal holds, and answers
// what is to be done, in order.
func (c *Core) Step(now time.Time, held Held, ev Event) []Effect {
	c.shared, c.window.roads = held.Uploading, held.Roads
	if held.Packets > c.packets {
		c.packets, c.Stirred = held.Packets, now
	}
	switch ev.Kind {
	case Connected:
		c.enter(Greeting, now)
		c.packets, c.Stirred = held.Packets, now
		c.Heard, c.Pinged, c.Asked, c.Offered = now, now, time.Time{}, held.Head
		return []Effect{{Kind: Greet, From: held.Head}}
	case Welcomed:
		return c.welcomed(now, held, ev.Welcome)
	case Refused:
		return c.refused(now, ev.Err)
	case Receipted:
		if ev.Receipt.Incarnation == c.Sent.Incarnation {
			c.window.land(now, ev.Receipt.Last)
		}
		c.answered(now)
	case Alive:
		c.answered(now)
	case Beaten:
		c.Heard = now
	case Batched:
		if ev.Batch.Count == 0 {
			return nil // the journal had nothing: the next event asks again
		}
		c.batched(now, ev.Batch)
	case Lost:
		c.fail(now, ev.Err)
	case Opened:
		return append(c.opened(now, held), c.proceed(now, held)...)
	case Tick:
	}
	return c.proceed(now, held)
}

func (c *Core) enter(p Phase, now time.Time) {
	if c.Phase != p {
		c.Phase, c.Since = p, now
	}
}

func (c *Core) answered(now time.Time) { c.Heard, c.Asked = now, time.Time{} }

func (c *Core) batched(now time.Time, b Sent) {
	if c.Phase != Following {
		return
	}
	c.Sent = b.Head
	c.window.fly(flight{last: b.Head.Seq, bytes: b.Bytes, at: now})
}

// proceed does what time and the journal ask for in the phase.
func (c *Core) proceed(now time.Time, held Held) []Effect {
	switch c.Phase {
	case Down, Quarantined:
		if !now.Before(c.NextDial) {
			c.enter(Dialing, now)
			return []Effect{{Kind: Dial}}
		}
	case Greeting, Following, Restoring:
		if now.After(c.deadline()) {
			return c.hang(now, fault.New(fault.Timeout, "ship: hear the hub", "silence", nil))
		}
		return append(c.heartbeat(now), c.send(held)...)
	case Dialing:
	}
	return nil
}

// deadline is when the session counts as lost. The hub beats by itself, so its
// silence is never our own full link; only answers to our pings wait behind
// what we send. A beat that is lost on a long link holds up those behind it until
// it came again: while packets come, the frames are waited for. They are noticed
// with the next step only, which is what is taken off.
func (c *Core) deadline() time.Time {
	if c.Phase == Greeting {
		return c.Heard.Add(Welcoming)
	}
	silent := c.Heard.Add(Silence)
	if stirred := c.Stirred.Add(Silence - Heartbeat); stirred.After(silent) {
		silent = earlier(stirred, c.Heard.Add(Deaf))
	}
	if c.Asked.IsZero() {
		return silent
	}
	unheard := c.Asked.Add(Silence)
	if c.shared || c.window.full() > 0 {
		unheard = c.Asked.Add(Deaf)
	}
	return earlier(unheard, silent)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (c *Core) heartbeat(now time.Time) []Effect {
	if c.Phase == Greeting || now.Sub(c.Pinged) < Heartbeat {
		return nil
	}
	c.Pinged = now
	if c.Asked.IsZero() {
		c.Asked = now
	}
	return []Effect{{Kind: Ping}}
}

func (c *Core) send(held Held) []Effect {
	until := held.Sendable()
	if c.Phase != Following || c.Sent.Seq >= until || !c.window.open() {
		return nil
	}
	return []Effect{{Kind: Send, From: c.Sent, Until: until, Bytes: c.window.batch(), Session: c.Session}}
}

// long is from how many entries on a backlog is worth connections of its own.
const long = 64

// Backlog reports whether more waits to be sent than the connections take.
func (c *Core) Backlog(held Held) bool {
	until := held.Sendable()
	return c.Phase == Following && until > c.Sent.Seq && until-c.Sent.Seq >= long && !c.window.open()
}

// NextWake gives when Step wants a Tick even if nothing happens. It may be in
// the past: then a Tick now has something to do.
func (c *Core) NextWake(now time.Time) time.Time {
	switch c.Phase {
	case Down, Quarantined:
		return c.NextDial
	case Greeting:
		return c.deadline().Add(time.Millisecond)
	case Following, Restoring:
		next := c.Pinged.Add(Heartbeat)
		if end := c.deadline().Add(time.Millisecond); end.Before(next) {
			return end
		}
		return next
	case Dialing:
	}
	return now.Add(time.Hour)
}

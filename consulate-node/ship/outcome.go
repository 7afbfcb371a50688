package ship

import (
	"slices"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// welcomed compares positions and hashes: a bare number cannot reveal a
// rewritten past (D36).
func (c *Core) welcomed(now time.Time, held Held, w wire.Welcome) []Effect {
	const op = "ship: compare histories"
	if len(w.Decisions) == 0 || c.Phase != Greeting {
		return c.hang(now, fault.New(fault.Invalid, op, "welcome", nil))
	}
	d := w.Decisions[len(w.Decisions)-1]
	if !sensible(d, c.Offered) {
		return c.hang(now, fault.New(fault.Invalid, op, d.Cursor.String(), nil))
	}
	c.answered(now)
	c.Pinged = now
	c.Session, c.Attempts, c.Barred = w.Session, 0, nil
	c.window.empty()
	c.lost = w.Others
	if d.Verdict == wire.VerdictRestore || d.Verdict == wire.VerdictReissue {
		// Not one more entry may be written behind this head: where it would
		// stand, the hub has another. What it has comes back meanwhile.
		c.lost = append(slices.Clone(c.lost), d.Cursor)
		c.enter(Restoring, now)
		return []Effect{{Kind: Alarm, Err: beyond(d)}, {Kind: Open, Verdict: d.Verdict, Held: w.Others}}
	}
	c.enter(Following, now)
	c.Sent = d.Cursor
	first := c.fetch()
	if d.Cursor.Seq < held.Receipted {
		// It signed for more than it holds. What it lacks is sent again.
		err := fault.New(fault.Conflict, op, "the hub is behind its own receipts: "+d.Cursor.String(), nil)
		first = append(first, Effect{Kind: Alarm, Err: err})
	}
	return append(first, c.proceed(now, held)...)
}

// beyond says why a node goes on in a new incarnation.
func beyond(d wire.Decision) error {
	const op = "ship: compare histories"
	if d.Verdict == wire.VerdictReissue {
		return fault.New(fault.Conflict, op, "people let it go on beside "+d.Cursor.String(), nil)
	}
	return fault.New(fault.Gap, op, "the hub is ahead: "+d.Cursor.String(), nil)
}

// opened goes on in the incarnation that the journal has now: the hub has
// nothing of it.
func (c *Core) opened(now time.Time, held Held) []Effect {
	if c.Phase != Restoring {
		return nil
	}
	c.enter(Following, now)
	c.Sent = wire.Genesis(held.Head.Node, held.Head.Incarnation)
	return c.fetch()
}

// fetch asks once in a session for what the hub has and the journal may not.
func (c *Core) fetch() []Effect {
	held := c.lost
	c.lost = nil
	if len(held) == 0 {
		return nil
	}
	return []Effect{{Kind: Fetch, Held: held}}
}

// sensible reports whether a decision can be about this head at all.
func sensible(d wire.Decision, head wire.Position) bool {
	at := d.Cursor
	if at.Node != head.Node || at.Incarnation != head.Incarnation {
		return false
	}
	switch d.Verdict {
	case wire.VerdictNew:
		return at == wire.Genesis(head.Node, head.Incarnation)
	case wire.VerdictFollow:
		return at.Seq < head.Seq || at == head
	case wire.VerdictRestore:
		return at.Seq > head.Seq
	case wire.VerdictReissue:
		return at.Seq > 0
	}
	return false
}

// refused ends the session. After a fork people decide, and until then nothing
// is sent; the hub is asked again from time to time.
func (c *Core) refused(now time.Time, err error) []Effect {
	if !fault.Is(err, fault.Fork) {
		return c.hang(now, err)
	}
	effects := []Effect{{Kind: Hang}}
	if c.Barred == nil {
		effects = append(effects, Effect{Kind: Alarm, Err: err})
	}
	c.Barred = err
	c.fall(now, err)
	return effects
}

// hang ends the session and plans the next dial.
func (c *Core) hang(now time.Time, err error) []Effect {
	c.fail(now, err)
	return []Effect{{Kind: Hang}}
}

func (c *Core) fail(now time.Time, err error) {
	if c.Phase == Quarantined || c.Phase == Down {
		return
	}
	c.fall(now, err)
}

// fall plans the next dial: a probe every 2 to 4 s, soon after a dial that waited
// in vain; a growing pause up to 60 s when asking again at once would
// only get the same answer; minutes while people must decide.
func (c *Core) fall(now time.Time, err error) {
	c.Attempts++
	c.Reason, c.Asked = err, time.Time{}
	c.window.empty()
	wait, spread := Probe, Probe
	if c.Phase == Dialing && now.Sub(c.Since) > Probe {
		// A handshake that nobody answers sends ever more seldom, its last packet
		// 2 s before the dial ends: the next one begins soon, so that the return of
		// the link is noticed within 5 s at most, and most often within 2.
		wait, spread = Probe/4, Probe/4
	}
	if patient(fault.KindOf(err)) {
		wait = min(BusyMax/2, Probe<<min(c.Attempts, 5))
		spread = wait
	}
	if c.Barred != nil {
		c.Reason, wait, spread = c.Barred, Recheck, Recheck
		c.enter(Quarantined, now)
	} else {
		c.enter(Down, now)
	}
	c.NextDial = now.Add(wait + c.jitter(spread))
}

// patient says for which reasons a node waits longer: a hub that is busy or
// full, and disagreements that time alone does not mend.
func patient(k fault.Kind) bool {
	switch k {
	case fault.Full, fault.Denied, fault.Expired, fault.Unsupported, fault.Invalid, fault.Corrupt, fault.TooLarge,
		fault.Used, fault.Exists:
		return true
	case fault.Other, fault.NotFound, fault.Conflict, fault.Gap, fault.Fork, fault.Stale, fault.Storage,
		fault.Unavailable, fault.Timeout, fault.Internal:
		return false
	}
	return false
}

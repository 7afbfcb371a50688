package centre

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"jaliya/hub/gateway/peer"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Letter is an order that needs a person: it failed too often, or in a way
// that a repeat does not mend. It is still tried, seldom, and the letter goes
// when it succeeds. Letters live with the member that leads; another one
// writes them anew after its own attempts.
type Letter struct {
	Order    uint64
	Kind     workflow.Order
	Case     uint64
	Site     string // empty when no site was reached
	Reason   string // for an operator, without personal data
	Failures int    // in a row
	Since    time.Time
	Last     time.Time
}

// forgotten is how long after its last attempt an order is believed withdrawn.
const forgotten = 4 * time.Hour

// desk holds the failures of orders.
type desk struct {
	mu    sync.Mutex // guards lines
	lines map[uint64]*line
}

type line struct {
	Letter

	stuck bool // the letter is written
}

func newDesk() *desk { return &desk{lines: map[uint64]*line{}} }

// failed counts a failure and gives how many there were in a row, and how many
// letters there are now.
func (d *desk) failed(l Letter, stuckAt int) (failures, letters int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, old := range d.lines {
		if l.Last.Sub(old.Last) > forgotten {
			delete(d.lines, id)
		}
	}
	held := d.lines[l.Order]
	if held == nil {
		held = &line{Letter: l}
		held.Since = l.Last
		d.lines[l.Order] = held
	}
	held.Failures++
	held.Site, held.Reason, held.Last = l.Site, l.Reason, l.Last
	held.stuck = held.stuck || held.Failures >= stuckAt
	return held.Failures, d.count()
}

// done forgets an order that succeeded and gives how many letters remain.
func (d *desk) done(id uint64) (letters int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.lines, id)
	return d.count()
}

func (d *desk) count() (n int) {
	for _, l := range d.lines {
		if l.stuck {
			n++
		}
	}
	return n
}

// Letters lists the orders that need a person, oldest first.
func (c *Connector) Letters() []Letter {
	c.letters.mu.Lock()
	defer c.letters.mu.Unlock()
	var list []Letter
	for _, l := range c.letters.lines {
		if l.stuck && c.Now().Sub(l.Last) <= forgotten {
			list = append(list, l.Letter)
		}
	}
	slices.SortFunc(list, func(a, b Letter) int { return cmp.Compare(a.Order, b.Order) })
	return list
}

func (c *Connector) succeeded(o ledger.Order) { c.Metrics.waiting(c.letters.done(o.ID)) }

// failed counts a failed attempt, writes a letter when it is time, and gives
// the error that says when the next attempt is due. s is nil when no site was
// reached.
func (c *Connector) failed(o ledger.Order, s *site, err error) error {
	name, stuckAt := "", c.cfg.Attempts
	if s != nil {
		name = s.Name
	}
	lasting := permanent(err)
	if lasting {
		stuckAt = 1
	}
	failures, letters := c.letters.failed(Letter{
		Order: o.ID, Kind: workflow.Order(o.Kind), Case: o.Case, Site: name,
		Reason: plain(err), Last: c.Now(),
	}, stuckAt)
	c.Metrics.waiting(letters)
	pause := c.backoff(failures)
	if lasting {
		pause = jitter(c.cfg.PollMost.Std())
	}
	if a, ok := errors.AsType[*peer.AnswerError](err); ok {
		pause = max(pause, notBefore(a.After, a.After/4))
	}
	if s != nil {
		rest := s.client.Rests().Sub(c.Now())
		pause = max(pause, notBefore(rest, rest/4))
	}
	return &LaterError{in: pause, cause: err}
}

// packetError is an error of our own packet, which every site would meet.
type packetError struct{ cause error }

func (e *packetError) Error() string { return "packet: " + e.cause.Error() }
func (e *packetError) Unwrap() error { return e.cause }

// permanent reports whether a repeat cannot mend it without a person.
func permanent(err error) bool {
	switch fault.KindOf(err) { //nolint:exhaustive // the others may pass by themselves
	case fault.Denied, fault.Exists, fault.TooLarge, fault.Invalid, fault.Unsupported, fault.Conflict, fault.Internal:
		return true
	case fault.Corrupt, fault.NotFound:
		_, ours := errors.AsType[*packetError](err)
		return ours
	}
	return false
}

// plain says in words what to do about an error.
func plain(err error) string {
	if _, ours := errors.AsType[*packetError](err); ours {
		return "the packet cannot be opened and sealed to the site: look at the case"
	}
	switch fault.KindOf(err) { //nolint:exhaustive // the others are said in general
	case fault.Denied:
		return "the site does not accept who we are, or is another site: check certificate, token and address"
	case fault.Exists:
		return "the site has another job under this id: compare with the site"
	case fault.Invalid:
		return "the site finds the job malformed, or every site refused its packet: look at the case"
	case fault.TooLarge:
		return "the job is larger than the contract allows: look at the images of the case"
	case fault.Unsupported:
		return "the site speaks another version of the contract, or is not configured here"
	case fault.Conflict:
		return "the card had left the site before the job was taken back: take it out of its pouch and revoke it"
	case fault.Corrupt:
		return "the answers of the site cannot be read: call the site"
	case fault.Timeout, fault.Unavailable:
		return "the site does not answer, or no site is open: call the site"
	}
	return "see the log for this order"
}

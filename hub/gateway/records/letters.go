package records

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

// Letter is an order that needs a person: it failed too often, or in a way that
// a repeat does not mend. It is still tried, seldom, and the letter goes when it
// succeeds. Letters live with the member that leads.
type Letter struct {
	Order    uint64
	Kind     workflow.Order
	Case     uint64
	Office   string // empty when none is configured for the service
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
	held.Reason, held.Last = l.Reason, l.Last
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

// failed counts a failed attempt, writes a letter when it is time, and gives the
// error that says when the next attempt is due. f is nil when the service has no
// office.
func (c *Connector) failed(o ledger.Order, f *office, err error) error {
	stuckAt := c.cfg.Attempts
	lasting := permanent(err)
	if lasting {
		stuckAt = 1
	}
	letter := Letter{Order: o.ID, Kind: workflow.Order(o.Kind), Case: o.Case, Reason: plain(err), Last: c.Now()}
	if f != nil {
		letter.Office = f.Name
	}
	failures, letters := c.letters.failed(letter, stuckAt)
	c.Metrics.waiting(letters)
	pause := c.backoff(o, failures)
	if lasting {
		pause = spread(o, c.cfg.PollMost.Std())
	}
	if a, ok := errors.AsType[*peer.AnswerError](err); ok {
		pause = max(pause, a.After)
	}
	if f != nil {
		pause = max(pause, f.client.Rests().Sub(c.Now()))
	}
	return &laterError{in: pause, cause: err}
}

// oursError is an error of our own packet: the office is not to blame.
type oursError struct{ cause error }

func (e *oursError) Error() string { return "packet: " + e.cause.Error() }
func (e *oursError) Unwrap() error { return e.cause }

// packageError is a package that is not passed on.
type packageError struct{ cause error }

func (e *packageError) Error() string { return "package: " + e.cause.Error() }
func (e *packageError) Unwrap() error { return e.cause }

// permanent reports whether a person should look at once. A bad package is
// asked for again, since it may have been spoilt on its way.
func permanent(err error) bool {
	if _, theirs := errors.AsType[*packageError](err); theirs {
		return !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Storage) && !fault.Is(err, fault.Timeout)
	}
	switch fault.KindOf(err) { //nolint:exhaustive // the others may pass by themselves
	case fault.Denied, fault.Exists, fault.TooLarge, fault.Invalid, fault.Unsupported, fault.Conflict, fault.Internal:
		return true
	case fault.Corrupt, fault.NotFound:
		_, ours := errors.AsType[*oursError](err)
		return ours
	}
	return false
}

// plain says in words what to do about an error.
func plain(err error) string {
	if _, ours := errors.AsType[*oursError](err); ours {
		return "the packet cannot be opened and sealed to the office: look at the case"
	}
	if _, theirs := errors.AsType[*packageError](err); theirs {
		return "the package is malformed, of another record or size, or does not prove whole, and is not passed on: call the office"
	}
	switch fault.KindOf(err) { //nolint:exhaustive // the others are said in general
	case fault.Denied:
		return "the office does not accept who we are: check certificate, token and address"
	case fault.Exists:
		return "the office has another request under this id, or asks a second time: call the office"
	case fault.Conflict:
		return "the office holds the request for withdrawn, and the case is open: call the office"
	case fault.Invalid, fault.TooLarge:
		return "the office finds the request malformed or cannot open it: check the office's key"
	case fault.Unsupported:
		return "the office speaks another version of the contract, or the service has no office here"
	case fault.Corrupt:
		return "the answers of the office cannot be read: call the office"
	case fault.Timeout, fault.Unavailable:
		return "the office does not answer: call the office"
	}
	return "see the log for this order"
}

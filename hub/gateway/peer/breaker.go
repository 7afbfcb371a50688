package peer

import "time"

// BreakerState says whether a system is asked. Each comment says what ends it.
type BreakerState uint8

// The states of a breaker.
//
//	closed --failures in a row--> open --pause over--> half-open
//	   ^                           ^                      |
//	   |                           +-----failure----------+
//	   +------------------success-------------------------+
const (
	BreakerClosed   BreakerState = iota // asked: failures in a row end it
	BreakerOpen                         // left alone: the pause ends it
	BreakerHalfOpen                     // one question is out: its answer ends it
)

var breakerNames = [...]string{"closed", "open", "half-open"}

// String gives the state in words.
func (s BreakerState) String() string {
	if int(s) < len(breakerNames) {
		return breakerNames[s]
	}
	return "unknown"
}

// BreakerRule is how many failures in a row open a breaker, and for how long:
// Pause at first, twice as long after every failed trial, Most at most. It
// must be longer than a question takes.
type BreakerRule struct {
	Failures int
	Pause    time.Duration
	Most     time.Duration
}

// Breaker is what is known of a system's health. It is a value: its methods give
// the next one. The zero Breaker is closed.
type Breaker struct {
	State    BreakerState
	Failures int           // in a row
	Pause    time.Duration // of the present or last opening
	Until    time.Time     // open: the end of the pause; half-open: of the trial
}

// Ask decides whether a question may go out at now, and gives the breaker
// after that decision. A trial whose answer never came counts as failed when
// its time is over, so that no lost goroutine closes a system for ever.
func (b Breaker) Ask(r BreakerRule, now time.Time) (Breaker, bool) {
	if b.State == BreakerClosed {
		return b, true
	}
	if now.Before(b.Until) {
		return b, false
	}
	b.State, b.Until = BreakerHalfOpen, now.Add(r.Most)
	return b, true
}

// Good is the breaker after an answer that shows the system is up.
func (Breaker) Good() Breaker { return Breaker{} }

// Bad is the breaker after a question that failed at now. Late failures of
// questions that went out before it opened change nothing.
func (b Breaker) Bad(r BreakerRule, now time.Time) Breaker {
	b.Failures++
	switch b.State {
	case BreakerClosed:
		if b.Failures < r.Failures {
			return b
		}
		b.Pause = r.Pause
	case BreakerHalfOpen:
		b.Pause = min(2*b.Pause, r.Most)
	case BreakerOpen:
		return b
	}
	b.State, b.Until = BreakerOpen, now.Add(b.Pause)
	return b
}

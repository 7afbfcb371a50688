package centre

import (
	"errors"
	"math/rand/v2"
	"time"

	"jaliya/internal/fault"
)

// LaterError is the error of an attempt that is to be repeated: the order stays
// open. A worker that knows it retries after RetryIn instead of after its own
// pause, and counts no failure when Waiting.
type LaterError struct {
	in      time.Duration
	waiting bool
	cause   error
}

// Error gives the cause.
func (l *LaterError) Error() string { return l.cause.Error() }

// Unwrap gives the cause.
func (l *LaterError) Unwrap() error { return l.cause }

// RetryIn is the pause before the next attempt, jittered.
func (l *LaterError) RetryIn() time.Duration { return l.in }

// Waiting reports that nothing failed: the site has the job and works on it.
func (l *LaterError) Waiting() bool { return l.waiting }

var errUnderWay = errors.New("the site works on it")

// waitFor asks often about a young job and seldom about an old one: a tenth of
// its age. It needs no count of the questions, so that a restart changes nothing.
func (c *Connector) waitFor(created int64) error {
	age := c.Now().Sub(time.UnixMilli(created))
	pause := min(max(age/10, c.cfg.Poll.Std()), c.cfg.PollMost.Std())
	return &LaterError{in: jitter(pause), waiting: true, cause: fault.New(fault.Unavailable, "centre: follow job", "", errUnderWay)}
}

// backoff doubles with each failure in a row.
func (c *Connector) backoff(failures int) time.Duration {
	return jitter(min(c.cfg.Poll.Std()<<min(failures, 16), c.cfg.PollMost.Std()))
}

// jitter gives three quarters to five quarters of a pause, so that jobs that
// failed together are not asked about together.
func jitter(d time.Duration) time.Duration {
	return notBefore(d*3/4, d/2)
}

// notBefore gives a pause that is not shorter than d and at most spread longer.
func notBefore(d, spread time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d + rand.N(spread+1) //nolint:gosec // spreads load, decides nothing
}

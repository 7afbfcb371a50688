package records

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

// laterError is the error of an attempt that is to be repeated: the order stays
// open (gateway.Later).
type laterError struct {
	in      time.Duration
	waiting bool
	cause   error
}

func (l *laterError) Error() string { return l.cause.Error() }
func (l *laterError) Unwrap() error { return l.cause }

// RetryIn is the pause before the next attempt.
func (l *laterError) RetryIn() time.Duration { return l.in }

// Waiting reports that nothing failed: the office has the request.
func (l *laterError) Waiting() bool { return l.waiting }

var errUnderWay = errors.New("the office has it")

// waitFor asks often about a young request and seldom about an old one: a tenth
// of its age. Nothing else decides about the pause, so that it tells nothing,
// and a restart changes nothing.
func (c *Connector) waitFor(o ledger.Order) error {
	age := c.Now().Sub(time.UnixMilli(o.Created))
	pause := min(max(age/10, c.cfg.Poll.Std()), c.cfg.PollMost.Std())
	return &laterError{in: spread(o, pause), waiting: true, cause: fault.New(fault.Unavailable, "records: follow request", "", errUnderWay)}
}

// backoff doubles with each failure in a row.
func (c *Connector) backoff(o ledger.Order, failures int) time.Duration {
	return spread(o, min(c.cfg.Poll.Std()<<min(failures, 16), c.cfg.PollMost.Std()))
}

// spread gives three quarters to five quarters of a pause, so that requests that
// came together are not asked about together. The order and the attempt decide:
// no chance that anybody could shape.
func spread(o ledger.Order, d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	in := binary.BigEndian.AppendUint64([]byte("jaliya/records/pause/1"), o.ID)
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(in, o.Attempts))
	share := time.Duration(binary.BigEndian.Uint16(sum[:])) // of 65,536
	return d*3/4 + d/2*share/(1<<16)
}

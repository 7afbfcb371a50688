package gateway

import (
	"errors"
	"time"

	"jaliya/internal/fault"
)

// Later is an error of a handler that knows when to try again. It is no failure
// when the handler only waits for somebody who works on it.
type Later interface {
	error
	RetryIn() time.Duration
	Waiting() bool
}

// later gives the pause before the next attempt.
func later(err error, attempts uint32) (in time.Duration, waiting bool) {
	if l, ok := errors.AsType[Later](err); ok {
		return max(l.RetryIn(), 0), l.Waiting()
	}
	return pause(attempts), false
}

// waiting is the Later of a handler that has nothing to say yet.
type waiting struct {
	in    time.Duration
	cause error
}

// Wait gives the error of a handler that waits for what the text names, without
// personal data, and looks again after a pause.
func Wait(in time.Duration, text string) error {
	return &waiting{in: in, cause: fault.New(fault.Unavailable, "gateway: wait", text, nil)}
}

func (w *waiting) Error() string          { return w.cause.Error() }
func (w *waiting) Unwrap() error          { return w.cause }
func (w *waiting) RetryIn() time.Duration { return w.in }
func (w *waiting) Waiting() bool          { return true }

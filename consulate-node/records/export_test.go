package records

import (
	"time"

	"jaliya/internal/wire"
)

// FailAt makes the transactions fail for which fail gives an error.
func (r *Records) FailAt(fail func(wire.Kind) error) { r.step = fail }

// RetryAfter shortens the wait after a fetch that failed.
func (r *Records) RetryAfter(d time.Duration) { r.retry = d }

// Package pause waits for a time, or until it is of no use any more. It stands
// beside the path of a record: whoever does slow work in the background, and ends
// with its process, waits here.
package pause

import (
	"context"
	"time"
)

// For waits for d, and not at all when d is not positive. It gives the error of
// ctx when that ended first.
func For(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

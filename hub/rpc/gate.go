package rpc

import (
	"context"

	"jaliya/internal/fault"
)

// gate lets a few through at a time. What is only read is answered by the
// processor alone: were as many answered at a time as citizens ask, what posts
// send would stand in one row with all of them. Half of the processors stay
// free of questions.
type gate chan struct{}

func newGate(places int) gate { return make(gate, places) }

// one has a question wait for its place. Errors besides those of do:
// Unavailable when the time is over before.
func one[In, Out any](g gate, do func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (out Out, err error) {
		select {
		case g <- struct{}{}:
		case <-ctx.Done():
			return out, fault.New(fault.Unavailable, "rpc: wait for a place", "", ctx.Err())
		}
		defer func() { <-g }()
		return do(ctx, in)
	}
}

package intake

import (
	"context"
	"time"
)

// Admitter gives tests the proposer's loop without sessions.
type Admitter struct{ a *admitter }

// NewAdmitter makes one.
func NewAdmitter(p Proposer) Admitter {
	return Admitter{&admitter{proposer: p, now: time.Now, in: make(chan Item)}}
}

// Run is run.
func (a Admitter) Run(ctx context.Context) error { return a.a.run(ctx) }

// Put hands an item over.
func (a Admitter) Put(i Item) { a.a.in <- i }

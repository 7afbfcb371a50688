package intake

import (
	"context"
	"time"

	"jaliya/hub/ledger"
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

// Heard is a session as far as it hears what the node says of itself.
type Heard struct{ s *session }

// NewHeard gives one.
func NewHeard(now func() time.Time, m *Metrics) Heard {
	return Heard{&session{Intake: &Intake{cfg: Config{Now: now, Metrics: m}}}}
}

// Report takes a report frame.
func (h Heard) Report(payload []byte) { h.s.reported(payload) }

// Pong takes a pong frame.
func (h Heard) Pong(payload []byte) error { return h.s.ponged(payload) }

// Said gives what was kept.
func (h Heard) Said() ledger.Observation { return h.s.said }

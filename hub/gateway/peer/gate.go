package peer

import (
	"sync"
	"time"
)

// Gate holds the breaker of one system. Safe for concurrent use.
type Gate struct {
	rule BreakerRule
	now  func() time.Time
	seen func(BreakerState) // told after each change, for the figures

	mu sync.Mutex // guards b
	b  Breaker
}

// NewGate gives a gate whose breaker is closed. It tells seen of each change.
func NewGate(rule BreakerRule, now func() time.Time, seen func(BreakerState)) *Gate {
	return &Gate{rule: rule, now: now, seen: seen}
}

// Ask reports whether a question may go out now.
func (g *Gate) Ask() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, yes := g.b.Ask(g.rule, g.now())
	g.set(next)
	return yes
}

// Answered takes what became of a question.
func (g *Gate) Answered(good bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if good {
		g.set(g.b.Good())
		return
	}
	g.set(g.b.Bad(g.rule, g.now()))
}

// GaveUp takes a question that we ended ourselves: it says nothing about the
// system, so a trial is over and the next question is one again.
func (g *Gate) GaveUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.b.State == BreakerHalfOpen {
		g.b.Until = g.now()
	}
}

// Until gives the end of the pause; zero when the system is asked.
func (g *Gate) Until() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.b.State == BreakerClosed {
		return time.Time{}
	}
	return g.b.Until
}

func (g *Gate) set(b Breaker) {
	if b.State != g.b.State {
		g.seen(b.State)
	}
	g.b = b
}

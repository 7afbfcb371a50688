package centre

import (
	"sync"
	"time"
)

// gate holds the breaker of one site.
type gate struct {
	rule BreakerRule
	now  func() time.Time
	seen func(BreakerState) // told after each change, for the figures

	mu sync.Mutex // guards b
	b  Breaker
}

// ask reports whether a question may go out now.
func (g *gate) ask() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, yes := g.b.Ask(g.rule, g.now())
	g.set(next)
	return yes
}

// answered takes what became of a question.
func (g *gate) answered(good bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if good {
		g.set(g.b.Good())
		return
	}
	g.set(g.b.Bad(g.rule, g.now()))
}

// gaveUp takes a question that we ended ourselves: it says nothing about the
// site, so a trial is over and the next question is one again.
func (g *gate) gaveUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.b.State == BreakerHalfOpen {
		g.b.Until = g.now()
	}
}

// until gives the end of the pause; zero when the site is asked.
func (g *gate) until() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.b.State == BreakerClosed {
		return time.Time{}
	}
	return g.b.Until
}

func (g *gate) set(b Breaker) {
	if b.State != g.b.State {
		g.seen(b.State)
	}
	g.b = b
}

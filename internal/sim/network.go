package sim

import (
	"slices"
	"time"
)

// Direction says which way a frame goes on a link.
type Direction int

// The directions.
const (
	Up   Direction = 0 // from the node to the hub
	Down Direction = 1 // from the hub to the node
)

// Weather is how a link treats what goes over it. The zero value carries
// everything at once, in order.
type Weather struct {
	Delay  time.Duration // one way
	Jitter time.Duration // at most so much more
	// Hostile treatment of single frames, as probabilities. A stream of QUIC
	// never does that; what must hold then is safety, not progress.
	Drop, Repeat, Reorder float64
}

// Link is the way between a node and the hub.
type Link struct {
	Weather
	cut   [2]bool
	clock *Scheduler
	rand  *Rand
	pipes []*Pipe
	// Harmed counts frames that were dropped, repeated or reordered.
	Harmed int
}

// NewLink gives a link that is not cut.
func NewLink(clock *Scheduler, rand *Rand, w Weather) *Link {
	return &Link{Weather: w, clock: clock, rand: rand}
}

// Whole reports whether both directions carry.
func (l *Link) Whole() bool { return !l.cut[Up] && !l.cut[Down] }

// Calm reports whether no frame is harmed on purpose.
func (l *Link) Calm() bool { return l.Drop == 0 && l.Repeat == 0 && l.Reorder == 0 }

// Cut stops one direction. What is under way arrives; what is sent from now on
// waits for Heal.
func (l *Link) Cut(d Direction) { l.cut[d] = true }

// Heal lets a direction carry again, and what waited goes on its way.
func (l *Link) Heal(d Direction) {
	l.cut[d] = false
	for _, p := range slices.Clone(l.pipes) {
		if p.direction != d {
			continue
		}
		held := p.held
		p.held = nil
		for _, fn := range held {
			p.carry(fn)
		}
	}
}

// RoundTrip gives the time of a frame and its answer in fair weather.
func (l *Link) RoundTrip() time.Duration { return 2*l.Delay + l.Jitter }

// Pipe is one ordered stream of frames in one direction.
type Pipe struct {
	link      *Link
	direction Direction
	last      time.Time // arrival of the newest frame
	held      []func()
	closed    bool
}

// Open opens a stream.
func (l *Link) Open(d Direction) *Pipe {
	p := &Pipe{link: l, direction: d}
	l.pipes = append(l.pipes, p)
	return p
}

// Close ends the stream: nothing that is under way arrives.
func (p *Pipe) Close() {
	if p.closed {
		return
	}
	p.closed, p.held = true, nil
	p.link.pipes = slices.DeleteFunc(p.link.pipes, func(one *Pipe) bool { return one == p })
}

// Send lets deliver happen when the frame arrives. Frames of a pipe arrive in
// order, unless the weather is hostile.
func (p *Pipe) Send(deliver func()) {
	l := p.link
	switch {
	case p.closed:
	case l.rand.Chance(l.Drop):
		l.Harmed++
	case l.cut[p.direction]:
		p.held = append(p.held, deliver)
	default:
		p.carry(deliver)
		if l.rand.Chance(l.Repeat) {
			l.Harmed++
			p.carry(deliver)
		}
	}
}

func (p *Pipe) carry(deliver func()) {
	l := p.link
	at := l.clock.Now().Add(l.Delay + l.rand.Between(0, l.Jitter))
	if l.rand.Chance(l.Reorder) {
		l.Harmed++
		at = at.Add(l.rand.Between(0, 4*l.Delay+time.Second))
	} else {
		if at.Before(p.last) {
			at = p.last
		}
		p.last = at
	}
	l.clock.At(at, func() {
		if !p.closed {
			deliver()
		}
	})
}

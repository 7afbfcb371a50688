package sim

import (
	"container/heap"
	"time"
)

// Scheduler is virtual time: it jumps from one event to the next. Events of the
// same moment happen in the order in which they were asked for. The zero value
// does not work; use NewScheduler.
type Scheduler struct {
	now   time.Time
	queue events
	count uint64
}

// NewScheduler begins at a moment.
func NewScheduler(start time.Time) *Scheduler { return &Scheduler{now: start} }

// Timer is an event that has not happened yet.
type Timer struct {
	at      time.Time
	order   uint64
	fn      func()
	stopped bool
}

// Stop makes sure that the event does not happen. A nil timer is stopped.
func (t *Timer) Stop() {
	if t != nil {
		t.stopped, t.fn = true, nil
	}
}

// Now gives the virtual moment.
func (s *Scheduler) Now() time.Time { return s.now }

// At lets fn happen at a moment, at once when that is past.
func (s *Scheduler) At(at time.Time, fn func()) *Timer {
	if at.Before(s.now) {
		at = s.now
	}
	s.count++
	t := &Timer{at: at, order: s.count, fn: fn}
	heap.Push(&s.queue, t)
	return t
}

// After lets fn happen after d.
func (s *Scheduler) After(d time.Duration, fn func()) *Timer { return s.At(s.now.Add(d), fn) }

// Run lets everything happen up to and including the moment until, or to the
// event after which stop is true, and gives how many events that were. Virtual
// time stands at until afterwards, unless it was stopped.
func (s *Scheduler) Run(until time.Time, stop func() bool) (steps int) {
	for s.queue.Len() > 0 && !s.queue[0].at.After(until) {
		t, _ := heap.Pop(&s.queue).(*Timer)
		if t.stopped {
			continue
		}
		s.now = t.at
		t.stopped = true
		t.fn()
		steps++
		if stop != nil && stop() {
			return steps
		}
	}
	s.now = until
	return steps
}

// events is a heap by moment, then by order of asking.
type events []*Timer //nolint:recvcheck // as container/heap asks for it

func (e events) Len() int { return len(e) }

func (e events) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].order < e[j].order
	}
	return e[i].at.Before(e[j].at)
}

func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *events) Push(x any) {
	t, _ := x.(*Timer)
	*e = append(*e, t)
}

// Pop implements heap.Interface.
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*e = old[:len(old)-1]
	return last
}

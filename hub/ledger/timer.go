package ledger

import (
	"slices"
	"strconv"

	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Timer is one running or paused time limit of a case.
type Timer struct {
	Clock uint8 `cbor:"1,keyasint"` // workflow.Clock
	// Due is when it passes, in milliseconds since 1970; zero while paused or
	// while it counts working days, which need a calendar.
	Due    int64  `cbor:"2,keyasint,omitempty"`
	Left   int64  `cbor:"3,keyasint,omitempty"` // milliseconds, while paused
	Start  int64  `cbor:"4,keyasint"`
	Amount uint16 `cbor:"5,keyasint"`
	Unit   uint8  `cbor:"6,keyasint"`           // workflow.Unit
	Of     uint8  `cbor:"7,keyasint,omitempty"` // workflow.Calendar
	Fires  uint8  `cbor:"8,keyasint,omitempty"` // workflow.Event; zero: an alarm
}

const (
	hourMillis = int64(3600_000)
	dayMillis  = 24 * hourMillis
)

// length gives the milliseconds of a limit that runs through; zero for one
// that counts in a calendar.
func length(l workflow.Limit) int64 {
	switch l.Unit {
	case workflow.Hours:
		return int64(l.Amount) * hourMillis
	case workflow.Days:
		return int64(l.Amount) * dayMillis
	case workflow.WorkingDays:
		return 0
	}
	return 0
}

// timerKey orders cases by the moment their next timer passes.
func timerKey(due int64, number uint64) []byte {
	return numbers(uint64(max(due, 0)), number)
}

// next gives when the case's next timer passes, 0 when none runs. Only this one
// stands in the index: most timers are stopped long before they pass.
func (c *Case) next() int64 {
	due := int64(0)
	for _, timer := range c.Timers {
		if timer.Due != 0 && (due == 0 || timer.Due < due) {
			due = timer.Due
		}
	}
	return due
}

// rearm moves the case in the index from where it stood.
func (t *tx) rearm(c *Case, was int64) error {
	now := c.next()
	if now == was {
		return nil
	}
	if was != 0 {
		if err := t.delete(inTimers, timerKey(was, c.Number)); err != nil {
			return err
		}
	}
	if now == 0 {
		return nil
	}
	return t.putRaw(inTimers, timerKey(now, c.Number), []byte{})
}

// timers makes the changes that a step asks for. A case has at most one timer
// of each clock.
func (t *tx) timers(c *Case, changes []workflow.Timer) error {
	was := c.next()
	for _, change := range changes {
		clock := uint8(change.Limit.Clock)
		switch change.Op {
		case workflow.TimerStart:
			c.stopTimer(clock)
			c.Timers = append(c.Timers, newTimer(change.Limit, t.time))
		case workflow.TimerStop:
			c.stopTimer(clock)
		case workflow.TimerPause:
			if timer := c.timer(clock); timer != nil && timer.Due != 0 {
				timer.Left, timer.Due = max(timer.Due-t.time, 1), 0
			}
		case workflow.TimerResume:
			if timer := c.timer(clock); timer != nil && timer.Left != 0 {
				timer.Due, timer.Left = t.time+timer.Left, 0
			}
		}
	}
	return t.rearm(c, was)
}

func newTimer(l workflow.Limit, now int64) Timer {
	timer := Timer{
		Clock: uint8(l.Clock), Start: now, Amount: l.Amount, Unit: uint8(l.Unit), Of: uint8(l.Calendar), Fires: uint8(l.Fires),
	}
	if n := length(l); n > 0 {
		timer.Due = now + n
	}
	return timer
}

func (c *Case) timer(clock uint8) *Timer {
	for i := range c.Timers {
		if c.Timers[i].Clock == clock {
			return &c.Timers[i]
		}
	}
	return nil
}

func (c *Case) stopTimer(clock uint8) {
	c.Timers = slices.DeleteFunc(c.Timers, func(one Timer) bool { return one.Clock == clock })
}

func (t *tx) nextTimer() (due int64, number uint64, found bool) {
	t.w.Ascend(inTimers, nil, func(key, _ []byte) bool {
		if len(key) == 16 {
			due, number, found = int64(toNumber(key)), toNumber(key[8:]), true //nolint:gosec // written from an int64
		}
		return false
	})
	return due, number, found
}

// fire steps the case as System, or raises the alarm when the limit has no
// event or the case does not take it any more.
func (t *tx) fire(n uint64, due int64) error {
	c, found, err := load[Case](t.w, inCases, number(n))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(c.Timers, func(timer Timer) bool { return timer.Due == due })
	if !found || at < 0 {
		return fault.New(fault.Corrupt, "ledger: read timers", strconv.FormatUint(n, 10), nil)
	}
	timer := c.Timers[at]
	c.stopTimer(timer.Clock)
	if err := t.rearm(&c, due); err != nil {
		return err
	}
	if timer.Fires != 0 {
		in := workflow.Input{Event: workflow.Event(timer.Fires), Actor: workflow.System}
		if out, err := workflow.Step(c.Flow.Case(), in); err == nil {
			return t.move(&c, in, out, 0)
		}
	}
	if err := t.passed(&c, timer); err != nil {
		return err
	}
	if err := t.put(inCases, number(n), c); err != nil {
		return err
	}
	return t.alarm(AlarmClock, "case "+strconv.FormatUint(n, 10)+" "+workflow.Clock(timer.Clock).String())
}

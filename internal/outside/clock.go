package outside

import (
	"sync/atomic"
	"time"
)

// Clock is simulated time: it starts as the real time and runs Speed times as
// fast. Safe for concurrent use.
type Clock struct {
	start time.Time
	speed float64
	ahead atomic.Int64 // what Advance added, ns
}

// NewClock starts a clock. A speed of zero or less is the speed of real time.
func NewClock(speed float64) *Clock {
	if speed <= 0 {
		speed = 1
	}
	return &Clock{start: time.Now(), speed: speed}
}

// Now gives the simulated time.
func (c *Clock) Now() time.Time {
	passed := float64(time.Since(c.start)) * c.speed
	return c.start.Add(time.Duration(passed) + time.Duration(c.ahead.Load())).UTC()
}

// Advance lets simulated time pass at once, for tests.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// Real gives how long a simulated duration takes.
func (c *Clock) Real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed)
}

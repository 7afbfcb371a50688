package sim

import "time"

// Fault is something that operators, disks, clocks and networks do. Do reports
// whether it could be done now.
type Fault struct {
	Name   string
	Weight int
	Do     func() bool
}

// Chaos lets faults happen at random moments until it is stopped.
type Chaos struct {
	clock  *Scheduler
	rand   *Rand
	faults []Fault
	total  int
	mean   time.Duration
	next   *Timer
	// Done counts, in the order of the faults, how often each happened.
	Done []int
}

// NewChaos draws from faults by weight, one in mean on average.
func NewChaos(clock *Scheduler, rand *Rand, mean time.Duration, faults []Fault) *Chaos {
	c := &Chaos{clock: clock, rand: rand, faults: faults, mean: mean, Done: make([]int, len(faults))}
	for _, f := range faults {
		c.total += f.Weight
	}
	c.plan()
	return c
}

func (c *Chaos) plan() {
	c.next = c.clock.After(c.rand.Spread(c.mean), func() {
		c.strike()
		c.plan()
	})
}

func (c *Chaos) strike() {
	at := c.rand.IntN(c.total)
	for i, f := range c.faults {
		if at -= f.Weight; at >= 0 {
			continue
		}
		if f.Do() {
			c.Done[i]++
		}
		return
	}
}

// Stop ends it.
func (c *Chaos) Stop() { c.next.Stop() }

// Count gives how many faults happened.
func (c *Chaos) Count() (n int) {
	for _, one := range c.Done {
		n += one
	}
	return n
}

package ship

import (
	"context"
	"sync"
	"time"

	"jaliya/internal/fault"
)

// LeastBudget is the smallest budget in bytes per second: with less, the hub
// would take the pause between two chunks for the end of the link.
const LeastBudget = 8000

// Budget is what images may take of the link, and when. Entries, receipts and
// notices are never held. The zero value allows everything.
type Budget struct {
	Rate  int64 // bytes per second; 0: none in quiet hours, or no limit without them
	Quiet *Quiet
}

// Quiet are the hours of a day in which the budget holds, in the post's own time.
type Quiet struct {
	From, To int // minutes of the day; From may be later than To: over midnight
	Zone     *time.Location
}

// ParseQuiet reads "09:00-17:00".
func ParseQuiet(text string, zone *time.Location) (*Quiet, error) {
	const op = "ship: read quiet hours"
	const clock = "15:04"
	if len(text) != len("09:00-17:00") || text[5] != '-' {
		return nil, fault.New(fault.Invalid, op, `write them as "09:00-17:00"`, nil)
	}
	from, err := time.Parse(clock, text[:5])
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "the first time", nil)
	}
	to, err := time.Parse(clock, text[6:])
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "the second time", nil)
	}
	q := &Quiet{From: from.Hour()*60 + from.Minute(), To: to.Hour()*60 + to.Minute(), Zone: zone}
	if q.From == q.To {
		return nil, fault.New(fault.Invalid, op, "they begin when they end", nil)
	}
	return q, nil
}

// Validate names what breaks a rule.
func (b Budget) Validate() error {
	switch {
	case b.Rate < 0, b.Rate > 0 && b.Rate < LeastBudget:
		return fault.New(fault.Invalid, "ship: validate budget", "less than 64 kbit/s", nil)
	case b.Quiet != nil && b.Quiet.Zone == nil:
		return fault.New(fault.Invalid, "ship: validate budget", "time zone", nil)
	}
	return nil
}

// Allowed is what a budget allows at one moment.
type Allowed struct {
	Held  bool      // there is a limit now
	Rate  int64     // bytes per second, 0: nothing; while Held
	Until time.Time // when that ends; zero: it does not
}

// At says what is allowed at a moment.
func (b Budget) At(now time.Time) Allowed {
	if b.Quiet == nil {
		return Allowed{Held: b.Rate > 0, Rate: b.Rate}
	}
	if !b.Quiet.holds(now) {
		return Allowed{}
	}
	return Allowed{Held: true, Rate: b.Rate, Until: b.Quiet.end(now)}
}

// holds compares clocks: on the day when clocks change, what they show counts.
func (q Quiet) holds(now time.Time) bool {
	local := now.In(q.Zone)
	minute := local.Hour()*60 + local.Minute()
	if q.From < q.To {
		return q.From <= minute && minute < q.To
	}
	return minute >= q.From || minute < q.To
}

func (q Quiet) end(now time.Time) time.Time {
	local := now.In(q.Zone)
	year, month, day := local.Date()
	if local.Hour()*60+local.Minute() >= q.To {
		day++
	}
	return time.Date(year, month, day, 0, q.To, 0, 0, q.Zone)
}

// pace holds images to the budget.
type pace struct {
	budget Budget
	now    func() time.Time
	one    chan struct{} // one upload at a time while they are held

	mu   sync.Mutex // guards free
	free time.Time  // when what was sent is within the budget
}

func newPace(b Budget, now func() time.Time) *pace {
	return &pace{budget: b, now: now, one: make(chan struct{}, 1)}
}

func (p *pace) allowed() Allowed { return p.budget.At(p.now()) }

// begin waits, while images are held, until no other is on its way.
func (p *pace) begin(ctx context.Context) (end func()) {
	if !p.allowed().Held {
		return func() {}
	}
	select {
	case p.one <- struct{}{}:
		return func() { <-p.one }
	case <-ctx.Done():
		return func() {}
	}
}

// take waits until n bytes more are within the budget. In hours without any it
// gives an error at once: the upload goes on when they are over.
func (p *pace) take(ctx context.Context, n int) error {
	const op = "ship: keep to the budget"
	a := p.allowed()
	if !a.Held {
		return nil
	}
	if a.Rate == 0 {
		return fault.New(fault.Unavailable, op, "quiet hours", nil)
	}
	now := p.now()
	p.mu.Lock()
	if p.free.Before(now) {
		p.free = now
	}
	wait := p.free.Sub(now)
	p.free = p.free.Add(time.Duration(n) * time.Second / time.Duration(a.Rate))
	p.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Unavailable, op, "", ctx.Err())
	}
}

package watch

import (
	"time"

	"jaliya/internal/config"
	"jaliya/internal/fault"
)

// Limits say when something becomes a need. Zero values are the defaults.
type Limits struct {
	Silent       config.Duration `toml:"silent"`        // open hours without a word of a post, default 15m
	BacklogToday config.Duration `toml:"backlog_today"` // age of the oldest entry that is not secured, default 2h
	BacklogNow   config.Duration `toml:"backlog_now"`   // default 12h
	StuckAfter   int             `toml:"stuck_after"`   // failed attempts after which a person is wanted, default 6
	ClockSoon    config.Duration `toml:"clock_soon"`    // a node's clock against the hub's, default 2m
	ClockToday   config.Duration `toml:"clock_today"`   // default 1h
	Reserve      config.Size     `toml:"reserve"`       // what a disk must keep, default 4 GiB
	Leaderless   config.Duration `toml:"leaderless"`    // of 24 hours, default 5m
}

// WithDefaults fills in what was left out.
func (l Limits) WithDefaults() Limits {
	or(&l.Silent, config.Duration(15*time.Minute))
	or(&l.BacklogToday, config.Duration(2*time.Hour))
	or(&l.BacklogNow, config.Duration(12*time.Hour))
	or(&l.StuckAfter, 6)
	or(&l.ClockSoon, config.Duration(2*time.Minute))
	or(&l.ClockToday, config.Duration(time.Hour))
	or(&l.Reserve, config.Size(4<<30))
	or(&l.Leaderless, config.Duration(5*time.Minute))
	return l
}

func or[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}

// Validate names the key that breaks a rule.
func (l Limits) Validate() error {
	const op = "watch: validate config"
	d := l.WithDefaults()
	switch {
	case time.Duration(d.Silent) < time.Minute:
		return fault.New(fault.Invalid, op, "watch.silent: at least 1m, for reports come every 15 s", nil)
	case d.BacklogToday <= 0 || d.BacklogNow < d.BacklogToday:
		return fault.New(fault.Invalid, op, "watch.backlog_now is not below watch.backlog_today", nil)
	case d.StuckAfter < 1 || d.StuckAfter > 1000:
		return fault.New(fault.Invalid, op, "watch.stuck_after: 1 to 1000", nil)
	case d.ClockSoon <= 0 || d.ClockToday < d.ClockSoon:
		return fault.New(fault.Invalid, op, "watch.clock_today is not below watch.clock_soon", nil)
	case d.Reserve < 0 || d.Leaderless <= 0:
		return fault.New(fault.Invalid, op, "watch.reserve and watch.leaderless are not negative", nil)
	}
	return nil
}

// Days before an end at which it becomes a need, by urgency.
type daysBefore struct{ now, today, soon int }

// The ends that are foreseen.
var (
	daysOfDevice  = daysBefore{now: 1, today: 7, soon: 30}
	daysOfMember  = daysBefore{now: 1, today: 3, soon: 3}
	daysOfHub     = daysBefore{now: 3, today: 14, soon: 30}
	daysAlone     = daysBefore{now: 2, today: 7, soon: 15}
	daysOfDisk    = daysBefore{now: 2, today: 7, soon: 21}
	hoursOfWeekly = 48 * time.Hour // of a working certificate that should have been renewed long before
)

// urgency gives how urgent an end in so many days is, 0 for not yet.
func (d daysBefore) urgency(days int) Urgency {
	switch {
	case days <= d.now:
		return Now
	case days <= d.today:
		return Today
	case days <= d.soon:
		return Soon
	}
	return 0
}

// lateAfter is how old an order may be before it counts as late (domain.md: a
// revocation within 4 hours).
func lateAfter(kind string) time.Duration {
	switch kind {
	case "revoke":
		return 4 * time.Hour
	case "examine", "verify", "route", "print", "manifest", "summary":
		return 2 * time.Hour
	}
	return 24 * time.Hour
}

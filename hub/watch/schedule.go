package watch

import (
	"slices"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
)

// Schedule is when a post is open, by its own clock.
type Schedule struct {
	zone   *time.Location
	hours  [7][]ledger.OpenHours
	closed map[consular.Date]bool
}

// Usual opening hours where nobody described others, in minutes from midnight.
const (
	usualFrom = 9 * 60
	usualTo   = 15 * 60
	halfDay   = 12 * 60
)

// weekOf gives the usual week of a host country: posts follow it (domain.md,
// host groups). Half days are given as such.
func weekOf(c consular.Country) (open, half []time.Weekday) {
	switch string(c) {
	case "DZ", "EG", "LY", "QA", "SA":
		return []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday}, nil
	case "AE":
		return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday}, []time.Weekday{time.Friday}
	}
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}, nil
}

// NewSchedule gives the opening hours of a post: those that people described, or
// the usual ones of its country.
func NewSchedule(p consular.Post, d ledger.Described) (Schedule, error) {
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return Schedule{}, err
	}
	s := Schedule{zone: zone, closed: map[consular.Date]bool{}}
	for _, day := range d.Closed {
		s.closed[day] = true
	}
	if len(d.Hours) > 0 {
		for _, h := range d.Hours {
			s.hours[h.Day%7] = append(s.hours[h.Day%7], h)
		}
		return s, nil
	}
	open, half := weekOf(p.Country)
	for _, day := range open {
		s.hours[day] = []ledger.OpenHours{{Day: uint8(day), From: usualFrom, To: usualTo}} //nolint:gosec // 0 to 6
	}
	for _, day := range half {
		s.hours[day] = []ledger.OpenHours{{Day: uint8(day), From: usualFrom, To: halfDay}} //nolint:gosec // 0 to 6
	}
	return s, nil
}

// period is one stretch of open hours.
type period struct{ from, to time.Time }

// on gives the open hours of the day that t is in at the post. A clock that goes
// forward or back at night moves them with it: they are hours of the wall.
func (s Schedule) on(t time.Time) []period {
	local := t.In(s.zone)
	year, month, day := local.Date()
	if s.closed[consular.NewDate(year, month, day)] {
		return nil
	}
	hours := s.hours[local.Weekday()]
	list := make([]period, 0, len(hours))
	for _, h := range hours {
		list = append(list, period{
			from: time.Date(year, month, day, 0, int(h.From), 0, 0, s.zone),
			to:   time.Date(year, month, day, 0, int(h.To), 0, 0, s.zone),
		})
	}
	return list
}

// nextDay gives noon of the day after: no change of clocks moves it into another.
func (s Schedule) nextDay(t time.Time) time.Time {
	year, month, day := t.In(s.zone).Date()
	return time.Date(year, month, day+1, 12, 0, 0, 0, s.zone)
}

// Open tells whether the post is open.
func (s Schedule) Open(t time.Time) bool {
	return slices.ContainsFunc(s.on(t), func(p period) bool { return !t.Before(p.from) && t.Before(p.to) })
}

// foresight bounds how far ahead opening hours are looked up, in days: longer
// closures are told without the day of their end.
const foresight = 40

// Next gives when the post opens next, and when the hours end that run now or
// then; zeros when not within foresight.
func (s Schedule) Next(t time.Time) (opens, closes time.Time) {
	day := t
	for range foresight {
		for _, p := range s.on(day) {
			if !t.Before(p.to) {
				continue
			}
			if closes.IsZero() {
				closes = p.to
			}
			if t.Before(p.from) {
				return p.from, closes
			}
		}
		day = s.nextDay(day)
	}
	return time.Time{}, closes
}

// OpenFor tells whether the post was open for at least so long between two
// moments. It looks at no more days than are needed.
func (s Schedule) OpenFor(from, to time.Time, long time.Duration) bool {
	var sum time.Duration
	for day := from; ; day = s.nextDay(day) {
		for _, p := range s.on(day) {
			begin, end := p.from, p.to
			if begin.Before(from) {
				begin = from
			}
			if end.After(to) {
				end = to
			}
			if end.After(begin) {
				sum += end.Sub(begin)
			}
			if sum >= long {
				return true
			}
		}
		if !s.nextDay(day).Before(to.AddDate(0, 0, 1)) {
			return false
		}
	}
}

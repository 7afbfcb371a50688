package lang

import "time"

// Ago writes how long ago something was, in the largest whole unit: "just
// now", "5 minutes ago", "3 days ago".
func (p Printer) Ago(d time.Duration) string { return p.relative("time.ago.", d) }

// In writes how soon something will be: "in 5 minutes".
func (p Printer) In(d time.Duration) string { return p.relative("time.in.", d) }

// Span writes a length of time: "5 minutes", "44 days".
func (p Printer) Span(d time.Duration) string { return p.relative("time.span.", d) }

// relative counts in days from two days on, so that "36 hours" stays exact
// where a deadline of one or two days is meant.
func (p Printer) relative(prefix string, d time.Duration) string {
	d = d.Abs()
	switch {
	case d < time.Minute:
		return p.T(prefix + "moment")
	case d < time.Hour:
		return p.T(prefix+"minutes", "count", int(d/time.Minute))
	case d < 48*time.Hour:
		return p.T(prefix+"hours", "count", int(d/time.Hour))
	default:
		return p.T(prefix+"days", "count", int(d/(24*time.Hour)))
	}
}

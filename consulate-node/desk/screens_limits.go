package desk

import (
	"jaliya/internal/lang"
)

// limitLine is one limit as a page shows it: how long, what happens then, and
// what to do.
type limitLine struct {
	Name, Left, Then, Do string
	Level, Word, Look    string // green, amber, red; in words; class and icon
}

var limitLooks = map[string]string{LimitGreen: "done", LimitAmber: "look", LimitRed: "bad"}

// limitLines puts the limits into words.
func (s *Screens) limitLines(p lang.Printer, list []Limit) []limitLine {
	var out []limitLine
	for _, l := range list {
		key := "alone.limit." + l.Name + "."
		line := limitLine{
			Name: p.T(key + "name"), Then: p.T(key + "then"), Level: l.Level, Word: p.T("alone.level." + l.Level),
			Look: limitLooks[l.Level], Left: p.T("alone.no_end"),
		}
		when := p.DateTime(l.Until.In(s.desk.zone))
		switch {
		case l.Days == nil:
		case l.Until.IsZero():
			line.Left = p.T("alone.none")
		case l.Over:
			line.Left = p.T("alone.over", "when", when)
		case *l.Days == 0:
			line.Left = p.T("alone.today", "when", when)
		default:
			line.Left = p.T("alone.left", "count", *l.Days) + " " + p.T("alone.until", "when", when)
		}
		if l.Level != LimitGreen {
			line.Do = p.T(key + "do")
		}
		out = append(out, line)
	}
	return out
}

// sortedLimits tells what comes near apart from what nobody has to think of.
func (s *Screens) sortedLimits(p lang.Printer, list []Limit) (near, far []limitLine) {
	for _, line := range s.limitLines(p, list) {
		if line.Level == LimitGreen {
			far = append(far, line)
		} else {
			near = append(near, line)
		}
	}
	return near, far
}

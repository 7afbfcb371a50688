package desk

import (
	"time"

	"jaliya/internal/lang"
)

// ComingBack is how far something that comes from the hub is.
type ComingBack struct {
	Back uint64 `json:"back"`
	Of   uint64 `json:"of"`
	Left int64  `json:"left_seconds,omitempty"` // about; 0 while nothing was measured
}

// Renewed is when and why the journal went on in a new incarnation: anchor,
// restored or settled.
type Renewed struct {
	Why string    `json:"why"`
	At  time.Time `json:"at"`
}

// renewedShown is for how long the page of the connection tells it.
const renewedShown = 7 * 24 * time.Hour

// backLine is one thing that comes back, in words.
type backLine struct {
	Text, Left string
	Back, Of   uint64
}

// comingBack says what is on its way to this machine.
func comingBack(p lang.Printer, l LinkStatus) (lines []backLine) {
	for _, one := range []struct {
		key string
		of  *ComingBack
	}{{"restore.entries", l.Restore}, {"restore.notices", l.Notices}} {
		if one.of == nil {
			continue
		}
		line := backLine{
			Text: p.T(one.key, "back", p.Number(shown(one.of.Back)), "of", p.Number(shown(one.of.Of))),
			Back: one.of.Back, Of: one.of.Of,
		}
		if one.of.Left > 0 {
			line.Left = p.T("restore.left", "span", p.Span(time.Duration(one.of.Left)*time.Second))
		}
		lines = append(lines, line)
	}
	return lines
}

func shown(n uint64) int64 { return int64(min(n, 1<<40)) }

// renewedText says, for a week, that the journal went on under another number.
func (s *Screens) renewedText(p lang.Printer, r *Renewed) (title, text string) {
	if r == nil || s.desk.now().Sub(r.At) > renewedShown || !p.Has("restore.why."+r.Why) {
		return "", ""
	}
	return p.T("restore.renewed", "when", p.DateTime(r.At.In(s.desk.zone))), p.T("restore.why." + r.Why)
}

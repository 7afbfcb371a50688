package alert

import (
	"strings"
	"time"
)

// body is what a call carries: deploy/contracts/alert.md.
type body struct {
	Type  string     `json:"type"` // "needs", "pulse" or "test"
	ID    string     `json:"id"`
	Hub   string     `json:"hub"`
	Time  time.Time  `json:"time"`
	Lines []bodyLine `json:"lines"`
	Open  []bodyLine `json:"open"`
	More  int        `json:"more"` // open needs that had no room
}

type bodyLine struct {
	Turn    Turn       `json:"turn"`
	Key     string     `json:"key"`
	Kind    string     `json:"kind"`
	Urgency string     `json:"urgency"`
	Post    string     `json:"post,omitempty"`
	Subject string     `json:"subject,omitempty"`
	Count   int        `json:"count,omitempty"`
	Days    *int       `json:"days,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
	Due     *time.Time `json:"due,omitempty"`
	Page    string     `json:"page,omitempty"`
	Runbook string     `json:"runbook"`
}

// maxOpen bounds the open needs that a call lists.
const maxOpen = 500

func payload(m message) body {
	b := body{Type: m.kind, ID: m.id, Hub: m.hub, Time: m.at.UTC().Truncate(time.Second), Lines: []bodyLine{}, Open: []bodyLine{}}
	for _, l := range m.lines {
		b.Lines = append(b.Lines, m.bodyLine(l))
	}
	for _, l := range m.open {
		if len(b.Open) == maxOpen {
			b.More = len(m.open) - maxOpen
			break
		}
		b.Open = append(b.Open, m.bodyLine(l))
	}
	return b
}

// bodyLine picks field by field: who has taken a need, what that person noted,
// and whom to call are for the console alone.
func (m message) bodyLine(l Line) bodyLine {
	n := l.Need
	out := bodyLine{
		Turn: l.Turn, Key: n.Key, Kind: string(n.Kind), Urgency: n.Urgency.String(), Post: string(n.Post), Subject: n.Subject,
		Runbook: n.Kind.Runbook(), Page: m.page(l),
	}
	if l.Turn == Ended {
		return out
	}
	out.Count, out.Since, out.Due = n.Count, moment(n.Since), moment(n.Due)
	if counted(n.Kind) && n.Days >= 0 {
		out.Days = &n.Days
	}
	return out
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// page gives the address of the console's page, empty when it is not known.
func (m message) page(l Line) string {
	if m.console == "" {
		return ""
	}
	return strings.TrimSuffix(m.console, "/") + l.Need.Where()
}

package alert

import (
	"strings"
	"time"

	"jaliya/hub/watch"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
)

// letter writes mails. Texts are those of alert.toml.
type letter struct {
	words lang.Printer
	posts *consular.Directory
	home  *time.Location // whose time mails tell
}

// maxLines bounds what a mail lists: more is read on the console.
const maxLines = 40

// counted tells whether a need of the kind counts days.
func counted(k watch.NeedKind) bool {
	return k == watch.NeedDisk || k == watch.NeedCertificate || k == watch.NeedAlone
}

// write gives subject and text.
func (w letter) write(m message) (subject, text string) {
	p := w.words
	if m.kind == kindTest {
		return bare(p.T("alert.test.subject")), p.T("alert.test.text") + "\n\n" + w.foot(m)
	}
	var b strings.Builder
	for i, l := range m.lines {
		if i == maxLines {
			b.WriteString(p.T("alert.more", "number", len(m.lines)-maxLines) + "\n\n")
			break
		}
		b.WriteString(w.line(m, l) + "\n")
	}
	return bare(w.subject(m)), b.String() + w.foot(m)
}

// subject names the one thing, or counts them; "now" comes first, so that a list
// of mails can be read at a glance.
func (w letter) subject(m message) string {
	p := w.words
	first := m.lines[0]
	if len(m.lines) == 1 {
		return p.T("alert.head", "urgency", w.urgency(first), "what", p.T("alert.need."+string(first.Need.Kind)+".name"), "where", w.place(first.Need))
	}
	now, ended := 0, 0
	for _, l := range m.lines {
		switch {
		case l.Turn == Ended:
			ended++
		case l.Need.Urgency == watch.Now:
			now++
		}
	}
	return p.T("alert.many", "now", now, "others", len(m.lines)-now-ended, "ended", ended)
}

func (w letter) urgency(l Line) string {
	if l.Turn == Ended {
		return w.words.T("alert.ended")
	}
	return w.words.T("alert.urgency." + l.Need.Urgency.String())
}

// line is a paragraph: what, where, since when, what to do, and where to read on.
func (w letter) line(m message, l Line) string {
	p, n := w.words, l.Need
	name := "alert.need." + string(n.Kind)
	rows := []string{p.T("alert.head", "urgency", w.urgency(l), "what", p.T(name+".name"), "where", w.place(n))}
	add := func(key string, args ...any) { rows = append(rows, "  "+p.T("alert."+key, args...)) }
	if l.Turn != Ended {
		if n.Count > 1 {
			add("count", "number", n.Count)
		}
		if counted(n.Kind) && n.Days >= 0 {
			add("days", "number", n.Days)
		}
		add("since", "time", n.Since.In(w.home))
		if !n.Due.IsZero() {
			add("due", "time", n.Due.In(w.home))
		}
		add("need." + string(n.Kind) + ".do")
		add("runbook", "file", lang.LTR(n.Kind.Runbook()))
	}
	if page := m.page(l); page != "" {
		rows = append(rows, "  "+page)
	}
	return strings.Join(rows, "\n") + "\n"
}

// place says where or on what: the city of a post, a pouch, a kind of order.
func (w letter) place(n watch.Need) string {
	if post, err := w.posts.Lookup(n.Post); err == nil {
		return lang.Isolate(post.City) + " (" + lang.LTR(string(n.Post)) + ")"
	}
	if n.Subject == "" {
		return w.words.T("alert.hub")
	}
	return lang.LTR(n.Subject)
}

func (w letter) foot(m message) string {
	return w.words.T("alert.foot", "time", m.at.In(w.home), "hub", lang.LTR(m.hub)) + "\n"
}

// bare leaves out marks of direction, which a list of mails shows as boxes.
func bare(s string) string { return isolates.Replace(s) }

var isolates = strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\u200e", "", "\u200f", "")

package console

import (
	"strings"
	"time"

	"jaliya/hub/watch"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
)

// needView is one line of what needs a person.
type needView struct {
	ID, Key, Seen  string
	Tone, Urgency  string
	Title, Effect  string
	Subject        string // what it is of, as it is written
	About          string // what it is of, in words
	Post, PostHref string
	Local          string // its time of day, and whether it is open
	Since, Due     string
	Owner, Note    string // who has it, what they wrote
	Taken, Mine    bool
	Telephone, Tel string // as people write it, and as a telephone dials it
	Href, Action   string
	Help           string
	May            bool            // the reader may take it
	Back           consular.PostID // the page to come back to, empty: the overview
}

func (s *Screens) needViews(p lang.Printer, who access.Principal, picture watch.Picture) []needView {
	out := make([]needView, 0, len(picture.Needs))
	posts := map[string]watch.Post{}
	for _, one := range picture.Posts {
		posts[string(one.ID)] = one
	}
	for _, n := range picture.Needs {
		out = append(out, s.needView(p, who, n, posts[string(n.Post)]))
	}
	return out
}

func (s *Screens) needView(p lang.Printer, who access.Principal, n watch.Need, post watch.Post) needView {
	now := s.console.Now()
	v := needView{
		ID: "need-" + slug(n.Key), Key: n.Key, Seen: string(n.Taken.By), Urgency: p.T("operate.urgency." + urgencyName(n.Urgency)),
		Tone: needTone(n.Urgency), Title: needTitle(p, n), Effect: p.T("operate.need." + string(n.Kind) + ".effect"),
		Href: n.Where(), Action: p.T("operate.need." + string(n.Kind) + ".action"), Help: "/operate/help#" + string(n.Kind),
		Telephone: n.Telephone, May: who.Role.Has(access.HubOperate), Taken: n.Taken.By != "", Mine: string(n.Taken.By) == who.ID,
	}
	v.Subject, v.About = subjectOf(p, n)
	if n.Post != "" {
		v.Post, v.PostHref, v.Local = s.postName(p, n.Post), "/operate/posts/"+string(n.Post), s.there(p, post, now)
		if v.Telephone == "" {
			v.Telephone = post.Telephone
		}
		v.Tel = dial(v.Telephone)
	}
	if !n.Since.IsZero() {
		v.Since = p.Ago(now.Sub(n.Since))
	}
	if n.Due.After(now) {
		v.Due = p.T("operate.due", "time", p.In(n.Due.Sub(now)))
	}
	if v.Taken {
		name := n.Taken.Name
		if name == "" {
			name = s.console.People.Name(string(n.Taken.By))
		}
		v.Owner, v.Note = p.T("operate.taken", "name", name, "ago", p.Ago(now.Sub(n.Taken.At))), n.Taken.Note
	}
	return v
}

// subjectOf says of what kind of order, request or certificate a need is; a
// label, a version and the name of a member are shown as they are written.
func subjectOf(p lang.Printer, n watch.Need) (written, words string) {
	switch n.Kind {
	case watch.NeedDead:
		return "", orderWords(p, n.Subject, "title")
	case watch.NeedBreach:
		if key := "operate.kind." + requestNames[n.Subject]; p.Has(key) {
			return "", p.T(key)
		}
	case watch.NeedCertificate:
		return certificateWords(p, n.Subject)
	case watch.NeedSilent, watch.NeedBacklog, watch.NeedRefused, watch.NeedPouch, watch.NeedDisk, watch.NeedMirror,
		watch.NeedAlone, watch.NeedClock, watch.NeedFenced, watch.NeedLeaderless, watch.NeedVersion:
	}
	return n.Subject, ""
}

// requestNames are the words of what a need of requests is of.
var requestNames = map[string]string{"cnie": "card", "record": "record"}

// certificateWords says whose certificate it is; the name of a member stays
// beside it as it is written.
func certificateWords(p lang.Printer, subject string) (written, words string) {
	of, name, _ := strings.Cut(subject, " ")
	if key := "operate.certificate." + of; p.Has(key) {
		return name, p.T(key)
	}
	return subject, ""
}

func needTone(u watch.Urgency) string {
	if u == watch.Now {
		return "alarm"
	}
	if u == watch.Today {
		return "half"
	}
	return "rest"
}

// dial leaves of a telephone number what a telephone dials.
func dial(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
}

// needTitle says what it is about, with how many or how long.
func needTitle(p lang.Printer, n watch.Need) string {
	at := "operate.need." + string(n.Kind)
	if !p.Has(at + ".title") {
		return string(n.Kind) // of a newer member
	}
	if n.Days < 0 && p.Has(at+".title_now") {
		return p.T(at + ".title_now")
	}
	span := p.Span(time.Duration(max(n.Days, 0)) * 24 * time.Hour)
	if n.Days <= 0 {
		span = p.T("operate.less_than_a_day")
	}
	return p.T(at+".title", "count", max(n.Count, 1), "span", span)
}

// slug makes a name for the page of a need's key.
func slug(key string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, key)
}

// there is local with the word that says of where.
func (s *Screens) there(p lang.Printer, post watch.Post, now time.Time) string {
	text := s.local(p, post, now)
	if text == "" {
		return ""
	}
	return p.T("operate.local.there", "text", text)
}

// local tells the time of day at a post, and whether people are there.
func (s *Screens) local(p lang.Printer, post watch.Post, now time.Time) string {
	zone := s.zones[post.ID]
	if zone == nil {
		return ""
	}
	clock := p.Clock(now.In(zone))
	switch {
	case post.OpenNow && post.ClosesAt.After(now):
		return p.T("operate.local.open_until", "clock", clock, "until", p.Clock(post.ClosesAt.In(zone)))
	case post.OpenNow:
		return p.T("operate.local.open", "clock", clock)
	case post.OpensAt.After(now):
		return p.T("operate.local.opens", "clock", clock, "when", p.DateTime(post.OpensAt.In(zone)))
	default:
		return p.T("operate.local.closed", "clock", clock)
	}
}

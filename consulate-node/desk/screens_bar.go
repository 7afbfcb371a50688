package desk

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// aloneDays is how long a post works without the hub before its trust is too
// old (design.md section 7).
const aloneDays = 45

// bar says in one glance how the post stands.
func (s *Screens) bar(p lang.Printer, st Status) web.LinkBar {
	bar := web.LinkBar{State: "good", Href: "/status", Refresh: "/live"}
	if s.o.SelfTest != nil {
		bar.Href = pathConnection
	}
	link := LinkStatus{}
	if st.Link != nil {
		link = *st.Link
	}
	switch {
	case st.Capture != "open":
		bar.State, bar.Title, bar.Text = "bad", p.T("desk.bar.full"), p.T("desk.bar.full_means")
	case link.Connected && len(comingBack(p, link)) > 0:
		line := comingBack(p, link)[0]
		bar.Title, bar.Text = p.T("desk.bar.connected", "transport", transport(link)), strings.TrimSpace(line.Text+" "+line.Left)
	case link.Connected && st.Unsecured == 0:
		bar.Title, bar.Text = p.T("desk.bar.connected", "transport", transport(link)), p.T("desk.bar.all")
		if st.Drafts > 0 { // a draft is at the post alone, whatever the line does
			bar.Text = p.T("receipt.released") + " " + p.T("receipt.drafts", "count", st.Drafts)
		}
	case link.Connected:
		bar.Title = p.T("desk.bar.connected", "transport", transport(link))
		bar.Text = p.T("desk.bar.sending", "count", int(min(st.Unsecured, 1<<30)))
	case link.Reason == fault.Fork.String():
		bar.State, bar.Title = "bad", p.T("fork.bar.title")
		bar.Text = p.T("desk.bar.held", "count", int(min(st.Unsecured, 1<<30))) + " " + p.T("fork.bar.text")
	default:
		bar.State = "alone"
		bar.Title = p.T("desk.bar.alone")
		if !link.Since.IsZero() {
			bar.Title = p.T("desk.bar.alone_since", "clock", lang.LTR(p.Clock(link.Since.In(s.desk.zone))))
		}
		bar.Text = p.T("desk.bar.held", "count", int(min(st.Unsecured, 1<<30))) + " " +
			p.T("desk.bar.left", "count", daysLeft(st, link.Since))
	}
	s.desk.diskBar(p, &bar)
	return bar
}

func transport(l LinkStatus) string {
	if l.Transport == "" {
		return "QUIC"
	}
	return strings.ToUpper(l.Transport)
}

// daysLeft counts from the last word of the hub, which a restart does not
// forget; where nobody counts that, since the link was lost.
func daysLeft(st Status, since time.Time) int {
	if days, known := aloneLeft(st.Limits); known {
		return days
	}
	if since.IsZero() {
		return aloneDays
	}
	return max(0, aloneDays-int(st.Now.Sub(since)/(24*time.Hour)))
}

// live gives the link bar anew to the script of a page.
func (s *Screens) live(c *gin.Context, who access.Principal) {
	st, err := s.desk.Status(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	s.ui.Part(c, http.StatusOK, "linkbar", s.bar(s.ui.Printer(c), st))
}

type fact struct{ Label, Text, Second, Kind string }

// statusPage tells the same with its reasons, for whoever wants to know.
func (s *Screens) statusPage(c *gin.Context, who access.Principal) {
	st, err := s.desk.Status(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	facts := []fact{
		{Label: p.T("desk.status.post"), Text: p.Post(s.desk.o.Post.Kind, s.desk.o.Post.City)},
		{Label: p.T("desk.status.unsecured"), Text: p.T("desk.status.entries", "count", int(min(st.Unsecured, 1<<30)))},
		{Label: p.T("desk.status.drafts"), Text: p.Number(int64(st.Drafts))},
		{Label: p.T("desk.status.now"), Text: p.DateTime(st.Now.In(s.desk.zone))},
	}
	if st.OldestAge > 0 {
		facts = append(facts, fact{Label: p.T("desk.status.oldest"), Text: p.Ago(time.Duration(st.OldestAge) * time.Second)})
	}
	if l := st.Link; l != nil && !l.Connected {
		facts = append(facts, fact{Label: p.T("desk.status.attempts"), Text: p.Number(int64(l.Attempts))})
		if !l.Next.IsZero() {
			facts = append(facts, fact{Label: p.T("desk.status.next"), Text: p.Clock(l.Next.In(s.desk.zone))})
		}
		if l.Reason != "" {
			facts = append(facts, fact{Label: p.T("desk.status.reason"), Text: lastWords(p, l.Reason)})
		}
	}
	if s.o.Records != nil {
		printer := s.printerWords(s.at(c, who))
		facts = append(facts, fact{Label: printer.Title, Text: printer.Text})
	}
	page := s.page(c, who, p.T("desk.status.title"))
	page.Template, page.Data = "status", gin.H{"Facts": facts, "Levels": levels(2), "Limits": s.limitLines(p, st.Limits)}
	s.ui.Render(c, http.StatusOK, page)
}

func levels(highest int) []web.Badge {
	out := []web.Badge{}
	for n := 1; n <= highest; n++ {
		out = append(out, web.Badge{Level: n, Means: true})
	}
	return out
}

package office

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// queue is a part of the work list: what waits for the same thing.
type queue string

// The queues.
const (
	queueMatching  queue = "matching"
	queueSearch    queue = "search"
	queueReview    queue = "review"
	queueIssue     queue = "issue"
	queueQuestions queue = "questions"
	queueSlot      queue = "slot"
	queueDone      queue = "done"
)

func queues() []queue {
	return []queue{queueMatching, queueSearch, queueReview, queueIssue, queueQuestions, queueSlot, queueDone}
}

// queueOf says where a request is in the list.
func queueOf(l Line) queue {
	switch l.State {
	case Matching, Resolve:
		return queueMatching
	case IdentityQuery:
		return queueQuestions
	case Matched, Searched:
		return queueSearch
	case Review:
		return queueReview
	case Clear, Decided:
		if l.Ordered {
			return queueSlot
		}
		return queueIssue
	case Issued, Refused:
		if l.Left {
			return queueDone
		}
		return queueSlot
	case Withdrawn, Revoked:
		return queueDone
	}
	return queueDone
}

// tab is one queue with its count.
type tab struct {
	Href, Label string
	Count       int
	Current     bool
}

// work is the work list: all that waits for an officer, or one queue of it.
func (s *Screens) work(c *gin.Context, who access.Principal) {
	list, err := s.office.List(who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	chosen := queue(c.Query("queue"))
	counts := make(map[queue]int)
	var lines []Line
	for _, l := range list {
		at := queueOf(l)
		counts[at]++
		waits := at != queueSlot && at != queueDone && at != queueQuestions
		if at == chosen || chosen == "" && waits {
			lines = append(lines, l)
		}
	}
	total := counts[queueMatching] + counts[queueSearch] + counts[queueReview] + counts[queueIssue]
	tabs := []tab{{Href: "/", Label: p.T("office.queue.all"), Count: total, Current: chosen == ""}}
	for _, one := range queues() {
		tabs = append(tabs, tab{"/?queue=" + string(one), p.T("office.queue." + string(one)), counts[one], chosen == one})
	}
	page := s.page(c, who, p.T("office.work.title"))
	page.Template, page.Wide = "work", true
	page.Data = gin.H{"Lead": p.T("office.work.lead", "count", total), "Tabs": tabs, "List": s.workList(p, lines)}
	s.ui.Render(c, http.StatusOK, page)
}

func (s *Screens) workList(p lang.Printer, lines []Line) web.WorkList {
	out := web.WorkList{
		ID: "work", Caption: p.T("office.work.title"), Empty: p.T("office.work.empty"),
		Columns: []string{
			p.T("office.col.request"), p.T("office.col.person"), p.T("office.col.product"), p.T("office.col.waits"), p.T("office.col.state"),
		},
	}
	now := s.office.needs.Now()
	for _, l := range lines {
		tone := "todo"
		if at := queueOf(l); at == queueSlot || at == queueDone {
			tone = "good"
		}
		name := l.Family.Latin + " " + l.Given.Latin
		out.Cards = append(out.Cards, web.Card{
			Href: "/requests/" + l.ID, Key: l.ID + " " + name + " " + l.Family.Arabic + " " + l.Given.Arabic,
			Cells: []web.Cell{
				{Kind: "code", Text: l.ID},
				{Kind: "name", Text: name, Second: l.Family.Arabic + " " + l.Given.Arabic},
				{Text: productWords(p, l.Product)},
				{Text: p.Span(now.Sub(l.Arrived)), Second: p.Date(consular.DateOf(l.Arrived.In(s.zone)))},
				{Kind: "state", Tone: tone, Text: p.T("office.queue." + string(queueOf(l)))},
			},
		})
	}
	return out
}

func productWords(p lang.Printer, product string) string {
	service, err := consular.ParseService(product)
	if err != nil {
		return p.T("office.request.unknown")
	}
	return p.Service(service)
}

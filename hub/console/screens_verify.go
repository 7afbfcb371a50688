package console

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// soon is how long before a limit the list begins to warn.
const soon = 24 * time.Hour

// waiting is the work list.
func (s *Screens) waiting(c *gin.Context, who access.Principal) {
	list, err := s.console.Waiting(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("console.verify.title"))
	page.Template, page.Wide = "waiting", true
	if said := c.Query("said"); said != "" && p.Has("console.said."+said) {
		page.Notice = &web.Notice{Kind: "good", Title: p.T("console.said." + said)}
	}
	if c.Query("check") == "reference" {
		page.Errors = []web.FieldError{{Href: "#words", Text: p.T("console.rule.reference")}}
	}
	page.Data = gin.H{"Lead": p.T("console.verify.lead", "count", len(list)), "List": s.waitingList(p, list)}
	s.ui.Render(c, http.StatusOK, page)
}

func (s *Screens) waitingList(p lang.Printer, list []Waiting) web.WorkList {
	out := web.WorkList{
		ID: "waiting", Caption: p.T("console.verify.title"), Empty: p.T("console.verify.empty"),
		Columns: []string{
			p.T("console.col.reference"), p.T("console.col.service"), p.T("console.col.post"), p.T("console.col.waits"),
			p.T("console.col.due"),
		},
	}
	now := s.console.Now()
	for _, w := range list {
		card := web.Card{
			Href: "/verify/case/" + w.Reference.Digits(), Key: w.Reference.Digits() + " " + w.Reference.String() + " " + string(w.Serving) + " " + s.postName(p, w.Serving),
			Cells: []web.Cell{
				{Kind: "code", Text: w.Reference.String()},
				{Text: p.T("desk.service.short." + w.Service.String())},
				{Text: s.postName(p, w.Serving), Second: again(p, w)},
				{Text: p.Span(now.Sub(w.Since)), Second: p.Date(consular.DateOf(w.Since.In(s.zone)))},
				s.dueCell(p, w.Due, now),
			},
		}
		card.Marked = card.Cells[4].Tone == "warn"
		out.Cards = append(out.Cards, card)
	}
	return out
}

// again says that a packet is not the first of its case.
func again(p lang.Printer, w Waiting) string {
	if w.Packets < 2 {
		return ""
	}
	return p.T("console.verify.again", "count", int(w.Packets))
}

// dueCell says by when, in words and with an icon, never by color alone.
func (s *Screens) dueCell(p lang.Printer, due, now time.Time) web.Cell {
	cell := web.Cell{Kind: "state", Tone: "todo", Text: p.T("console.due.none")}
	if due.IsZero() {
		return cell
	}
	day := p.Date(consular.DateOf(due.In(s.zone)))
	switch left := due.Sub(now); {
	case left < 0:
		cell.Tone, cell.Text = "warn", p.T("console.due.late", "span", p.Span(left))
	case left < soon:
		cell.Tone, cell.Text = "warn", p.T("console.due.today", "date", day)
	default:
		cell.Text = p.T("console.due.by", "date", day)
	}
	return cell
}

// findCase opens the case of a reference that was typed, for who works without
// scripts.
func (s *Screens) findCase(c *gin.Context, _ access.Principal) {
	ref, err := consular.ParseReference(typed(c, "words"))
	if err != nil {
		web.See(c, "/verify?check=reference")
		return
	}
	web.See(c, "/verify/case/"+ref.Digits())
}

// file is the page of one case: everything that is in its packet.
func (s *Screens) file(c *gin.Context, who access.Principal) {
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		s.fail(c, who, noCase())
		return
	}
	f, err := s.console.File(c.Request.Context(), who, ref)
	if fault.Is(err, fault.NotFound) {
		s.gone(c, who)
		return
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("console.file.title"))
	page.Template, page.Wide = "file", true
	if check := c.Query("check"); p.Has("console.decide." + check + ".title") {
		page.Errors = []web.FieldError{{Href: "#decide-" + check, Text: p.T("console.rule.reason")}}
	}
	page.Data = s.fileView(p, f, c.Query("check"))
	s.ui.Render(c, http.StatusOK, page)
}

// gone tells that a case waits no more; nothing of it was opened.
func (s *Screens) gone(c *gin.Context, who access.Principal) {
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("console.gone.title"))
	page.Template, page.Data = "told", gin.H{
		"Title": page.Title, "Text": p.T("console.gone.text"), "Href": "/verify", "Label": p.T("console.file.back"),
	}
	s.ui.Render(c, http.StatusNotFound, page)
}

func (s *Screens) image(c *gin.Context, who access.Principal) {
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		s.fail(c, who, noCase())
		return
	}
	image, err := s.console.Image(c.Request.Context(), who, ref, c.Param("part"))
	if err != nil {
		s.fail(c, who, err)
		return
	}
	send(c, image)
}

func (s *Screens) decide(c *gin.Context, who access.Principal) {
	ref, err := consular.ParseReference(c.Param("reference"))
	if err != nil {
		s.fail(c, who, noCase())
		return
	}
	in := Decision{Reference: ref, Order: numberOf(c, "order"), Seen: numberOf(c, "version"), Decision: typed(c, "decision")}
	if text := typed(c, "reason"); text != "" {
		if in.Reason, err = consular.ParseRefusalReason(text); err != nil {
			s.fail(c, who, err)
			return
		}
	}
	if in.Reason == 0 && len(ReasonsFor(in.Decision)) > 0 {
		web.See(c, "/verify/case/"+ref.Digits()+"?check="+in.Decision)
		return
	}
	_, err = s.console.Decide(c.Request.Context(), who, in)
	if moved, ok := errors.AsType[*MovedError](err); ok {
		s.tooLate(c, who, moved)
		return
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, "/verify?said="+in.Decision)
}

// tooLate says who was faster, and with what; nothing was changed.
func (s *Screens) tooLate(c *gin.Context, who access.Principal, m *MovedError) {
	p := s.ui.Printer(c)
	page := s.page(c, who, p.T("console.late.title"))
	text := p.T("console.late.changed")
	if m.By != "" {
		text = p.T("console.late.decided", "name", s.console.People.Name(m.By), "what", eventWords(p, m.Event), "clock", p.Clock(m.At.In(s.zone)))
	}
	page.Template, page.Data = "told", gin.H{
		"Title": page.Title, "Text": text, "Next": p.T("console.late.next"), "Href": "/verify", "Label": p.T("console.file.back"),
	}
	s.ui.Render(c, http.StatusConflict, page)
}

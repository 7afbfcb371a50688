package desk

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/records"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/ipp"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// The places of criminal records and calls.
const (
	pathRecords = "/records"
	pathRecord  = pathRecords + "/:reference"
)

// RecordScreenRoutes lists the screens of documents to print and of calls.
func RecordScreenRoutes() []ScreenRoute {
	get, post := http.MethodGet, http.MethodPost
	return []ScreenRoute{
		{get, pathRecords, access.CardRead, (*Screens).recordsPage},
		{post, pathRecords, access.CardRead, (*Screens).findRecords},
		{get, pathRecord, access.CardRead, (*Screens).recordPage},
		{post, pathRecord + "/begin", access.HandoverWrite, (*Screens).beginPrint},
		{post, pathRecord + "/again", access.HandoverWrite, (*Screens).printAgain},
		{post, pathRecord + "/sheet", access.HandoverWrite, (*Screens).noteSheet},
		{post, pathRecord + "/spoilt", access.HandoverWrite, (*Screens).noteSpoilt},
		{post, pathRecord + "/give", access.HandoverWrite, (*Screens).giveRecord},
		{post, pathRecord + "/called", access.HandoverWrite, (*Screens).noteCall},
	}
}

func recordPath(ref consular.Reference) string { return pathRecords + "/" + ref.Digits() }

// recordPlaces are its parts of the navigation.
func (s *Screens) recordPlaces(c *gin.Context, who access.Principal) []web.NavLink {
	if s.o.Records == nil || !who.Role.Has(access.CardRead) {
		return nil
	}
	at := c.Request.URL.Path
	here := at == pathRecords || strings.HasPrefix(at, pathRecords+"/")
	return []web.NavLink{{Href: pathRecords, Label: s.ui.Printer(c).T("records.nav"), Current: here}}
}

// askPrinter is how long a page waits for the printer's answer.
const askPrinter = 2 * time.Second

// printerWords says how the printer stands.
func (s *Screens) printerWords(at screen) web.Notice {
	ctx, cancel := context.WithTimeout(at.c.Request.Context(), askPrinter)
	defer cancel()
	reason := s.o.Records.Printer(ctx)
	out := web.Notice{Kind: "warn", Title: at.p.T("records.printer.title"), Text: printerReason(at.p, reason)}
	if reason == ipp.Ready {
		out.Kind = "good"
	}
	return out
}

func printerReason(p lang.Printer, reason ipp.Reason) string {
	if reason == ipp.Ready {
		return p.T("records.printer.ready")
	}
	if key := "records.printer." + strings.ReplaceAll(string(reason), "-", "_"); p.Has(key) {
		return p.T(key)
	}
	return p.T("records.printer.stopped")
}

func (s *Screens) recordsPage(c *gin.Context, who access.Principal) {
	s.showRecords(s.at(c, who), "", told{}, nil)
}

func (s *Screens) showRecords(at screen, typed string, said told, found *hits) {
	text := recordLine(at.p, "text", typed)
	said.mark(&text)
	page := s.page(at.c, at.who, at.p.T("records.title"))
	page.Template, page.Wide = "records", true
	data := gin.H{"Text": text, "Found": found, "Printer": s.printerWords(at)}
	if found == nil {
		all, err := s.o.Records.List(at.c.Request.Context(), at.who)
		if err != nil {
			s.fail(at.c, at.who, err)
			return
		}
		call := func(v records.View) bool { return v.Stage == records.StageCall }
		calls := slices.DeleteFunc(slices.Clone(all), func(v records.View) bool { return !call(v) })
		data["Waiting"] = s.recordList(at.p, "waiting", slices.DeleteFunc(all, call))
		if len(calls) > 0 {
			data["Calls"] = s.recordList(at.p, "calls", calls)
		}
	}
	page.Data = data
	s.render(at, page, said)
}

// recordList is a list that hangs open beside the counter: no names, unless a
// search was made for one.
func (s *Screens) recordList(p lang.Printer, id string, all []records.View) web.WorkList {
	out := web.WorkList{
		ID: id, Caption: p.T("records.list." + id), Empty: p.T("records.list.empty"),
		Columns: []string{p.T("records.col.reference"), p.T("records.col.service"), p.T("records.col.since"), p.T("records.col.stage")},
	}
	for _, v := range all {
		out.Cards = append(out.Cards, web.Card{Href: recordPath(v.Reference), Marked: acts(v.Stage), Cells: []web.Cell{
			{Kind: "code", Text: v.Reference.String()},
			{Text: serviceShort(p, v.Service.String())},
			{Text: s.moment(p, v.Heard)},
			stageCell(p, v),
		}})
	}
	return out
}

// acts are the stages in which somebody at the post must do something now.
func acts(stage records.Stage) bool {
	switch stage {
	case records.StageSheet, records.StageUnsure, records.StageLost, records.StageStopped, records.StageCall, records.StagePrinted:
		return true
	case records.StageWaiting, records.StageAsked, records.StageFetching, records.StagePrinting, records.StageGiven, records.StageOnline:
	}
	return false
}

func stageCell(p lang.Printer, v records.View) web.Cell {
	cell := web.Cell{Kind: "state", Tone: "info", Text: p.T("records.stage." + string(v.Stage))}
	switch v.Stage { //nolint:exhaustive // the others are neither good nor bad
	case records.StageUnsure, records.StageLost, records.StageStopped:
		cell.Tone = "bad"
	case records.StageSheet, records.StageCall, records.StagePrinted:
		cell.Tone = "warn"
	case records.StageGiven:
		cell.Tone = "good"
	}
	if v.Called {
		cell.Tone, cell.Text = "good", p.T("records.call.done")
	}
	return cell
}

// findRecords looks by name or reference. The answer stands at the address of
// the form: a name is in no address.
func (s *Screens) findRecords(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	typed := searched(clip(c.PostForm("text")))
	v, err := s.o.Records.Find(c.Request.Context(), who, typed)
	if err != nil {
		if said, ok := s.tellAs(at, err, "records"); ok {
			s.showRecords(at, typed, said, nil)
		}
		return
	}
	out := &hits{List: web.WorkList{
		ID: "hits", Caption: at.p.T("records.list.hits"),
		Columns: []string{at.p.T("desk.col.person"), at.p.T("desk.field.birth_date"), at.p.T("records.col.service"), at.p.T("records.col.stage")},
	}}
	for _, one := range v.Files {
		name, other := byOwnScript(at.p, one.Family, one.Given)
		out.List.Cards = append(out.List.Cards, web.Card{Href: recordPath(one.Reference), Marked: acts(one.Stage), Cells: []web.Cell{
			{Kind: "name", Text: name, Second: other},
			{Text: at.p.BirthDate(one.Birth)},
			{Text: serviceShort(at.p, one.Service.String())},
			stageCell(at.p, one),
		}})
	}
	switch {
	case v.More:
		out.Notice = &web.Notice{Kind: "warn", Title: at.p.T("records.find.more"), Text: at.p.T("records.find.more_text")}
	case len(v.Files) == 0:
		out.Notice = &web.Notice{Kind: "warn", Title: at.p.T("records.find.none"), Text: at.p.T("records.find.none_text")}
	}
	s.showRecords(at, typed, told{}, out)
}

// recordLine makes the field of one question.
func recordLine(p lang.Printer, id, text string, shape ...func(*web.Field)) web.Field {
	return lineAs(p, "records", field{id, text}, shape...)
}

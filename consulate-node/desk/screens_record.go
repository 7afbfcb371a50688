package desk

import (
	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/records"
	"jaliya/internal/access"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// lookAgain is after how many seconds a page looks again at a print under way,
// with scripts or without.
const lookAgain = "2"

func (s *Screens) recordPage(c *gin.Context, who access.Principal) {
	s.showRecord(s.at(c, who), told{})
}

// showRecord shows one document at the counter. While a print runs the page
// comes anew by itself and shows nobody's name: who looked was said before.
func (s *Screens) showRecord(at screen, said told) {
	ctx, reference := at.c.Request.Context(), at.c.Param("reference")
	v, err := s.o.Records.Progress(ctx, at.who, reference)
	running := err == nil && (v.Stage == records.StageAsked || v.Stage == records.StageFetching || v.Stage == records.StagePrinting)
	if err == nil && !running {
		v, err = s.o.Records.Get(ctx, at.who, reference)
	}
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	if running {
		at.c.Header("Refresh", lookAgain)
	}
	name, other := at.p.T("records.running"), ""
	if !running {
		name, other = byOwnScript(at.p, v.Family, v.Given)
	}
	stand := s.recordStand(at, v)
	data := gin.H{
		"Stage": string(v.Stage), "Name": name, "Other": other, "Path": recordPath(v.Reference), "Facts": s.recordFacts(at.p, v),
		"Stand": stand, "Running": running, "Fetched": v.Fetched, "Total": v.Total, "Called": v.Called,
		"Level": web.Badge{Level: levelNumber(v.Level), Means: true}, "Refused": refusedBefore(at.p, v.Refused),
		"MayWrite": at.who.Role.Has(access.HandoverWrite), "MaySpoil": v.Spoilt == 0,
	}
	if v.Total > 0 {
		data["Percent"] = int(100 * v.Fetched / v.Total) //nolint:gosec // at most a hundred
	}
	if v.Stage == records.StageWaiting {
		data["Printer"] = s.printerWords(at)
		if v.WrongCode && said.notice == nil && said.errors == nil {
			said.notice = &web.Notice{Kind: "bad", Title: at.p.T("records.wrong.title"), Text: at.p.T("records.wrong.text")}
		}
	}
	s.recordForms(at, data, said)
	page := s.page(at.c, at.who, at.p.T("records.one"))
	page.Template, page.Data = "record", data
	s.render(at, page, said)
}

// recordForms are the questions of all stages; the page shows those of its own.
func (s *Screens) recordForms(at screen, data gin.H, said told) {
	typed := func(id string) string { return clip(at.c.PostForm(id)) }
	code := recordLine(at.p, "slip_code", "", mono, func(f *web.Field) { f.Mode, f.Auto = "numeric", "off" })
	sheet := recordLine(at.p, "sheet", typed("sheet"), mono)
	spoilt := recordLine(at.p, "spoilt_sheet", typed("spoilt_sheet"), mono, optional)
	why := recordLine(at.p, "why", typed("why"))
	shown := recordLine(at.p, "document", "")
	shown.Kind = "radio"
	for _, value := range wordsDocument[1:4] {
		shown.Options = append(shown.Options, web.Option{
			Value: value, Label: at.p.T("records.document." + value), Chosen: value == at.c.PostForm("document"),
		})
	}
	said.mark(&code, &sheet, &spoilt, &why, &shown)
	data["Code"], data["Sheet"], data["SpoiltSheet"], data["Why"], data["Document"] = code, sheet, spoilt, why, shown
	data["Face"], data["FaceWrong"] = ticked(at.c, "face"), said.wrong["face"]
	data["Second"] = s.second(at, true)
	data["SpoiltOpen"] = said.wrong["why"] != "" || said.wrong["spoilt_sheet"] != "" || typed("why") != ""
}

// recordStand says where the document stands and what follows.
func (s *Screens) recordStand(at screen, v records.View) web.Notice {
	out := web.Notice{
		Kind: "info", Title: at.p.T("records.stage." + string(v.Stage)), Text: at.p.T("records.stand." + string(v.Stage)),
	}
	switch v.Stage { //nolint:exhaustive // the others say nothing but where it stands
	case records.StageUnsure, records.StageStopped:
		out.Kind, out.Text = "bad", printerReason(at.p, v.Reason)+" "+out.Text
	case records.StageLost:
		out.Kind = "bad"
	case records.StagePrinting:
		if v.Reason != "" {
			out.Kind, out.Text = "warn", printerReason(at.p, v.Reason)+" "+at.p.T("records.stand.standing")
		}
	case records.StageGiven:
		out.Kind = "good"
	case records.StageCall:
		out.Kind = "warn"
		if v.Called {
			out.Kind, out.Title, out.Text = "good", at.p.T("records.call.done"), at.p.T("records.call.done_text")
		}
	}
	return out
}

func (s *Screens) recordFacts(p lang.Printer, v records.View) (out []fact) {
	add := func(label, text, kind string) {
		if text != "" {
			out = append(out, fact{Label: label, Text: text, Kind: kind})
		}
	}
	if v.Birth != "" {
		add(p.T("desk.field.birth_date"), p.BirthDate(v.Birth), "")
	}
	add(p.T("records.col.service"), serviceShort(p, v.Service.String()), "")
	add(p.T("records.col.reference"), v.Reference.String(), "code")
	add(p.T("records.fact.phone"), v.Phone, "code")
	add(p.T("records.fact.email"), v.Email, "code")
	if v.Language != "" && v.Phone+v.Email != "" {
		add(p.T("records.fact.language"), p.T("records.language."+v.Language), "")
	}
	add(p.T("records.fact.sheet"), v.Sheet, "code")
	add(p.T("records.col.since"), s.moment(p, v.Heard), "")
	add(p.T("records.fact.given"), s.moment(p, v.GivenAt), "")
	return out
}

// afterRecord goes back to the page of the document, or says on it what is wrong.
func (s *Screens) afterRecord(at screen, v records.View, err error) {
	if err == nil {
		web.See(at.c, recordPath(v.Reference))
		return
	}
	if said, ok := s.tellAs(at, err, "records"); ok {
		s.showRecord(at, said)
	}
}

func (s *Screens) beginPrint(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, err := s.o.Records.Begin(c.Request.Context(), who, c.Param("reference"), clip(c.PostForm("slip_code")))
	s.afterRecord(at, v, err)
}

func (s *Screens) printAgain(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, err := s.o.Records.Again(c.Request.Context(), who, c.Param("reference"))
	s.afterRecord(at, v, err)
}

func (s *Screens) noteSheet(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, err := s.o.Records.Printed(c.Request.Context(), who, c.Param("reference"), clip(c.PostForm("sheet")))
	s.afterRecord(at, v, err)
}

// noteSpoilt records a spoilt print. A second person's code works once, so the
// form is judged before they are asked who they are.
func (s *Screens) noteSpoilt(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	in := records.SpoiltInput{
		Reference: c.Param("reference"), Why: clip(c.PostForm("why")), Sheet: clip(c.PostForm("spoilt_sheet")),
	}
	v, err := s.o.Records.Spoilt(c.Request.Context(), who, in)
	if web.Has(err, web.CodeTwoPersons) && clip(c.PostForm("second.staff")) != "" {
		if in.Second, err = s.beside(at); err == nil {
			v, err = s.o.Records.Spoilt(c.Request.Context(), who, in)
		}
	}
	s.afterRecord(at, v, err)
}

func (s *Screens) giveRecord(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	in := records.GiveInput{Reference: c.Param("reference"), Sheet: clip(c.PostForm("sheet")), Face: ticked(c, "face")}
	for i, word := range wordsDocument {
		if word != "" && word == c.PostForm("document") {
			in.Document = wire.ShownDocument(i)
		}
	}
	v, err := s.o.Records.HandOver(c.Request.Context(), who, in)
	s.afterRecord(at, v, err)
}

func (s *Screens) noteCall(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, err := s.o.Records.Called(c.Request.Context(), who, c.Param("reference"))
	s.afterRecord(at, v, err)
}

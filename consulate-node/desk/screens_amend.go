package desk

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func amendRoutes() []ScreenRoute {
	return []ScreenRoute{
		{http.MethodGet, "/requests/:reference/amend", access.VisitWrite, (*Screens).amendPage},
		{http.MethodPost, "/requests/:reference/amend", access.VisitWrite, (*Screens).amend},
		{http.MethodPost, "/requests/:reference/read", access.VisitWrite, (*Screens).read},
	}
}

// amendPage says what a correction is before one begins: everything is
// captured anew, so the person must be there.
func (s *Screens) amendPage(c *gin.Context, who access.Principal) {
	s.showAmend(s.at(c, who), http.StatusOK, AmendInput{Visit: wire.NewRecordID()}, nil)
}

func (s *Screens) showAmend(at screen, status int, in AmendInput, wrong []FieldRule) {
	v, err := s.desk.Get(at.c.Request.Context(), at.who, at.c.Param("reference"))
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	if v.Amending != "" {
		web.See(at.c, "/visits/"+v.Amending)
		return
	}
	page := s.page(at.c, at.who, at.p.T("amend.title"))
	b := &builder{p: at.p, wrong: sentences(at.p, wrong)}
	b.text(value{id: "slip_code", key: "slip_code", into: &in.SlipCode}, shapes(mono, optional, hint(at.p.T("amend.slip_hint")),
		func(f *web.Field) { f.Mode = "numeric" }))
	page.Errors = summary(at.p, wrong)
	data := gin.H{"Reference": v.Reference.String(), "Digits": v.Reference.Digits(), "Amendable": v.Amendable, "Form": web.Form{
		Action: "/requests/" + v.Reference.Digits() + "/amend", Rows: b.rows, Save: at.p.T("amend.begin"),
		Hidden: []web.Option{{Value: "visit", Label: in.Visit.String()}},
	}}
	s.sayReason(at.p, data, v.Reason)
	s.tellPerson(at.p, data)
	page.Template, page.Data = "amend", data
	s.ui.Render(at.c, status, page)
}

func (s *Screens) amend(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	id, err := wire.ParseRecordID(c.PostForm("visit"))
	if err != nil {
		id = wire.NewRecordID() // a form of ours always carries one
	}
	in := AmendInput{Reference: c.Param("reference"), Visit: id, SlipCode: clip(c.PostForm("slip_code"))}
	v, err := s.desk.Amend(c.Request.Context(), who, in)
	switch wrong := slipWrong(err); {
	case len(wrong) > 0:
		s.showAmend(at, http.StatusUnprocessableEntity, in, wrong)
	case err != nil:
		s.fail(c, who, err)
	default:
		web.See(c, stepPath(v.Visit, stepPerson))
	}
}

// slipWrong gives what is wrong with the code of the slip alone.
func slipWrong(err error) []FieldRule {
	if !fault.Is(err, fault.Invalid) {
		return nil
	}
	var out []FieldRule
	for _, v := range web.ProblemOf(err, web.English).Violations {
		if v.Field == "slip_code" {
			out = append(out, FieldRule{Field: v.Field, Rule: consular.Rule(v.Rule)})
		}
	}
	return out
}

// tellPerson marks the words that are meant for the person, on a page that only
// staff read.
func (*Screens) tellPerson(p lang.Printer, data gin.H) {
	if next, ok := data["WhyNext"].(string); ok && next != "" {
		data["WhyNext"] = p.T("amend.tell", "text", next)
	}
}

// read takes a refusal from the list of those that wait.
func (s *Screens) read(c *gin.Context, who access.Principal) {
	if err := s.desk.Read(c.Request.Context(), who, c.Param("reference")); err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, "/")
}

// amendView is what the page of a request says about its correction.
type amendView struct {
	Digits    string
	May       bool   // the reader may begin one, or go on with it
	Begin     bool   // nothing has been decided, none is under way
	Asked     bool   // the hub sent the request back: it is the next thing to do
	Amending  string // the draft under way
	Unamended string // the hub's refusal in words, with what it means and what to do
	Means     string
	Refused   bool // the first packet was refused: a new visit is the next thing
	Unread    bool
}

func (s *Screens) amendView(p lang.Printer, who access.Principal, v RequestView) amendView {
	out := amendView{
		Digits: v.Reference.Digits(), May: mayWrite(who), Amending: v.Amending, Refused: v.Refused,
		Begin: v.Amendable && v.Amending == "", Unread: v.Waits && (v.Refused || v.Unamended != ""),
	}
	out.Asked = out.Begin && v.Waits && sentBack(v.State)
	if v.Unamended != "" {
		out.Unamended, out.Means = p.T("amend.refused."+v.Unamended+".title"), p.T("amend.refused."+v.Unamended+".means")
	}
	return out
}

// waits is the list of what somebody here has to look at: what the hub sent back,
// and changes that met another's.
func (s *Screens) waits(c *gin.Context, who access.Principal) (web.WorkList, error) {
	requests, err := s.desk.Waiting(c.Request.Context(), who)
	if err != nil {
		return web.WorkList{}, err
	}
	changes, err := s.desk.Changes(c.Request.Context(), who)
	if err != nil {
		return web.WorkList{}, err
	}
	p := s.ui.Printer(c)
	list := s.waitingList(p, requests)
	list.Cards = append(s.conflictCards(p, changes), list.Cards...)
	return list, nil
}

// waitingList shows what waits for this post. It carries no name: the node
// cannot open what it sealed.
func (s *Screens) waitingList(p lang.Printer, all []RequestView) web.WorkList {
	list := web.WorkList{
		ID: "waiting", Caption: p.T("amend.waiting"),
		Columns: []string{p.T("desk.col.reference"), p.T("desk.col.service"), p.T("amend.col.why"), p.T("amend.col.told")},
	}
	for _, one := range all {
		why := p.T("amend.state." + one.State)
		switch {
		case one.Unamended != "":
			why = p.T("amend.refused." + one.Unamended + ".title")
		case one.Refused:
			why = p.T("desk.home.refused")
		}
		reason := ""
		if r, err := consular.ParseRefusalReason(one.Reason); err == nil {
			reason = p.Refusal(r)
		}
		list.Cards = append(list.Cards, web.Card{
			Href: "/requests/" + one.Reference.Digits(), Level: levelNumber(one.Level), Marked: true,
			Key: one.Reference.Digits() + " " + one.Reference.String(),
			Cells: []web.Cell{
				{Kind: "code", Text: one.Reference.String()},
				{Text: serviceShort(p, one.Service)},
				{Kind: "state", Tone: "warn", Text: why + suffix(reason)},
				{Text: p.DateTime(one.Told.In(s.desk.zone))},
			},
		})
	}
	return list
}

// sentBack reports whether the hub asks the post for another packet.
func sentBack(state string) bool {
	return slices.Contains([]string{
		workflow.Returned.String(), workflow.Recapture.String(), workflow.Supplement.String(),
	}, state)
}

// correction marks a draft that replaces a released packet.
func correction(p lang.Printer, reference string) string {
	if reference == "" {
		return ""
	}
	return p.T("amend.draft", "reference", printed(reference))
}

// printed gives a reference as people read it, empty for none.
func printed(reference string) string {
	if reference == "" {
		return ""
	}
	return lang.Code(consular.Reference(reference).String())
}

func suffix(text string) string {
	if text == "" {
		return ""
	}
	return " – " + text
}

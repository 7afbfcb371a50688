package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

func changeScreens() []ScreenRoute {
	return []ScreenRoute{
		{http.MethodGet, "/requests/:reference/change", access.VisitWrite, (*Screens).changePage},
		{http.MethodPost, "/requests/:reference/change", access.VisitWrite, (*Screens).changeRequest},
		{http.MethodGet, "/changes/:change", access.RequestRead, (*Screens).conflictPage},
		{http.MethodPost, "/changes/:change/stand", access.VisitWrite, (*Screens).letStand},
		{http.MethodPost, "/changes/:change/repeat", access.VisitWrite, (*Screens).repeatChange},
	}
}

// changeForm is what the page of a change takes.
type changeForm struct{ Change, What, Pickup, Document, SlipCode string }

// changePage asks what the person wants, of any request: the person stands at
// this counter, and the request may be another post's.
func (s *Screens) changePage(c *gin.Context, who access.Principal) {
	s.showChange(s.at(c, who), http.StatusOK, changeForm{Change: wire.NewRecordID().String()}, nil)
}

func (s *Screens) showChange(at screen, status int, f changeForm, wrong []FieldRule) {
	ref, err := consular.ParseReference(at.c.Param("reference"))
	if err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	q, err := s.desk.request(at.c.Request.Context(), ref.Digits())
	known := !fault.Is(err, fault.NotFound)
	if known && err != nil {
		s.fail(at.c, at.who, err)
		return
	}
	may := map[string]bool{ChangePickup: true, ChangeWithdraw: true} // another post's: the hub knows
	if known {
		may = changeable(q.Request)
	}
	page := s.page(at.c, at.who, at.p.T("change.title"))
	b := &builder{p: at.p, wrong: sentences(at.p, wrong)}
	s.changeFields(b, &f, may)
	if !known || q.Pickup != s.desk.o.Post.ID {
		slipField(b, &f, known)
	}
	page.Errors = changeSummary(at.p, wrong)
	data := gin.H{
		"Reference": ref.String(), "Digits": ref.Digits(), "Known": known, "May": may[ChangePickup] || may[ChangeWithdraw],
		"Form": web.Form{
			Action: "/requests/" + ref.Digits() + "/change", Rows: b.rows, Save: at.p.T("change.save"),
			Hidden: []web.Option{{Value: "change", Label: f.Change}},
		},
	}
	if known && q.Pickup != "" {
		data["Now"] = s.postName(at.p, q.Pickup)
	}
	page.Template, page.Data = "change", data
	s.ui.Render(at.c, status, page)
}

// changeable says which changes of a request can still be said, as far as this
// post knows.
func changeable(q journal.Request) map[string]bool {
	return map[string]bool{
		ChangePickup:   mayChange(q, wire.KindPickupChanged),
		ChangeWithdraw: mayChange(q, wire.KindRequestCancelled),
	}
}

func (s *Screens) changeFields(b *builder, f *changeForm, may map[string]bool) {
	label := func(key string) func(*web.Field) {
		return func(w *web.Field) { w.Label = b.p.T("change.field." + key) }
	}
	var what []web.Option
	for _, one := range []string{ChangePickup, ChangeWithdraw} {
		if may[one] {
			what = append(what, web.Option{Value: one, Label: b.p.T("change.what." + one), Hint: b.p.T("change.what_hint." + one)})
		}
	}
	b.choice(value{id: "what", key: "pickup", into: &f.What}, what, label("what"))
	if may[ChangePickup] {
		posts := append([]web.Option{{Label: b.p.T("change.choose")}}, s.posts(b.p)...)
		b.choice(value{id: "pickup", key: "pickup", into: &f.Pickup}, posts, shapes(optional, hint(b.p.T("change.pickup_hint"))))
	}
	var shown []web.Option
	for _, word := range wordsDocument[1:] {
		shown = append(shown, web.Option{Value: word, Label: b.p.T("change.document." + word)})
	}
	b.choice(value{id: "document", key: "pickup", into: &f.Document}, shown, label("document"))
}

// slipField asks for the code of the slip that the person brought; a post that
// knows the request may have made it, and then needs none.
func slipField(b *builder, f *changeForm, known bool) {
	shape := []func(*web.Field){mono, hint(b.p.T("change.slip_hint")), func(w *web.Field) {
		w.Label, w.Mode, w.Auto = b.p.T("change.field.slip_code"), "numeric", "off"
	}}
	if known {
		shape = append(shape, optional)
	}
	b.text(value{id: "slip_code", key: "slip_code", into: &f.SlipCode}, shapes(shape...))
}

// changeSummary gives the lines above the form in its own words.
func changeSummary(p lang.Printer, wrong []FieldRule) []web.FieldError {
	out := make([]web.FieldError, 0, len(wrong))
	for _, v := range wrong {
		text := p.T("desk.at", "field", p.T("change.field."+v.Field), "text", sentence(p, v))
		out = append(out, web.FieldError{Href: "#" + anchor(v.Field), Text: text})
	}
	return out
}

func (s *Screens) changeRequest(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	f := changeForm{
		Change: c.PostForm("change"), What: clip(c.PostForm("what")), Pickup: clip(c.PostForm("pickup")), Document: clip(c.PostForm("document")),
		SlipCode: clip(c.PostForm("slip_code")),
	}
	id, err := wire.ParseRecordID(f.Change)
	if err != nil {
		id = wire.NewRecordID() // a form of ours always carries one
		f.Change = id.String()
	}
	in := RequestChange{Reference: c.Param("reference"), Record: id, What: f.What, Document: f.Document, SlipCode: f.SlipCode}
	if f.What == ChangePickup {
		in.Pickup = consular.PostID(f.Pickup)
	}
	v, err := s.desk.ChangeRequest(c.Request.Context(), who, in)
	wrong := changeWrong(err)
	switch {
	case len(wrong) > 0:
		s.showChange(at, http.StatusUnprocessableEntity, f, wrong)
	case err != nil:
		s.fail(c, who, err)
	default:
		web.See(c, "/changes/"+v.Change)
	}
}

// changeWrong gives what is wrong with the fields of the form alone.
func changeWrong(err error) []FieldRule {
	if !fault.Is(err, fault.Invalid) {
		return nil
	}
	var out []FieldRule
	for _, v := range web.ProblemOf(err, web.English).Violations {
		if v.Field == "what" || v.Field == "pickup" || v.Field == "document" {
			out = append(out, FieldRule{Field: v.Field, Rule: consular.Rule(v.Rule)})
		}
	}
	return out
}

// conflictPage tells of one change: what was wanted, what stands, and what can
// be done.
func (s *Screens) conflictPage(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	id, err := changeOf(c)
	if err == nil {
		var v ChangeView
		if v, err = s.desk.ChangeByID(c.Request.Context(), who, id); err == nil {
			s.showConflict(at, v)
			return
		}
	}
	s.fail(c, who, err)
}

func (s *Screens) showConflict(at screen, v ChangeView) {
	p := at.p
	page := s.page(at.c, at.who, p.T("change.page."+v.Outcome))
	data := gin.H{
		"Change": v.Change, "Reference": v.Reference.String(), "Digits": v.Reference.Digits(), "Outcome": v.Outcome,
		"Level": web.Badge{Level: levelNumber(v.Level), Means: true}, "Settled": v.Settled, "Wanted": s.wantedFacts(p, v),
		"Known": s.knows(at, v), "May": mayWrite(at.who), "Again": v.MayAgain, "Next": wire.NewRecordID().String(),
		"Open": v.Settled == "" && v.Outcome != "said",
	}
	if v.Reason != "" {
		data["Retry"] = v.Reason == "code" && mayWrite(at.who)
		data["Why"], data["WhyNext"] = p.T("change.refused."+v.Reason+".title"), p.T("change.refused."+v.Reason+".means")
	}
	if v.Other != nil {
		data["Sum"] = s.sumUp(p, v)
		data["Stands"] = s.standsFacts(p, v)
		data["Amend"] = v.What == "amendment" && v.Outcome == "conflict"
	}
	page.Template, page.Data = "conflict", data
	s.ui.Render(at.c, http.StatusOK, page)
}

// knows reports whether the request has a page at this post.
func (s *Screens) knows(at screen, v ChangeView) bool {
	_, err := s.desk.request(at.c.Request.Context(), v.Reference.Digits())
	return err == nil
}

// sumUp is the conflict in one sentence.
func (s *Screens) sumUp(p lang.Printer, v ChangeView) string {
	key := "change.sum." + v.Other.What
	if !p.Has(key) {
		key = "change.sum.other"
	}
	return p.T(key, "who", s.otherName(p, v.Other), "when", p.DateTime(v.Other.At.In(s.desk.zone)))
}

func (s *Screens) otherName(p lang.Printer, o *OtherChange) string {
	if o.Post == "" {
		return p.T("change.person")
	}
	return s.postName(p, o.Post)
}

func (s *Screens) wantedFacts(p lang.Printer, v ChangeView) []fact {
	out := []fact{{Label: p.T("change.fact.what"), Text: p.T("change.did." + v.What)}}
	if v.Pickup != "" {
		out = append(out, fact{Label: p.T("change.fact.pickup"), Text: s.postName(p, v.Pickup)})
	}
	out = append(out, fact{Label: p.T("change.fact.said"), Text: p.DateTime(v.Said.In(s.desk.zone))})
	if v.Seen > 0 {
		return append(out, fact{Label: p.T("change.fact.seen"), Text: p.Number(int64(min(v.Seen, 1<<31)))})
	}
	return append(out, fact{Label: p.T("change.fact.seen"), Text: p.T("change.unseen")})
}

func (s *Screens) standsFacts(p lang.Printer, v ChangeView) []fact {
	var out []fact
	if v.Stands.Status != "" {
		out = append(out, fact{Label: p.T("change.fact.state"), Text: p.Status(v.Stands.Status)})
	}
	if v.Stands.Pickup != "" {
		out = append(out, fact{Label: p.T("change.fact.pickup"), Text: s.postName(p, v.Stands.Pickup)})
	}
	return append(out,
		fact{Label: p.T("change.fact.by"), Text: s.otherName(p, v.Other)},
		fact{Label: p.T("change.fact.at"), Text: p.DateTime(v.Other.At.In(s.desk.zone))},
		fact{Label: p.T("change.fact.version"), Text: p.Number(int64(min(v.Stands.Version, 1<<31)))},
	)
}

func (s *Screens) letStand(c *gin.Context, who access.Principal) {
	id, err := changeOf(c)
	if err == nil {
		_, err = s.desk.Stand(c.Request.Context(), who, id)
	}
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, "/")
}

func (s *Screens) repeatChange(c *gin.Context, who access.Principal) {
	id, err := changeOf(c)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	next, err := wire.ParseRecordID(c.PostForm("change"))
	if err != nil {
		next = wire.NewRecordID() // a form of ours always carries one
	}
	v, err := s.desk.Repeat(c.Request.Context(), who, id, next)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	web.See(c, "/changes/"+v.Change)
}

// conflictCards are the lines of the list of what waits here.
func (s *Screens) conflictCards(p lang.Printer, all []ChangeView) (out []web.Card) {
	for _, one := range all {
		out = append(out, web.Card{
			Href: "/changes/" + one.Change, Level: levelNumber(one.Level), Marked: true,
			Key: one.Reference.Digits() + " " + one.Reference.String(),
			Cells: []web.Cell{
				{Kind: "code", Text: one.Reference.String()},
				{Text: p.T("change.did." + one.What)},
				{Kind: "state", Tone: "warn", Text: p.T("change.page." + one.Outcome)},
				{Text: p.DateTime(one.Told.In(s.desk.zone))},
			},
		})
	}
	return out
}

// changeNotes says on the page of a request what this post asked for it.
type changeNote struct {
	Href, Text, Word string
	Level            int
	Warn             bool
}

func (s *Screens) changeNotes(at screen, digits string) []changeNote {
	all, err := s.desk.ChangesOf(at.c.Request.Context(), at.who, digits)
	if err != nil {
		return nil
	}
	var out []changeNote
	for _, one := range all {
		n := changeNote{
			Href: "/changes/" + one.Change, Text: at.p.T("change.did." + one.What), Level: levelNumber(one.Level),
			Word: at.p.DateTime(one.Said.In(s.desk.zone)),
		}
		if one.Pickup != "" {
			n.Text += " – " + s.postName(at.p, one.Pickup)
		}
		if one.Settled == "" && one.Outcome != "said" {
			n.Warn, n.Word = true, at.p.T("change.page."+one.Outcome)
		}
		out = append(out, n)
	}
	return out
}

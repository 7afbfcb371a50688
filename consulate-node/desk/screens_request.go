package desk

import (
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/workflow"
)

func (s *Screens) findPage(c *gin.Context, who access.Principal) {
	s.showFind(s.at(c, who), http.StatusOK, "", nil)
}

func (s *Screens) showFind(at screen, status int, typed string, wrong []FieldRule) {
	b := &builder{p: at.p, wrong: sentences(at.p, wrong)}
	b.text(value{id: "reference", key: "reference", into: &typed}, shapes(mono, hint(at.p.T("desk.hint.reference")),
		func(f *web.Field) { f.Mode = "numeric" }))
	page := s.page(at.c, at.who, at.p.T("desk.find.title"))
	page.Errors = summary(at.p, wrong)
	page.Template = "ask"
	page.Data = gin.H{"Lead": at.p.T("desk.find.lead"), "Form": web.Form{Action: "/find", Rows: b.rows, Save: at.p.T("desk.find.button")}}
	s.ui.Render(at.c, status, page)
}

// find leads to the page of a request. A reference tells nothing, so it may
// stand in an address.
func (s *Screens) find(c *gin.Context, who access.Principal) {
	typed := clip(c.PostForm("reference"))
	reference, err := consular.ParseReference(typed)
	if err != nil {
		s.showFind(s.at(c, who), http.StatusUnprocessableEntity, typed, rulesOf(err))
		return
	}
	if _, err := s.desk.request(c.Request.Context(), reference.Digits()); fault.Is(err, fault.NotFound) && who.Role.Has(access.VisitWrite) {
		web.See(c, "/requests/"+reference.Digits()+"/change") // another post's, of which nothing is known here
		return
	}
	web.See(c, "/requests/"+reference.Digits())
}

func rulesOf(err error) []FieldRule { return fieldRules(consular.ViolationsOf(err)) }

// request tells where a request stands, station by station.
func (s *Screens) request(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, err := s.desk.Get(c.Request.Context(), who, c.Param("reference"))
	if err != nil {
		s.fail(c, who, err)
		return
	}
	data := gin.H{
		"Reference": v.Reference.String(), "Digits": v.Reference.Digits(),
		"Level": web.Badge{Level: levelNumber(v.Level), Means: true}, "Refused": v.Refused,
		"Timeline": s.timeline(at.p, standingOf{v.Status, v.Opened, v.Told}), "Facts": s.requestFacts(at.p, v),
	}
	data["Amend"], data["Changes"] = s.amendView(at.p, who, v), s.changeNotes(at, v.Reference.Digits())
	q, err := s.desk.request(c.Request.Context(), c.Param("reference"))
	if err != nil {
		s.fail(c, who, err)
		return
	}
	may := changeable(q.Request)
	data["Change"] = mayWrite(who) && (may[ChangePickup] || may[ChangeWithdraw])
	s.sayReason(at.p, data, v.Reason)
	s.tellPerson(at.p, data)
	if proof, err := s.desk.Receipt(c.Request.Context(), who, c.Param("reference")); err == nil {
		data["Proof"] = proof
		if s.o.Press != nil {
			data["Paper"] = "/requests/" + v.Reference.Digits() + "/receipt.pdf"
		}
	}
	page := s.page(c, who, at.p.T("desk.request.title"))
	page.Template, page.Data = "request", data
	s.ui.Render(c, http.StatusOK, page)
}

// sayReason puts a refusal into words: for staff the exact term, why, and what
// the person can do.
func (s *Screens) sayReason(p lang.Printer, data gin.H, reason string) {
	if reason == "" {
		return
	}
	if r, err := consular.ParseRefusalReason(reason); err == nil {
		data["Why"], data["WhyNext"] = p.Refusal(r), p.RefusalNext(r)
	}
}

func (s *Screens) requestFacts(p lang.Printer, v RequestView) []fact {
	var out []fact
	add := func(key, text string) {
		if text != "" {
			out = append(out, fact{Label: p.T("desk.request." + key), Text: text})
		}
	}
	add("service", serviceShort(p, v.Service))
	if v.Pickup != "" {
		add("pickup", s.postName(p, v.Pickup))
	}
	if !v.Opened.IsZero() {
		add("opened", p.DateTime(v.Opened.In(s.desk.zone)))
	}
	if !v.Told.IsZero() {
		add("told", p.DateTime(v.Told.In(s.desk.zone)))
	}
	return out
}

// standingOf is what a timeline is made of.
type standingOf struct {
	status       string
	opened, told time.Time
}

// timeline gives the stations of a request in public words. The ordinary way
// has six; a status beside the way stands between what was and what comes.
func (s *Screens) timeline(p lang.Printer, at standingOf) []web.Stage {
	way := []workflow.Status{
		workflow.StatusEnrolled, workflow.StatusVerified, workflow.StatusInProduction,
		workflow.StatusOnItsWay, workflow.StatusReady, workflow.StatusHandedOver,
	}
	now := slices.IndexFunc(way, func(w workflow.Status) bool { return w.Key() == at.status })
	var out []web.Stage
	for i, station := range way {
		state := "next"
		switch {
		case i < now || (now == len(way)-1 && i == now), now < 0 && i == 0:
			state = "done"
		case i == now:
			state = "now"
		}
		one := stage(p, station.Key(), state)
		switch i {
		case 0:
			one.At = at.opened
		case now:
			one.At = at.told
		}
		out = append(out, one)
		if now < 0 && i == 0 {
			aside := stage(p, at.status, "now")
			aside.At = at.told
			out = append(out, aside)
			if ended(at.status) {
				return out
			}
		}
	}
	return out
}

func ended(status string) bool {
	return slices.Contains([]string{
		workflow.StatusRejected.Key(), workflow.StatusCanceled.Key(), workflow.StatusExpired.Key(),
	}, status)
}

func stage(p lang.Printer, status, state string) web.Stage {
	one := web.Stage{State: state, Name: p.Status(status), Means: p.T("status." + status + ".means")}
	if key := "desk.acts." + status; p.Has(key) {
		one.Who = p.T(key)
	}
	return one
}

// level gives the badge anew to the script of a page.
func (s *Screens) level(c *gin.Context, who access.Principal) {
	v, err := s.desk.Get(c.Request.Context(), who, c.Param("reference"))
	if err != nil {
		s.fail(c, who, err)
		return
	}
	s.ui.Part(c, http.StatusOK, "badge", web.Badge{Level: levelNumber(v.Level), Means: true})
}

func (s *Screens) followPage(c *gin.Context, who access.Principal) {
	s.showFollow(s.at(c, who), http.StatusOK, FollowInput{}, nil)
}

func (s *Screens) showFollow(at screen, status int, typed FollowInput, draw func(*web.Page, *builder)) {
	page := s.page(at.c, at.who, at.p.T("desk.follow.title"))
	b := &builder{p: at.p}
	if draw != nil {
		draw(&page, b)
	}
	numeric := func(f *web.Field) { f.Mode = "numeric" }
	b.text(value{id: "reference", key: "reference", into: &typed.Reference}, shapes(mono, numeric, hint(at.p.T("desk.hint.reference"))))
	b.text(value{id: "slip_code", key: "slip_code", into: &typed.SlipCode}, shapes(mono, numeric, hint(at.p.T("desk.hint.slip_code"))))
	page.Template = "ask"
	page.Data = gin.H{"Lead": at.p.T("desk.follow.lead"), "Form": web.Form{Action: "/follow", Rows: b.rows, Save: at.p.T("desk.follow.button")}}
	s.ui.Render(at.c, status, page)
}

// follow answers at the address of the form: neither reference nor code ever
// stands in one.
func (s *Screens) follow(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	client, _, err := net.SplitHostPort(c.Request.RemoteAddr)
	if err != nil {
		client = c.Request.RemoteAddr
	}
	in := FollowInput{Reference: clip(c.PostForm("reference")), SlipCode: clip(c.PostForm("slip_code")), Client: client}
	v, err := s.desk.Follow(c.Request.Context(), who, in)
	if err != nil {
		wrong := rulesOf(err)
		status, said := web.Tell(at.p, err)
		s.showFollow(at, status, in, func(page *web.Page, b *builder) {
			page.Errors, b.wrong = summary(at.p, wrong), sentences(at.p, wrong)
			if len(wrong) == 0 {
				page.Notice = &web.Notice{Kind: "bad", Title: said.Title, Text: said.Means + " " + said.Next}
			}
		})
		return
	}
	data := gin.H{
		"Reference": v.Reference.String(), "Level": web.Badge{Level: levelNumber(v.Level), Means: true}, "Public": true,
		"Timeline": s.timeline(at.p, standingOf{v.Status, v.Opened, v.Told}),
		"Facts": s.requestFacts(at.p, RequestView{
			Service: v.Service, Pickup: v.Pickup, Opened: v.Opened, Told: v.Told,
		}),
	}
	s.sayReason(at.p, data, v.Reason)
	page := s.page(c, who, at.p.T("desk.request.title"))
	page.Template, page.Data = "request", data
	s.ui.Render(c, http.StatusOK, page)
}

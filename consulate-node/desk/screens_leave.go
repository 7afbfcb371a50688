package desk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/consulate-node/handover"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/web"
)

const pathLeaving = "/leaving"

// The ends of an unclaimed card.
const (
	endBack    = "back"
	endDestroy = "destroy"
)

// leaveScreens are the pages of cards that leave other than into a hand.
func leaveScreens() []ScreenRoute {
	return []ScreenRoute{
		{http.MethodGet, pathLeaving, access.HandoverWrite, (*Screens).leavingPage},
		{http.MethodPost, pathCard + "/transfer", access.HandoverWrite, (*Screens).askTransfer},
		{http.MethodPost, pathCard + "/stay", access.HandoverWrite, (*Screens).withdrawTransfer},
		{http.MethodPost, pathCard + "/send", access.PouchOpen, (*Screens).sendTransfer},
		{http.MethodPost, pathCard + "/reclaim", access.HandoverWrite, (*Screens).reclaimCard},
		{http.MethodPost, pathCard + "/end", access.HandoverWrite, (*Screens).endCard},
	}
}

// leavingPage lists what is to be packed for another post, and what nobody came
// for.
func (s *Screens) leavingPage(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	stock, err := s.o.Handover.Stock(c.Request.Context(), who)
	if err != nil {
		s.fail(c, who, err)
		return
	}
	page := s.page(c, who, at.p.T("handover.leaving.title"))
	page.Template, page.Wide = "leaving", true
	page.Data = gin.H{"Transfer": stockList(at.p, "transfer", stock.Transfer), "Unclaimed": stockList(at.p, "unclaimed", stock.Unclaimed)}
	s.ui.Render(c, http.StatusOK, page)
}

// leaveForm gives what can be typed on the page of a card that may leave.
func (s *Screens) leaveForm(at screen, v handover.CardView, said told) gin.H {
	p, c := at.p, at.c
	post := line(p, "post", "")
	post.Kind = "select"
	post.Options = append([]web.Option{{Label: p.T("handover.leaving.choose")}}, s.otherPosts(at, c.PostForm("post"))...)
	label, serial := line(p, "label", clip(c.PostForm("label")), mono), line(p, "serial", clip(c.PostForm("serial")), mono)
	witness := line(p, "witness", clip(c.PostForm("witness")), optional)
	method, end := choices(p, "method", c.PostForm("method"), wordsMethod), choices(p, "end", c.PostForm("end"), []string{endBack, endDestroy})
	if v.Held && v.State == "TRANSFER" && v.Onward != "" {
		label.Hint = p.T("handover.leaving.to", "post", s.postName(p, v.Onward))
	}
	said.mark(&post, &label, &serial, &witness, &method, &end)
	return gin.H{
		"Post": post, "Label": label, "EndSerial": serial, "Witness": witness, "Method": method, "End": end,
		"EndSecond": s.second(at, true), "MaySend": at.who.Role.Has(access.PouchOpen),
		"EndOpen": c.PostForm("end") != "" || said.wrong["end"] != "",
	}
}

func (s *Screens) otherPosts(at screen, chosen string) (out []web.Option) {
	for _, o := range s.posts(at.p) {
		if o.Value != string(s.desk.o.Post.ID) {
			o.Chosen = o.Value == chosen
			out = append(out, o)
		}
	}
	return out
}

// after shows the card again, changed or with what was refused.
func (s *Screens) after(at screen, v handover.CardView, err error) {
	if err == nil {
		web.See(at.c, cardPath(v.Reference))
		return
	}
	if said, ok := s.tell(at, err); ok {
		s.showCard(at, giveBody{}, said)
	}
}

func (s *Screens) askTransfer(c *gin.Context, who access.Principal) {
	to := consular.PostID(clip(c.PostForm("post")))
	var v handover.CardView
	err := refuse("desk: ask for transfer", "post", consular.RuleRequired)
	if s.desk.o.Directory.Has(to) {
		v, err = s.o.Handover.AskTransfer(c.Request.Context(), who, c.Param("reference"), to)
	}
	s.after(s.at(c, who), v, err)
}

func (s *Screens) withdrawTransfer(c *gin.Context, who access.Principal) {
	v, err := s.o.Handover.WithdrawTransfer(c.Request.Context(), who, c.Param("reference"))
	s.after(s.at(c, who), v, err)
}

func (s *Screens) sendTransfer(c *gin.Context, who access.Principal) {
	v, err := s.o.Handover.SendTransfer(c.Request.Context(), who, c.Param("reference"), clip(c.PostForm("label")))
	s.after(s.at(c, who), v, asField(err, "pouch", "label"))
}

func (s *Screens) reclaimCard(c *gin.Context, who access.Principal) {
	v, err := s.o.Handover.Reclaim(c.Request.Context(), who, c.Param("reference"))
	s.after(s.at(c, who), v, err)
}

// endCard sends an unclaimed card back or destroys it, by two persons.
func (s *Screens) endCard(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	v, err := s.end(at)
	s.after(at, v, err)
}

func (s *Screens) end(at screen) (v handover.CardView, err error) {
	c, ctx := at.c, at.c.Request.Context()
	end, label := c.PostForm("end"), clip(c.PostForm("label"))
	if end != endBack && end != endDestroy {
		return v, refuse("desk: end card", "end", consular.RuleRequired)
	}
	in, err := destroyBody{
		Serial: clip(c.PostForm("serial")), Method: c.PostForm("method"), Witness: clip(c.PostForm("witness")),
	}.input(c.Param("reference"))
	if err == nil {
		err = endTyped(label, in, end == endBack)
	}
	if err == nil {
		in.Second, err = s.beside(at)
	}
	switch {
	case err != nil:
		return v, err
	case end == endBack:
		return s.o.Handover.SendBack(ctx, at.who, handover.SendBackInput{
			Reference: in.Reference, Pouch: label, Second: in.Second,
		})
	}
	return s.o.Handover.Destroy(ctx, at.who, in)
}

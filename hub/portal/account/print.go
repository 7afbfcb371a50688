package account

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

func printPath(ref consular.Reference) string { return at(ref) + "/print" }

func codePath(ref consular.Reference) string { return printPath(ref) + "/code" }

// showPrint asks for the post. Permission: signed-in citizen.
func (a *Account) showPrint(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanPrint) {
		return
	}
	form := s.takeKept(c.Request.URL.Path)
	v := view{d: &s.draft, p: a.o.UI.Printer(c), form: form, kept: form != nil}
	if asked := c.Query("country"); asked != "" {
		v.form = url.Values{"country": {asked}}
	}
	a.askPost(c, own, v)
}

func (a *Account) askPost(c *gin.Context, own rpc.Own, v view) {
	chosen := own.PrintAt
	if chosen == "" {
		chosen = own.Pickup
	}
	country := consular.Country(v.field("country", string(chosen.Country())))
	q := a.postQuestion(v, printPath(own.Reference), country, chosen)
	q.Back = &web.NavLink{Href: at(own.Reference), Label: v.p.T("account.back")}
	q.Title, q.Lead = v.p.T("account.print.title"), []string{v.p.T("account.print.lead")}
	if own.PrintAt != "" {
		q.Notice = &web.Notice{Kind: "warn", Title: v.p.T("account.print.before", "post", a.postName(v.p, own.PrintAt)), Text: v.p.T("account.print.another")}
	}
	a.ask(c, stepPost, q, v)
}

// choosePrint takes the post. Permission: signed-in citizen.
func (a *Account) choosePrint(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanPrint) {
		return
	}
	v := view{d: &s.draft, form: c.Request.PostForm, p: a.o.UI.Printer(c)}
	id, bad := a.takePost(typed(c, "post"))
	if bad != nil {
		v.bad = bad
		a.askPost(c, own, v)
		return
	}
	if s.intents == nil || len(s.intents) >= maxIntents {
		s.intents = map[string]intent{}
	}
	s.intents[codePath(own.Reference)] = intent{kind: wire.KindPrintAsked, reference: own.Reference, post: id}
	web.See(c, printPath(own.Reference)+"/confirm")
}

// confirmPrint says what comes before the person signs in once more.
// Permission: signed-in citizen.
func (a *Account) confirmPrint(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanPrint) {
		return
	}
	want, found := s.intents[codePath(own.Reference)]
	if !found {
		web.See(c, printPath(own.Reference))
		return
	}
	p := a.o.UI.Printer(c)
	a.tell(c, http.StatusOK, told{
		Title: p.T("account.print.confirm"), Back: &web.NavLink{Href: printPath(own.Reference), Label: p.T("account.back")},
		Text:    []string{p.T("account.print.confirm_text", "post", a.postName(p, want.post)), p.T("account.print.confirm_why")},
		Primary: &web.NavLink{Href: printPath(own.Reference) + "/signin", Label: p.T("account.document.prove")},
	})
}

// proveForPrint sends the person to sign in once more. Permission: signed-in
// citizen.
func (a *Account) proveForPrint(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanPrint) {
		return
	}
	want, found := s.intents[codePath(own.Reference)]
	if !found {
		web.See(c, printPath(own.Reference))
		return
	}
	a.prove(c, s, codePath(own.Reference), want)
}

// showCode shows the code of a print while the sign-in that it was made by is
// fresh, and never after. Permission: signed-in citizen, who has just proved it
// again.
func (a *Account) showCode(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok {
		return
	}
	made := a.proofAt(s, codePath(own.Reference))
	if made == nil {
		web.See(c, printPath(own.Reference))
		return
	}
	p := a.o.UI.Printer(c)
	if !made.act.done {
		a.tell(c, http.StatusServiceUnavailable, told{
			Title: p.T("account.print.confirm"), Notice: unknownNotice(p),
			Form: &web.Form{Action: codePath(own.Reference), Save: p.T("account.try_again")},
		})
		return
	}
	a.tell(c, http.StatusOK, told{
		Title: p.T("account.print.code_title"), Text: []string{p.T("account.print.code_text", "post", a.postName(p, made.post))},
		Code: made.code.Printed(), After: []string{p.T("account.print.bring"), p.T("account.print.once")},
		Facts:   []fact{{Label: p.T("account.field.reference"), Text: own.Reference.String(), Code: true}},
		Primary: &web.NavLink{Href: at(own.Reference), Label: p.T("account.see_request")},
	})
}

// askPrint sends again what did not get through. Permission: signed-in citizen,
// who has just proved it again.
func (a *Account) askPrint(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok {
		return
	}
	if made := a.proofAt(s, codePath(own.Reference)); made != nil {
		if err := a.tellProof(c.Request.Context(), s, made); err != nil && !uncertain(err) {
			delete(s.proofs, codePath(own.Reference))
			a.fail(c, err)
			return
		}
	}
	web.See(c, codePath(own.Reference))
}

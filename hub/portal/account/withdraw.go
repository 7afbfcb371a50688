package account

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// showWithdraw asks whether the person means it. Permission: signed-in citizen.
func (a *Account) showWithdraw(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanWithdraw) {
		return
	}
	p := a.o.UI.Printer(c)
	a.tell(c, http.StatusOK, told{
		Title: p.T("account.withdraw.title"), Back: &web.NavLink{Href: at(own.Reference), Label: p.T("account.back")},
		Text:  []string{p.T("account.withdraw.text"), p.T("account.withdraw.fee")},
		Facts: []fact{{Label: p.T("account.field.service"), Text: p.Service(own.Service)}, {Label: p.T("account.field.reference"), Text: own.Reference.String(), Code: true}},
		Form: &web.Form{
			Action: at(own.Reference) + "/withdraw", Save: p.T("account.withdraw.button"),
			Skip: &web.NavLink{Href: at(own.Reference), Label: p.T("account.withdraw.keep")},
		},
	})
}

// withdraw ends the request, once. Permission: signed-in citizen.
func (a *Account) withdraw(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok {
		return
	}
	name := "withdraw " + own.Reference.Digits()
	before := s.acts[name]
	if before == nil && !a.may(c, own, own.CanWithdraw) {
		return
	}
	d := deed{kind: wire.KindRequestCancelled, reference: own.Reference, receipt: s.signed.Receipt.Raw}
	if err := a.once(c.Request.Context(), s, name, d); err != nil {
		a.fail(c, err)
		return
	}
	web.See(c, at(own.Reference))
}

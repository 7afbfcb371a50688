package account

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/hub/rpc"
	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// showPay says what comes before the person leaves for the payment page.
// Permission: signed-in citizen.
func (a *Account) showPay(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanPay) {
		return
	}
	payment, err := a.o.Member.Payment(c.Request.Context(), s.names(own.Reference))
	if err != nil {
		a.fail(c, err)
		return
	}
	if payment.State != rpc.PaymentOpen {
		s.paying = own.Reference
		web.See(c, "/paid")
		return
	}
	p := a.o.UI.Printer(c)
	a.tell(c, http.StatusOK, told{
		Title: p.T("account.pay.title"), Back: &web.NavLink{Href: at(own.Reference), Label: p.T("account.back")},
		Text:    []string{p.T("account.pay.text", "amount", payment.Due), p.T("account.pay.return")},
		Primary: &web.NavLink{Href: at(own.Reference) + "/pay/go", Label: p.T("account.pay.button")},
	})
}

// pay leads to the payment page. A link leads here and not a form, because a
// form may lead to our own pages only. Permission: signed-in citizen.
func (a *Account) pay(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	own, ok := a.own(c, s)
	if !ok || !a.may(c, own, own.CanPay) {
		return
	}
	payment, err := a.o.Member.Payment(c.Request.Context(), s.names(own.Reference))
	if err != nil {
		a.fail(c, err)
		return
	}
	s.paying = own.Reference
	if payment.State != rpc.PaymentOpen || payment.Page == "" {
		web.See(c, "/paid")
		return
	}
	web.See(c, payment.Page)
}

// paid is where the payment page leads back to; its address names nothing.
// Permission: signed-in citizen.
func (a *Account) paid(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	if s.paying == "" {
		web.See(c, home)
		return
	}
	payment, err := a.o.Member.Payment(c.Request.Context(), s.names(s.paying))
	if err != nil {
		a.fail(c, err)
		return
	}
	p := a.o.UI.Printer(c)
	key, kind := "account.paid."+rpc.PaymentOpen, "info"
	switch payment.State {
	case rpc.PaymentPaid:
		key, kind = "account.paid."+rpc.PaymentPaid, "good"
	case rpc.PaymentClosed:
		key, kind = "account.paid."+rpc.PaymentClosed, "warn"
	}
	said := told{
		Title: p.T("account.paid.title"), Notice: &web.Notice{Kind: kind, Title: p.T(key), Text: p.T(key + "_text")},
		Primary: &web.NavLink{Href: at(s.paying), Label: p.T("account.see_request")},
	}
	if payment.State == rpc.PaymentOpen {
		said.Primary = &web.NavLink{Href: "/paid", Label: p.T("account.paid.look")}
		said.Links = []web.NavLink{
			{Href: at(s.paying) + "/pay/go", Label: p.T("account.paid.again")}, {Href: at(s.paying), Label: p.T("account.see_request")},
		}
	}
	a.tell(c, http.StatusOK, said)
}

// What the payment service sends.
const (
	maxNotice    = 64 << 10
	noticePrefix = "Stamp-" // of the headers that a notice is signed with
)

// paymentNotice passes on what the payment service sent. Permission: everybody;
// the hub checks the signature, and even then a notice is a hint to look. A
// forged one is answered as a true one.
func (a *Account) paymentNotice(c *gin.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxNotice))
	notice := rpc.Notice{Header: map[string]string{}, Body: body}
	for name, values := range c.Request.Header {
		if strings.HasPrefix(name, noticePrefix) && len(values) == 1 {
			notice.Header[name] = values[0]
		}
	}
	switch {
	case err != nil:
		web.Fail(c, fault.New(fault.TooLarge, "account: read notice", "", nil))
		return
	case len(notice.Header) == 0 || !json.Valid(body):
		web.Fail(c, fault.New(fault.Invalid, "account: read notice", "", nil))
		return
	}
	if _, err := a.o.Member.PaymentNotice(c.Request.Context(), notice); err != nil && uncertain(err) && !fault.Is(err, fault.Corrupt) {
		web.Fail(c, fault.New(fault.Unavailable, "account: pass on notice", "", nil)) // it is sent again
		return
	}
	c.Status(http.StatusNoContent)
}

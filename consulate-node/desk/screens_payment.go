package desk

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

func paymentRoutes() []ScreenRoute {
	return []ScreenRoute{{http.MethodPost, pathVisit + "/payment", access.VisitWrite, (*Screens).pay}}
}

// payView is the part of the fee page that settles the fee: cash first, since
// that is what nearly everybody brings, a waiver behind it.
type payView struct {
	Cash, Waiver web.Form
	Open         bool // the forms stand open: nothing is settled, or it must be settled anew
	Waived       bool // a waiver was typed
}

func (s *Screens) payView(at screen, v visitState, in PayInput, wrong []FieldRule) *payView {
	if v.Review.Fee == nil || !mayWrite(at.who) {
		return nil
	}
	said := sentences(at.p, wrong)
	cash, waiver := &builder{p: at.p, wrong: said}, &builder{p: at.p, wrong: said}
	if in.Received == "" {
		in.Received = digits(v.Review.Fee.Total)
	}
	received := value{id: "payment.received", key: "reference", into: &in.Received}
	cash.text(received, shapes(mono, hint(at.p.T("payment.hint.received")), func(f *web.Field) {
		f.Label = at.p.T("payment.field.received_in", "currency", string(v.Review.Fee.Total.Currency))
		f.Mode, f.Size, f.Max = "decimal", "year", 12
	}))
	reasons := words(at.p, "payment.waiver.", slices.DeleteFunc(consular.WaiverReasons(), func(w consular.WaiverReason) bool {
		return w == consular.WaivedPaidBefore && v.Amends == ""
	}))
	waiver.choice(value{id: "payment.waiver", key: "reference", into: &in.Waiver}, reasons, func(f *web.Field) {
		f.Label = at.p.T("payment.field.waiver")
	})
	form := func(b *builder, method consular.PaymentMethod) web.Form {
		return web.Form{
			Action: "/visits/" + v.Visit + "/payment", Version: v.Version, Rows: b.rows, Save: at.p.T("payment.save." + method.String()),
			Hidden: []web.Option{{Value: "method", Label: method.String()}},
		}
	}
	return &payView{
		Cash: form(cash, consular.PaymentCash), Waiver: form(waiver, consular.PaymentWaived),
		Open: len(v.against(stepFee)) > 0 || len(wrong) > 0, Waived: in.Method == consular.PaymentWaived.String(),
	}
}

// digits gives an amount as a clerk would type it.
func digits(m consular.Money) string {
	text, _, _ := strings.Cut(m.String(), " ")
	return strings.TrimSuffix(text, ".00")
}

// settledWords tells how a fee was settled, empty when it was not.
func settledWords(p lang.Printer, pay *consular.Payment) string {
	switch {
	case pay == nil:
		return ""
	case pay.Method == consular.PaymentWaived:
		return p.T("payment.done.waived", "reason", p.T("payment.waiver."+pay.Waiver.String()))
	default:
		return p.T("payment.done.cash", "received", p.Money(pay.Received), "change", p.Money(pay.Change()), "number", lang.Code(pay.Receipt))
	}
}

func (s *Screens) pay(c *gin.Context, who access.Principal) {
	at := s.at(c, who)
	id, err := visitOf(c)
	in := PayInput{
		Visit: id, Version: versionOf(c), Method: clip(c.PostForm("method")),
		Received: clip(c.PostForm("payment.received")), Waiver: clip(c.PostForm("payment.waiver")),
	}
	if err == nil {
		_, err = s.desk.Pay(c.Request.Context(), who, in)
	}
	switch wrong := paymentWrong(err); {
	case len(wrong) > 0:
		s.payAgain(at, in, wrong)
	case web.Has(err, web.CodeVersionConflict):
		s.payConflict(at)
	case err != nil:
		s.fail(c, who, err)
	default:
		web.See(c, stepPath(id.String(), stepFee))
	}
}

// paymentWrong gives what is wrong with what was typed.
func paymentWrong(err error) []FieldRule {
	if !fault.Is(err, fault.Invalid) {
		return nil
	}
	var out []FieldRule
	for _, v := range web.ProblemOf(err, web.English).Violations {
		if strings.HasPrefix(v.Field, "payment.") {
			out = append(out, FieldRule{Field: v.Field, Rule: consular.Rule(v.Rule)})
		}
	}
	return out
}

func (s *Screens) payAgain(at screen, in PayInput, wrong []FieldRule) {
	v, ok := s.visit(at)
	if !ok {
		return
	}
	s.showStep(at, v, stepFee, func(page *web.Page, data *stepPage) {
		page.Errors = summary(at.p, wrong)
		data.Pay = s.payView(at, v, in, wrong)
	})
}

// payConflict shows the amount that is due now: what changed may be the age or
// the service, and with it the fee.
func (s *Screens) payConflict(at screen) {
	v, ok := s.visit(at)
	if !ok {
		return
	}
	s.showStep(at, v, stepFee, func(page *web.Page, _ *stepPage) {
		page.Notice = &web.Notice{Kind: "bad", Title: at.p.T("payment.conflict.title"), Text: at.p.T("payment.conflict.text")}
	})
}

package account

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// review shows the whole request before it is sent. Permission: signed-in
// citizen.
func (a *Account) review(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	if next := s.draft.next(); next != stepReview {
		web.See(c, stepPath(next))
		return
	}
	if !s.draft.sent() && a.showStanding(c, s) {
		return
	}
	a.showReview(c, s, http.StatusOK, nil)
}

func (a *Account) showReview(c *gin.Context, s *session, status int, notice *web.Notice) {
	p := a.o.UI.Printer(c)
	if s.signed.Person.ValidateFor(s.draft.service) != nil || s.signed.Receipt.Raw == "" {
		a.tell(c, http.StatusConflict, told{
			Title: p.T("account.identity.title"), Text: []string{p.T("account.identity.text"), p.T("account.identity.next")},
			Primary: &web.NavLink{Href: "/signin?again=1&next=" + stepPath(stepReview), Label: p.T("signin.again")},
		})
		return
	}
	fee, err := a.fee(s)
	if err != nil {
		a.fail(c, err)
		return
	}
	if s.draft.filing == nil {
		if s.draft.filing, err = newFiling(); err != nil {
			a.fail(c, err)
			return
		}
	}
	if notice == nil && s.draft.sent() {
		notice = unknownNotice(p)
	}
	page := a.page(c, p.T("account.ask.review.title"))
	page.Notice = notice
	page.Template, page.Data = "account-review", gin.H{
		"Title": page.Title, "Caption": p.T("account.ask.caption"), "Back": a.reviewBack(p, s), "Identity": identity(p, s.signed.Person),
		"Answers": a.answers(p, &s.draft), "Fee": feeLines(p, fee), "Total": p.Money(fee.Total), "Token": s.draft.filing.token,
	}
	a.o.UI.Render(c, status, page)
}

func (a *Account) reviewBack(p lang.Printer, s *session) *web.NavLink {
	if s.draft.sent() {
		return nil
	}
	return view{d: &s.draft, p: p}.back(stepReview)
}

func unknownNotice(p lang.Printer) *web.Notice {
	return &web.Notice{Kind: "warn", Title: p.T("account.unknown.title"), Text: p.T("account.unknown.text")}
}

// fee is what the request costs today.
func (a *Account) fee(s *session) (consular.Fee, error) {
	today := consular.DateOf(a.o.Now().In(a.o.Zone))
	age, err := s.signed.Person.Birth.AgeOn(today)
	if err != nil {
		return consular.Fee{}, err
	}
	return a.o.Fees.Compute(s.draft.service, age, today)
}

func feeLines(p lang.Printer, fee consular.Fee) (list []fact) {
	for _, one := range fee.Lines {
		list = append(list, fact{Label: p.FeePart(one.Component), Text: p.Money(one.Amount)})
	}
	return list
}

// identity is what the digital identity says. It is shown and not asked.
func identity(p lang.Printer, who consular.Person) []fact {
	list := []fact{
		{Label: p.T("account.field.family_name"), Text: who.Family.Latin, Second: who.Family.Arabic},
		{Label: p.T("account.field.given_name"), Text: who.Given.Latin, Second: who.Given.Arabic},
		{Label: p.T("account.field.birth_date"), Text: p.BirthDate(who.Birth)},
		{Label: p.T("account.field.birth_place"), Text: who.BirthPlace.Latin, Second: who.BirthPlace.Arabic},
	}
	if who.NationalNumber != "" {
		list = append(list, fact{Label: p.T("account.field.national_number"), Text: string(who.NationalNumber), Code: true})
	}
	return list
}

// answers are what the person said, each with the way to change it.
func (a *Account) answers(p lang.Printer, d *draft) []fact {
	purpose := p.T("purpose." + d.purpose.String())
	list := []fact{
		{Label: p.T("account.field.service"), Text: p.Service(d.service), Href: stepPath(stepWhich)},
		{Label: p.T("account.field.purpose"), Text: purpose, Second: d.text, Href: stepPath(stepUse)},
		{Label: p.T("account.field.country"), Text: p.Country(d.country), Href: stepPath(stepUse)},
		{Label: p.T("account.field.legalization"), Text: p.T("account.legal." + d.legal.String()), Href: stepPath(stepLegal)},
		{Label: p.T("account.field.mode"), Text: p.T("account.mode." + d.mode.String()), Href: stepPath(stepDelivery)},
	}
	if d.legal != consular.LegalizationNone {
		list[3].Second = p.T("account.legal.not_offered_short")
	}
	if d.post != "" {
		list = append(list, fact{Label: p.T("account.field.post"), Text: a.postName(p, d.post), Href: stepPath(stepPost)})
	}
	if d.phone != "" {
		list = append(list, fact{Label: p.T("account.field.phone"), Text: d.phone.Value(), Href: stepPath(stepContact), Code: true})
	}
	if d.email != "" {
		list = append(list, fact{Label: p.T("account.field.email"), Text: d.email.Value(), Href: stepPath(stepContact), Code: true})
	}
	return append(list, fact{Label: p.T("account.field.language"), Text: web.Autonym(d.language), Href: stepPath(stepContact)})
}

package account

import (
	"slices"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/web"
)

// authorities are who may have asked for a record.
func authorities() []string { return []string{"immigration", "court", "employer", "school", "other"} }

// policeFirst are the countries whose immigration offices usually name the
// record of the police, a "police certificate". What an authority has written
// counts more than this list.
func policeFirst() []consular.Country {
	return []consular.Country{"AU", "CA", "GB", "IE", "NZ", "US"}
}

// advise says which record is usually meant.
func advise(country consular.Country, authority string) consular.Service {
	if authority == "immigration" && slices.Contains(policeFirst(), country) {
		return consular.RecordPolice
	}
	return consular.RecordJustice
}

func (a *Account) helpQuestion(v view) question {
	var options []web.Option
	for _, one := range authorities() {
		options = append(options, web.Option{Value: one, Label: v.p.T("account.authority." + one), Chosen: v.field("authority", v.d.helpFor) == one})
	}
	return question{
		Back: &web.NavLink{Href: stepPath(stepWhich), Label: v.p.T("account.back")}, Title: v.p.T("account.help.title"),
		Lead: []string{v.p.T("account.help.lead")},
		Form: web.Form{Action: "/ask/help", Save: v.p.T("account.help.button"), Rows: []web.Row{
			{Fields: []web.Field{{
				ID: "country", Kind: "select", Label: v.p.T("account.field.country"), Error: v.wrong("country"),
				Options: countryOptions(v.p, a.all, consular.Country(v.field("country", string(v.d.country)))),
			}}},
			radio(v, "authority", options),
		}},
	}
}

// showHelp asks who wants the record. Permission: signed-in citizen.
func (a *Account) showHelp(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	if _, ok := a.enter(c, s, stepWhich); !ok {
		return
	}
	form := s.takeKept(c.Request.URL.Path)
	v := view{d: &s.draft, p: a.o.UI.Printer(c), form: form, kept: form != nil}
	a.ask(c, stepWhich, a.helpQuestion(v), v)
}

// help chooses a record for the person, who may still choose the other one.
// Permission: signed-in citizen.
func (a *Account) help(c *gin.Context) {
	s, done := a.citizen(c)
	if s == nil {
		return
	}
	defer done()
	if _, ok := a.enter(c, s, stepWhich); !ok {
		return
	}
	v := view{d: &s.draft, form: c.Request.PostForm, p: a.o.UI.Printer(c), bad: wrongs{}}
	country, err := consular.ParseCountry(typed(c, "country"))
	if err != nil {
		v.bad["country"] = "choose_country"
	}
	authority := typed(c, "authority")
	if !slices.Contains(authorities(), authority) {
		v.bad["authority"] = "choose"
	}
	if len(v.bad) > 0 {
		a.ask(c, stepWhich, a.helpQuestion(v), v)
		return
	}
	s.draft.changed()
	s.draft.country, s.draft.helpFor, s.draft.service = country, authority, advise(country, authority)
	web.See(c, stepPath(stepWhich))
}

package account

import (
	"slices"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/web"
)

// records are the two documents.
func records() []consular.Service {
	return []consular.Service{consular.RecordPolice, consular.RecordJustice}
}

func showWhich(_ *Account, v view) question {
	chosen := v.field("service", v.d.service.String())
	q := question{Back: v.back(stepWhich), Lead: []string{v.p.T("account.ask.which.lead")}, Links: []web.NavLink{{Href: "/ask/help", Label: v.p.T("account.ask.help.link")}}}
	var options []web.Option
	for _, one := range records() {
		name := one.String()
		options = append(options, web.Option{
			Value: name, Label: v.p.Service(one), Hint: v.p.T("account.ask.which." + strings.TrimPrefix(name, "record.")), Chosen: chosen == name,
		})
	}
	q.Form.Rows = []web.Row{radio(v, "service", options)}
	if v.d.helpFor != "" && v.form == nil {
		q.Notice = &web.Notice{Kind: "info", Title: v.p.T("account.help.advice", "service", v.p.Service(v.d.service)), Text: v.p.T("account.help.check")}
	}
	return q
}

func takeWhich(_ *Account, v view) wrongs {
	service, err := consular.ParseService(v.form.Get("service"))
	if err != nil || service.Family() != consular.FamilyRecord {
		return wrongs{"service": "choose"}
	}
	v.d.service = service
	return nil
}

func showUse(a *Account, v view) question {
	chosen := v.field("purpose", v.d.purpose.String())
	var purposes []web.Option
	for _, one := range consular.Purposes() {
		purposes = append(purposes, web.Option{Value: one.String(), Label: v.p.T("purpose." + one.String()), Chosen: chosen == one.String()})
	}
	country := consular.Country(v.field("country", string(v.d.country)))
	return question{Back: v.back(stepUse), Form: web.Form{Rows: []web.Row{
		radio(v, "purpose", purposes),
		{Fields: []web.Field{{
			ID: "text", Kind: "text", Label: v.p.T("account.field.text"), Hint: v.p.T("account.hint.text"), Value: v.field("text", v.d.text),
			Max: maxPurpose, Dir: "auto", Error: v.wrong("text"),
		}}},
		{Fields: []web.Field{{
			ID: "country", Kind: "select", Label: v.p.T("account.field.country"), Hint: v.p.T("account.hint.country"),
			Options: countryOptions(v.p, a.all, country), Error: v.wrong("country"),
		}}},
	}}}
}

func takeUse(_ *Account, v view) wrongs {
	bad := wrongs{}
	purpose, err := consular.ParsePurpose(v.form.Get("purpose"))
	if err != nil || purpose.Validate() != nil {
		bad["purpose"] = "choose"
	}
	text := strings.TrimSpace(v.form.Get("text"))
	if purpose != consular.PurposeOther {
		text = "" // what is not asked for is not kept
	} else if wrong := checkText(text, maxPurpose); wrong != "" {
		bad["text"] = wrong
	} else if strings.Contains(text, "\n") {
		bad["text"] = wrongHidden
	}
	country, err := consular.ParseCountry(v.form.Get("country"))
	if err != nil {
		bad["country"] = "choose_country"
	}
	v.d.purpose, v.d.text, v.d.country = purpose, text, country
	return bad
}

func showLegal(_ *Account, v view) question {
	chosen := v.field("legalization", v.d.legal.String())
	var options []web.Option
	for _, one := range consular.Legalizations() {
		options = append(options, web.Option{
			Value: one.String(), Label: v.p.T("account.legal." + one.String()), Hint: v.p.T("account.legal." + one.String() + "_hint"), Chosen: chosen == one.String(),
		})
	}
	return question{
		Back: v.back(stepLegal), Lead: []string{v.p.T("account.ask.legalization.lead", "country", v.d.country)},
		Form: web.Form{Rows: []web.Row{radio(v, "legalization", options)}},
	}
}

func takeLegal(_ *Account, v view) wrongs {
	legal, err := consular.ParseLegalization(v.form.Get("legalization"))
	if err != nil || legal.Validate() != nil {
		return wrongs{"legalization": "choose"}
	}
	v.d.legal = legal
	return nil
}

// modes are the ways of delivery that the portal offers.
func modes() []consular.DeliveryMode {
	return []consular.DeliveryMode{consular.DeliverElectronic, consular.DeliverCollect}
}

func showDelivery(_ *Account, v view) question {
	chosen := v.field("mode", v.d.mode.String())
	var options []web.Option
	for _, one := range modes() {
		options = append(options, web.Option{
			Value: one.String(), Label: v.p.T("account.mode." + one.String()), Hint: v.p.T("account.mode." + one.String() + "_hint"), Chosen: chosen == one.String(),
		})
	}
	q := question{Back: v.back(stepDelivery), Form: web.Form{Rows: []web.Row{radio(v, "mode", options)}}}
	if v.d.legal != 0 && v.d.legal != consular.LegalizationNone {
		q.Notice = &web.Notice{Kind: "warn", Title: v.p.T("account.legal.noted"), Text: v.p.T("account.legal.not_offered")}
	}
	return q
}

func takeDelivery(_ *Account, v view) wrongs {
	mode, err := consular.ParseDeliveryMode(v.form.Get("mode"))
	if err != nil || !slices.Contains(modes(), mode) {
		return wrongs{"mode": "choose"}
	}
	if v.d.mode = mode; mode != consular.DeliverCollect {
		v.d.post, v.d.postCountry = "", ""
	}
	return nil
}

// showPostOf asks for the country, then for the post there.
func showPostOf(a *Account, v view) question {
	country := consular.Country(v.field("country", string(v.d.postCountry)))
	if country == "" && v.d.post != "" {
		country = v.d.post.Country()
	}
	q := a.postQuestion(v, stepPath(stepPost), country, v.d.post)
	q.Back = v.back(stepPost)
	return q
}

// postQuestion is a page that chooses a post.
func (a *Account) postQuestion(v view, path string, country consular.Country, chosen consular.PostID) question {
	q := question{Form: web.Form{Action: path}, Before: &web.Form{
		Action: path, Save: v.p.T("account.show_posts"), Rows: []web.Row{{Fields: []web.Field{{
			ID: "country", Kind: "select", Label: v.p.T("account.field.post_country"), Options: countryOptions(v.p, a.hosts(), country),
		}}}},
	}}
	if options := a.postOptions(v.p, country, chosen); len(options) > 0 {
		q.Form.Rows = []web.Row{radio(v, "post", options)}
		q.Form.Hidden = []web.Option{{Value: "country", Label: string(country)}}
	}
	return q
}

func takePostOf(a *Account, v view) wrongs {
	id, bad := a.takePost(v.form.Get("post"))
	if bad != nil {
		return bad
	}
	v.d.post, v.d.postCountry = id, id.Country()
	return nil
}

func (a *Account) takePost(text string) (consular.PostID, wrongs) {
	id, err := consular.ParsePostID(text)
	if err != nil || !a.o.Posts.Has(id) {
		return "", wrongs{"post": "choose_post"}
	}
	return id, nil
}

func showContact(_ *Account, v view) question {
	chosen := v.field("language", string(v.d.language))
	if chosen == "" {
		chosen = string(v.p.Language())
	}
	var languages []web.Option
	for _, one := range consular.Languages() {
		languages = append(languages, web.Option{Value: string(one), Label: web.Autonym(one), Chosen: chosen == string(one)})
	}
	return question{Back: v.back(stepContact), Lead: []string{v.p.T("account.ask.contact.lead")}, Form: web.Form{Rows: []web.Row{
		{Fields: []web.Field{{
			ID: "phone", Kind: "tel", Label: v.p.T("account.field.phone"), Hint: v.p.T("account.hint.phone"), Optional: true, Mono: true,
			Value: v.field("phone", v.d.phone.Value()), Dir: "ltr", Auto: "tel", Error: v.wrong("phone"), Max: 40,
		}}},
		{Fields: []web.Field{{
			ID: "email", Kind: "email", Label: v.p.T("account.field.email"), Hint: v.p.T("account.hint.email"), Optional: true,
			Value: v.field("email", v.d.email.Value()), Dir: "ltr", Auto: "email", Error: v.wrong("email"), Max: 254,
		}}},
		{Fields: []web.Field{{ID: "language", Kind: "select", Label: v.p.T("account.field.language"), Options: languages, Error: v.wrong("language")}}},
	}}}
}

func takeContact(_ *Account, v view) wrongs {
	bad := wrongs{}
	var err error
	v.d.phone, v.d.email = "", ""
	phone, email := strings.TrimSpace(v.form.Get("phone")), strings.TrimSpace(v.form.Get("email"))
	if phone == "" && email == "" {
		bad["phone"] = "reach"
	}
	if phone != "" {
		if rest, abroad := strings.CutPrefix(phone, "00"); abroad {
			phone = "+" + rest
		}
		// A number without a country code is nobody's guess.
		if v.d.phone, err = consular.ParsePhone(phone, "ZZ"); err != nil {
			bad["phone"] = "phone"
		}
	}
	if email != "" {
		if v.d.email, err = consular.ParseEmail(email); err != nil {
			bad["email"] = "email"
		}
	}
	if v.d.language, err = consular.ParseLanguage(v.form.Get("language")); err != nil {
		bad["language"] = "choose"
	}
	return bad
}

// consentLines are the paragraphs that a person agrees to.
func consentLines() []string { return []string{"what", "who", "where", "rights"} }

func showConsent(_ *Account, v view) question {
	q := question{
		Back:  v.back(stepConsent),
		Check: &check{ID: "agree", Label: v.p.T("account.consent.agree"), Error: v.wrong("agree")},
		Form:  web.Form{Hidden: []web.Option{{Value: "version", Label: consentVersion}, {Value: "read_in", Label: string(v.p.Language())}}},
	}
	for _, part := range consentLines() {
		q.Lead = append(q.Lead, v.p.T("account.consent."+part))
	}
	if l := v.p.Language(); l != consular.Arabic && l != consular.French {
		q.Lead = append(q.Lead, v.p.T("slip.legal.valid"))
	}
	return q
}

func takeConsent(a *Account, v view) wrongs {
	language, err := consular.ParseLanguage(v.form.Get("read_in"))
	if v.form.Get("agree") != "yes" || v.form.Get("version") != consentVersion || err != nil {
		return wrongs{"agree": "agree"}
	}
	v.d.agreed, v.d.agreedIn = a.o.Now().UTC(), language
	return nil
}

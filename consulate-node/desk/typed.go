package desk

import (
	"slices"
	"strings"

	"jaliya/internal/consular"
)

// reading turns typed text into values and notes what does not turn. A value
// that cannot be read is left out, and its violation stands instead of the one
// for its absence.
type reading struct {
	home  consular.Country // for telephone numbers without a country
	found consular.Violations
}

func (r *reading) add(field string, rule consular.Rule) {
	if !slices.ContainsFunc(r.found, func(v consular.Violation) bool { return v.Field == field }) {
		r.found = append(r.found, consular.Violation{Field: field, Rule: rule})
	}
}

// judge takes over the violations of a validation, each field once.
func (r *reading) judge(err error) {
	for _, v := range consular.ViolationsOf(err) {
		r.add(v.Field, v.Rule)
	}
}

func text[T any](r *reading, field, typed string, parse func(string) (T, error)) T {
	var zero T
	if strings.TrimSpace(typed) == "" {
		return zero
	}
	v, err := parse(typed)
	if err == nil {
		return v
	}
	rule := consular.RuleFormat
	if found := consular.ViolationsOf(err); len(found) > 0 {
		rule = found[0].Rule
	}
	r.add(field, rule)
	return zero
}

func name(n NameForm) consular.Name { return consular.CleanName(n.Arabic, n.Latin) }

func personName(n PersonNameForm) consular.PersonName {
	return consular.PersonName{Family: name(n.Family), Given: name(n.Given)}
}

func (r *reading) person(f *PersonForm, s consular.Service) consular.Person {
	if f == nil {
		f = &PersonForm{}
	}
	p := consular.Person{
		Family: name(f.Family), Given: name(f.Given),
		Sex:            text(r, "person.sex", f.Sex, consular.ParseSex),
		Birth:          text(r, "person.birth_date", f.Birth, consular.ParseBirthDate),
		BirthPlace:     name(f.BirthPlace),
		BirthCountry:   text(r, "person.birth_country", f.BirthCountry, consular.ParseCountry),
		Nationality:    text(r, "person.nationality", f.Nationality, consular.ParseCountry),
		Father:         personName(f.Father),
		Mother:         personName(f.Mother),
		NationalNumber: text(r, "person.national_number", f.NationalNumber, consular.ParseNationalNumber),
		ActNumber:      strings.TrimSpace(f.ActNumber),
		Mention:        text(r, "person.civil_mention", f.Mention, consular.ParseCivilMention),
		Spouse:         name(f.Spouse),
	}
	for _, former := range f.Former {
		p.Former = append(p.Former, personName(former))
	}
	r.judge(p.ValidateFor(s))
	return p
}

func (r *reading) address(under string, f AddressForm) consular.Address {
	return consular.Address{
		Street: name(f.Street), City: name(f.City), Postcode: strings.ToUpper(strings.TrimSpace(f.Postcode)),
		Country: text(r, under+".address.country", f.Country, consular.ParseCountry),
	}
}

func (r *reading) contact(under string, f *ContactForm) consular.Contact {
	if f == nil {
		f = &ContactForm{}
	}
	home := func(s string) (consular.Phone, error) { return consular.ParsePhone(s, r.home) }
	return consular.Contact{
		Phone:    text(r, under+".phone", f.Phone, home),
		Email:    text(r, under+".email", f.Email, consular.ParseEmail),
		Language: text(r, under+".language", f.Language, consular.ParseLanguage),
		Address:  r.address(under, f.Address),
	}
}

// delivery falls back to collection at the pickup post that the visit names.
func (r *reading) delivery(f *DeliveryForm, s consular.Service, pickup consular.PostID) consular.Delivery {
	if f == nil || *f == (DeliveryForm{}) {
		d := consular.Delivery{Mode: consular.DeliverCollect, Post: pickup}
		r.judge(d.ValidateFor(s))
		return d
	}
	d := consular.Delivery{
		Mode:    text(r, "delivery.mode", f.Mode, consular.ParseDeliveryMode),
		Post:    text(r, "delivery.post", f.Post, consular.ParsePostID),
		Address: r.address("delivery", f.Address),
	}
	if d.Post == "" && d.Mode.NeedsPost() && strings.TrimSpace(f.Post) == "" {
		d.Post = pickup
	}
	r.judge(d.ValidateFor(s))
	return d
}

// documents gives an empty list where none were shown, which is a list in JSON
// too.
func (r *reading) documents(f *DocumentsForm) []consular.DocumentHeld {
	out := []consular.DocumentHeld{}
	if f == nil {
		return out
	}
	seen := make(map[consular.DocumentKind]bool)
	for _, one := range f.Held {
		held := consular.DocumentHeld{
			Kind:   text(r, "documents.kind", one.Kind, consular.ParseDocumentKind),
			Issued: text(r, "documents.issued", one.Issued, consular.ParseDate),
		}
		switch {
		case held.Kind == 0:
			r.add("documents.kind", consular.RuleRequired)
		case seen[held.Kind]:
			r.add("documents."+held.Kind.String(), consular.RuleDuplicate)
		default:
			out = append(out, held)
		}
		seen[held.Kind] = true
	}
	return out
}

// fingers gives an empty list where none were asked for, which is a list in
// JSON too.
func (r *reading) fingers(f *FingersForm) []consular.FingerReport {
	if f == nil {
		return []consular.FingerReport{}
	}
	out := make([]consular.FingerReport, 0, len(f.Reports))
	for _, one := range f.Reports {
		report := consular.FingerReport{
			Finger:    text(r, "fingers.finger", one.Finger, consular.ParseFinger),
			Quality:   one.Quality,
			Exception: text(r, "fingers.exception", one.Exception, consular.ParseFingerException),
		}
		if report.Finger == 0 {
			r.add("fingers.finger", consular.RuleRequired)
			continue
		}
		out = append(out, report)
	}
	return out
}

func (r *reading) guardian(f *GuardianForm) *consular.Guardian {
	if f == nil || *f == (GuardianForm{}) {
		return nil
	}
	g := &consular.Guardian{
		Name:           personName(f.Name),
		NationalNumber: text(r, "guardian.national_number", f.NationalNumber, consular.ParseNationalNumber),
		Consent:        text(r, "guardian.consent", f.Consent, consular.ParseGuardianConsent),
		Contacted:      text(r, "guardian.contacted", f.Contacted, consular.ParseDate),
	}
	if f.Contact != (ContactForm{}) {
		g.Contact = r.contact("guardian.contact", &f.Contact)
	}
	r.judge(g.Validate())
	return g
}

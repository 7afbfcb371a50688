package desk

import (
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// guardianFields are the questions about the legal representative. A protected
// adult has fewer ways of consent than a minor.
func guardianFields(b *builder, f *GuardianForm, protected bool) {
	b.name("guardian.name.family_name", "guardian_name_family_name", &f.Name.Family, rowHint(b.p.T("guardian.hint.name")))
	b.name("guardian.name.given_name", "guardian_name_given_name", &f.Name.Given)
	b.text(value{id: "guardian.national_number", key: "national_number", into: &f.NationalNumber}, shapes(mono, optional))
	var ways []web.Option
	for _, way := range consular.GuardianConsents() {
		if protected && !way.ForAdult() {
			continue
		}
		one := web.Option{Value: way.String(), Label: b.p.T("desk.consent." + way.String())}
		if key := "guardian.way." + way.String(); b.p.Has(key) {
			one.Hint = b.p.T(key)
		}
		ways = append(ways, one)
	}
	b.choice(value{id: "guardian.consent", key: "guardian_consent", into: &f.Consent}, ways, nil)
	if protected {
		return
	}
	b.date(value{id: "guardian.contacted", key: "reference", into: &f.Contacted}, b.p.T("guardian.hint.contacted"))
	row := &b.rows[len(b.rows)-1]
	row.Legend, row.Optional = b.p.T("guardian.field.contacted"), true
}

// delayNotice says until when an absent father may answer, nil when nobody
// waits for it.
func (s *Screens) delayNotice(p lang.Printer, r Review) *web.Notice {
	g := r.Guardian
	if g == nil || g.Until() == "" || r.Protected || g.Consent != consular.GuardianContacted && g.Consent != consular.GuardianSwornAbsence {
		return nil
	}
	until := p.DayDate(g.Until())
	if s.desk.today() < g.Until() {
		return &web.Notice{Kind: "warn", Title: p.T("guardian.delay.runs", "date", until), Text: p.T("guardian.delay.runs_text")}
	}
	return &web.Notice{Kind: "info", Title: p.T("guardian.delay.over", "date", until), Text: p.T("guardian.delay.over_text")}
}

// guardianFacts are what the second person reads of the legal representative.
func guardianFacts(p lang.Printer, r Review) []fact {
	g := r.Guardian
	if g == nil {
		return nil
	}
	label := func(key string) string { return p.T("desk.field." + key) }
	out := []fact{
		{Label: label("guardian_name_family_name"), Text: g.Name.Family.Latin, Second: g.Name.Family.Arabic, Kind: "pair"},
		{Label: label("guardian_name_given_name"), Text: g.Name.Given.Latin, Second: g.Name.Given.Arabic, Kind: "pair"},
	}
	if g.NationalNumber != "" {
		out = append(out, fact{Label: label("guardian_national_number"), Text: string(g.NationalNumber), Kind: "code"})
	}
	if g.Consent.Validate() == nil {
		out = append(out, fact{Label: label("guardian_consent"), Text: p.T("desk.consent." + g.Consent.String())})
	}
	if g.Until() != "" {
		out = append(out, fact{Label: p.T("guardian.field.contacted"), Text: p.Date(g.Contacted)})
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

package desk

import (
	"slices"
	"strconv"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// shownFormer is how many former names a screen offers at most.
const shownFormer = 4

// personFields are the questions about the person.
func personFields(b *builder, f *PersonForm) {
	b.name("person.family_name", "family_name", &f.Family, rowHint(b.p.T("desk.hint.as_birth_record")))
	b.name("person.given_name", "given_name", &f.Given)
	b.date(value{id: "person.birth_date", key: "birth_date", into: &f.Birth}, b.p.T("desk.hint.birth_date"))
	b.choice(value{id: "person.sex", key: "sex", into: &f.Sex}, words(b.p, "desk.sex.", consular.Sexes()), nil)
	b.name("person.birth_place", "birth_place", &f.BirthPlace)
	b.choice(value{id: "person.birth_country", key: "birth_country", into: &f.BirthCountry}, countries(b.p), nil)
	b.choice(value{id: "person.nationality", key: "nationality", into: &f.Nationality}, countries(b.p), nil)
	b.text(value{id: "person.national_number", key: "national_number", into: &f.NationalNumber},
		shapes(mono, optional, hint(b.p.T("desk.hint.national_number"))))
}

// familyFields are the questions about parents, spouse and earlier names.
func familyFields(b *builder, f *PersonForm) {
	b.name("person.father.given_name", "father_given_name", &f.Father.Given)
	b.name("person.father.family_name", "father_family_name", &f.Father.Family, rowOptional)
	b.name("person.mother.given_name", "mother_given_name", &f.Mother.Given)
	b.name("person.mother.family_name", "mother_family_name", &f.Mother.Family, rowOptional)
	b.text(value{id: "person.act_number", key: "act_number", into: &f.ActNumber},
		shapes(mono, optional, hint(b.p.T("desk.hint.act_number"))))
	none := []web.Option{{Value: "", Label: b.p.T("desk.mention.none")}}
	b.choice(value{id: "person.civil_mention", key: "civil_mention", into: &f.Mention},
		append(none, words(b.p, "desk.mention.", consular.CivilMentions())...), hint(b.p.T("desk.hint.civil_mention")))
	b.name("person.spouse", "spouse", &f.Spouse, rowOptional, rowHint(b.p.T("desk.hint.spouse")))
	former(b, f)
}

// former offers one empty line after those that are there, and drops lines
// that were emptied.
func former(b *builder, f *PersonForm) {
	f.Former = append(slices.Clone(f.Former), PersonNameForm{})
	for i := range f.Former[:min(len(f.Former), shownFormer)] {
		id := "person.former_names." + strconv.Itoa(i)
		b.name(id+".family_name", "former_names_family_name", &f.Former[i].Family, rowOptional)
		b.name(id+".given_name", "former_names_given_name", &f.Former[i].Given, rowOptional)
	}
	b.binds = append(b.binds, func(func(string) (string, bool)) {
		f.Former = slices.DeleteFunc(f.Former, func(n PersonNameForm) bool { return n == PersonNameForm{} })
	})
}

func contactFields(b *builder, under string, f *ContactForm) {
	b.text(value{id: under + ".phone", key: "phone", into: &f.Phone}, shapes(mono, hint(b.p.T("desk.hint.phone")),
		func(f *web.Field) { f.Kind, f.Mode = "tel", "tel" }))
	b.text(value{id: under + ".email", key: "email", into: &f.Email}, shapes(mono, optional, func(f *web.Field) {
		f.Mode = "email" // not the type, whose check of the browser speaks another language
	}))
	var languages []web.Option
	for _, l := range consular.Languages() {
		languages = append(languages, web.Option{Value: string(l), Label: web.Autonym(l)})
	}
	b.choice(value{id: under + ".language", key: "language", into: &f.Language}, languages, hint(b.p.T("desk.hint.language")))
	addressFields(b, under+".address", &f.Address)
}

func addressFields(b *builder, under string, f *AddressForm) {
	latin := func(w *web.Field) { w.Dir, w.Lang = "ltr", "fr" }
	b.text(value{id: under + ".street.latin", key: "address_street", into: &f.Street.Latin}, shapes(latin, hint(b.p.T("desk.hint.street"))))
	b.text(value{id: under + ".postcode", key: "address_postcode", into: &f.Postcode}, shapes(mono, optional))
	b.text(value{id: under + ".city.latin", key: "address_city", into: &f.City.Latin}, latin)
	b.choice(value{id: under + ".country", key: "address_country", into: &f.Country}, countries(b.p), nil)
}

func deliveryFields(b *builder, f *DeliveryForm, s consular.Service) {
	var modes []web.Option
	for _, m := range consular.DeliveryModes() {
		if m.AllowedFor(s) && !m.Online() { // online needs a digital sign-in, which a counter has not
			modes = append(modes, web.Option{Value: m.String(), Label: b.p.T("delivery." + m.String())})
		}
	}
	b.choice(value{id: "delivery.mode", key: "delivery_mode", into: &f.Mode}, modes, nil)
	b.text(value{id: "delivery.address.street.latin", key: "address_street", into: &f.Address.Street.Latin},
		shapes(optional, hint(b.p.T("desk.hint.mail_only"))))
	b.text(value{id: "delivery.address.postcode", key: "address_postcode", into: &f.Address.Postcode}, shapes(mono, optional))
	b.text(value{id: "delivery.address.city.latin", key: "address_city", into: &f.Address.City.Latin}, optional)
	none := []web.Option{{Value: "", Label: "–"}}
	b.choice(value{id: "delivery.address.country", key: "address_country", into: &f.Address.Country},
		append(none, countries(b.p)...), optional)
}

// words gives the members of a vocabulary as choices.
func words[T interface{ String() string }](p lang.Printer, prefix string, all []T) []web.Option {
	out := make([]web.Option, 0, len(all))
	for _, one := range all {
		out = append(out, web.Option{Value: one.String(), Label: p.T(prefix + one.String())})
	}
	return out
}

// countries lists all countries by name in the order of the language, Morocco
// first. A fresh slice each time, since the chosen one is marked in it.
func countries(p lang.Printer) []web.Option {
	var out []web.Option
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			c := consular.Country(string([]rune{a, b}))
			if c != consular.Morocco && c.Validate() == nil {
				out = append(out, web.Option{Value: string(c), Label: p.Country(c)})
			}
		}
	}
	order := collate.New(language.Make(string(p.Language())))
	slices.SortFunc(out, func(a, b web.Option) int { return order.CompareString(a.Label, b.Label) })
	morocco := web.Option{Value: string(consular.Morocco), Label: p.Country(consular.Morocco)}
	return append([]web.Option{morocco}, out...)
}

package signin

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// verifiedClaims are the person's attributes with how they were proved.
type verifiedClaims struct {
	Verification struct {
		Framework string `json:"trust_framework"`
	} `json:"verification"`
	Claims map[string]json.RawMessage `json:"claims"`
}

// framework is the only one whose claims are taken.
const framework = "ma_tcn"

// released gives the names of the claims, the two scripts of one as one.
func (v verifiedClaims) released() []string {
	names := map[string]bool{}
	for key := range v.Claims {
		names[strings.TrimSuffix(key, "#ar")] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// claimsReader reads claims and remembers which of them cannot be read.
type claimsReader struct {
	claims map[string]json.RawMessage
	wrong  []string
}

func (r *claimsReader) text(name string) (text string) {
	raw, found := r.claims[name]
	if found && json.Unmarshal(raw, &text) != nil {
		r.wrong = append(r.wrong, name)
	}
	return text
}

func (r *claimsReader) check(name string, err error) {
	if err != nil {
		r.wrong = append(r.wrong, name)
	}
}

// name reads a name in both scripts; left out altogether it is empty.
func (r *claimsReader) name(key string) consular.Name {
	arabic, latin := r.text(key+"#ar"), r.text(key)
	if arabic == "" && latin == "" {
		return consular.Name{}
	}
	n, err := consular.ParseName(arabic, latin)
	r.check(key, err)
	return n
}

func (r *claimsReader) parent(key string) consular.PersonName {
	raw, found := r.claims[key]
	if !found {
		return consular.PersonName{}
	}
	inner := claimsReader{}
	r.check(key, json.Unmarshal(raw, &inner.claims))
	n := consular.PersonName{Family: inner.name("family_name"), Given: inner.name("given_name")}
	if len(inner.wrong) > 0 || n.Given.IsZero() {
		r.wrong = append(r.wrong, key)
	}
	return n
}

// readPerson gives the person and the names of what was released. What is needed
// to know a person must be there; what is there must be readable.
func readPerson(v verifiedClaims) (consular.Person, []string, error) {
	r := &claimsReader{claims: v.Claims}
	p := consular.Person{Family: r.name("family_name"), Given: r.name("given_name"), Father: r.parent("father"), Mother: r.parent("mother")}
	r.birth(&p)
	r.nationality(&p)
	switch r.text("gender") {
	case "male":
		p.Sex = consular.Male
	case "female":
		p.Sex = consular.Female
	}
	number, err := consular.ParseNationalNumber(r.text("national_number"))
	r.check("national_number", err)
	p.NationalNumber = number
	r.place(&p)
	if v.Verification.Framework != framework || len(v.Claims) > maxAttributes ||
		p.Family.IsZero() || p.Given.IsZero() || p.Sex == 0 || len(r.wrong) > 0 {
		// The names of claims are the contract's own and may be told.
		slices.Sort(r.wrong)
		return consular.Person{}, nil, refuse(fault.Denied, opFinish, CodePerson, strings.Join(slices.Compact(r.wrong), ", "))
	}
	return p, v.released(), nil
}

var birthForm = regexp.MustCompile(`^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$`)

func (r *claimsReader) birth(p *consular.Person) {
	text := r.text("birthdate")
	if !birthForm.MatchString(text) {
		r.wrong = append(r.wrong, "birthdate")
		return
	}
	born, err := consular.ParseBirthDate(text)
	r.check("birthdate", err)
	p.Birth = born
}

func (r *claimsReader) nationality(p *consular.Person) {
	raw, found := r.claims["nationalities"]
	if !found {
		return
	}
	var codes []consular.Country
	r.check("nationalities", json.Unmarshal(raw, &codes))
	for i, code := range codes {
		r.check("nationalities", code.Validate())
		if i == 0 || code == consular.Morocco {
			p.Nationality = code
		}
	}
}

func (r *claimsReader) place(p *consular.Person) {
	raw, found := r.claims["place_of_birth"]
	if !found {
		return
	}
	inner := claimsReader{}
	r.check("place_of_birth", json.Unmarshal(raw, &inner.claims))
	p.BirthPlace = consular.CleanName(inner.text("locality#ar"), inner.text("locality"))
	p.BirthCountry = consular.Country(inner.text("country"))
	if len(inner.wrong) > 0 || p.BirthCountry.Validate() != nil {
		r.wrong = append(r.wrong, "place_of_birth")
	}
	// A place has rules of its own (digits, brackets), which the whole person knows.
	violations := consular.ViolationsOf(consular.Person{BirthPlace: p.BirthPlace}.Validate())
	if slices.ContainsFunc(violations, func(v consular.Violation) bool { return strings.HasPrefix(v.Field, "person.birth_place") }) {
		r.wrong = append(r.wrong, "place_of_birth")
	}
}

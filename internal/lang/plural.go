package lang

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"jaliya/internal/consular"
)

// The names of the plural forms (CLDR).
const (
	formZero  = "zero"
	formOne   = "one"
	formTwo   = "two"
	formFew   = "few"
	formMany  = "many"
	formOther = "other"
)

// million is where the Romance languages change: "un million de jours".
const million = 1_000_000

// Forms lists the plural forms that a message of the language must have.
func Forms(l consular.Language) []string {
	switch l {
	case consular.Arabic:
		return []string{formZero, formOne, formTwo, formFew, formMany, formOther}
	case consular.French, consular.Spanish, consular.Italian:
		return []string{formOne, formMany, formOther}
	case consular.Tamazight, consular.English, consular.Dutch, consular.German:
		return []string{formOne, formOther}
	default:
		return []string{formOther}
	}
}

// Form gives the plural form of a whole number. Arabic and the Germanic
// languages follow x/text. Its data is older than the form "many" of French,
// Spanish and Italian and has no rule for Standard Moroccan Tamazight (CLDR:
// one is exactly 1), so those are written here.
func Form(l consular.Language, n int) string {
	n = max(n, -n)
	switch l {
	case consular.Tamazight:
		if n == 1 {
			return formOne
		}
		return formOther
	case consular.French, consular.Spanish, consular.Italian:
		if n != 0 && n%million == 0 {
			return formMany
		}
	case consular.Arabic, consular.English, consular.Dutch, consular.German:
	}
	return formName(plural.Cardinal.MatchPlural(tagOf(l), n, 0, 0, 0, 0))
}

func formName(f plural.Form) string {
	switch f {
	case plural.Zero:
		return formZero
	case plural.One:
		return formOne
	case plural.Two:
		return formTwo
	case plural.Few:
		return formFew
	case plural.Many:
		return formMany
	case plural.Other:
		return formOther
	default:
		return formOther
	}
}

// pick gives the pattern for a number, "other" where the form is missing.
func (m message) pick(l consular.Language, n int) pattern {
	if p, ok := m[Form(l, n)]; ok {
		return p
	}
	return m[formOther]
}

// tagOf gives the tag that x/text knows: Arabic is ar-MA, since plain Arabic
// would bring other digits and months.
func tagOf(l consular.Language) language.Tag {
	if l == consular.Arabic {
		return language.MustParse("ar-MA")
	}
	return language.Make(string(l))
}

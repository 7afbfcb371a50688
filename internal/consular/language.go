package consular

import (
	"slices"
	"strings"
)

// Language is one of the languages of the product, as an ISO 639 code.
type Language string

// The languages, Arabic and Tamazight being the official ones.
const (
	Arabic    Language = "ar"
	French    Language = "fr"
	Tamazight Language = "zgh"
	English   Language = "en"
	Spanish   Language = "es"
	Italian   Language = "it"
	Dutch     Language = "nl"
	German    Language = "de"
)

// Languages lists them in the order of the language menu.
func Languages() []Language {
	return []Language{Arabic, French, Tamazight, English, Spanish, Italian, Dutch, German}
}

// ParseLanguage reads a code or a locale such as "ar-MA", in any letter case.
func ParseLanguage(s string) (Language, error) {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(s), "_", "-"), "-")
	l := Language(strings.ToLower(base))
	return l, broken(opParse, "language", l.rule())
}

func (l Language) rule() Rule {
	if l == "" {
		return RuleRequired
	}
	if !slices.Contains(Languages(), l) {
		return RuleUnknown
	}
	return ""
}

// String gives the code.
func (l Language) String() string { return string(l) }

// RightToLeft reports the direction of the script.
func (l Language) RightToLeft() bool { return l == Arabic }

// Validate refuses a language that the product does not have.
func (l Language) Validate() error { return broken(opValidate, "language", l.rule()) }

// MarshalText gives the code.
func (l Language) MarshalText() ([]byte, error) { return []byte(l), nil }

// UnmarshalText reads what ParseLanguage reads; the empty text gives none.
func (l *Language) UnmarshalText(b []byte) error { return unmarshalText(b, l, ParseLanguage) }

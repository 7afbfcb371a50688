package consular

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// withdrawn are the codes that the language library still calls countries but
// ISO 3166-1 withdrew or only reserves. XK stays, since Kosovo has no other
// code in use.
const withdrawn = "AC AN CP CQ CS DG EA EZ FQ IC NT PC SU TA UN YU"

// Country is an ISO 3166-1 alpha-2 code in upper case, "MA".
type Country string

// Morocco is the home country.
const Morocco Country = "MA"

// ParseCountry reads an alpha-2 or alpha-3 code in any letter case; the state
// code D of a German travel document is read as DE.
func ParseCountry(s string) (Country, error) {
	s = compact(s)
	if s == "D" {
		s = "DE"
	}
	if len(s) == 3 && all(s, isUpper) {
		if region, err := language.ParseRegion(s); err == nil {
			s = region.String()
		}
	}
	c := Country(s)
	return c, broken(opParse, "country", c.rule())
}

func (c Country) rule() Rule {
	if c == "" {
		return RuleRequired
	}
	if len(c) != 2 || !all(string(c), isUpper) {
		return RuleFormat
	}
	region, err := language.ParseRegion(string(c))
	if err != nil || !region.IsCountry() || region.Canonicalize().String() != string(c) ||
		slices.Contains(strings.Fields(withdrawn), string(c)) {
		return RuleUnknown
	}
	return ""
}

// String gives the alpha-2 code.
func (c Country) String() string { return string(c) }

// Alpha3 gives the alpha-3 code, "MAR", and "" for an unknown country.
func (c Country) Alpha3() string {
	if c.rule() != "" {
		return ""
	}
	return language.MustParseRegion(string(c)).ISO3()
}

// Validate refuses what is not a current country.
func (c Country) Validate() error { return broken(opValidate, "country", c.rule()) }

// UnmarshalText reads what ParseCountry reads; the empty text gives none.
func (c *Country) UnmarshalText(b []byte) error { return unmarshalText(b, c, ParseCountry) }

// MarshalText gives the alpha-2 code.
func (c Country) MarshalText() ([]byte, error) { return []byte(c), nil }

// unmarshalText reads a text type with its parser; empty gives the zero value,
// so that an optional field survives JSON.
func unmarshalText[T ~string](b []byte, into *T, parse func(string) (T, error)) error {
	if strings.TrimSpace(string(b)) == "" {
		*into = ""
		return nil
	}
	got, err := parse(string(b))
	if err != nil {
		return err
	}
	*into = got
	return nil
}

package consular

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxStreet   = 200
	maxPostcode = 16
)

// Address is where the person lives. The Latin side is required, because the
// host country's mail reads it; the Arabic side is what the card shows and may
// be added later. It prints as "[address]".
type Address struct {
	Street   Name    `cbor:"1,keyasint,omitzero" json:"street,omitzero"`
	City     Name    `cbor:"2,keyasint,omitzero" json:"city,omitzero"`
	Postcode string  `cbor:"3,keyasint,omitempty" json:"postcode,omitempty"`
	Country  Country `cbor:"4,keyasint,omitempty" json:"country,omitempty"`
}

// ParseAddress cleans and checks the parts.
func ParseAddress(a Address) (Address, error) {
	a.Street = CleanName(a.Street.Arabic, a.Street.Latin)
	a.City = CleanName(a.City.Arabic, a.City.Latin)
	a.Postcode = strings.ToUpper(foldDigits(a.Postcode))
	if err := a.Validate(); err != nil {
		return Address{}, err
	}
	return a, nil
}

// IsZero reports whether nothing is given.
func (a Address) IsZero() bool { return a == Address{} }

// Validate asks for street, city and country.
func (a Address) Validate() error {
	var c checks
	c.under("address", a.violations())
	return c.err()
}

func (a Address) violations() Violations {
	var c checks
	c.under("street", lineViolations(a.Street))
	c.under("city", lineViolations(a.City))
	c.add("postcode", textRule(a.Postcode, maxPostcode))
	c.add("country", a.Country.rule())
	return c.found
}

// lineViolations checks a line of an address: digits and punctuation are
// welcome, letters of the wrong script are not.
func lineViolations(n Name) Violations {
	var c checks
	if n.Arabic != "" {
		c.add("arabic", lineRule(n.Arabic, isLatinLetter))
	}
	if n.Latin == "" {
		c.add("latin", RuleRequired)
		return c.found
	}
	c.add("latin", lineRule(n.Latin, isArabicLetter))
	return c.found
}

func lineRule(s string, foreign func(rune) bool) Rule {
	if r := textRule(s, maxStreet); r != "" {
		return r
	}
	if strings.ContainsFunc(s, func(r rune) bool { return foreign(r) || isPresentationForm(r) }) {
		return RuleScript
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return RuleFormat
	}
	if !norm.NFC.IsNormalString(s) || strings.TrimSpace(s) != s {
		return RuleNormal
	}
	return ""
}

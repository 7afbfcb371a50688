package consular

import (
	"net/mail"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Phone is a telephone number in E.164, "+33612345678". It prints as
// "[phone]"; string(p) gives the value.
type Phone string

// ParsePhone reads a number as people write it; one without a country code is
// read as a number of home, which is the country of the post, not Morocco.
// The test is for a possible number only: numbering plans change, and a node
// may carry an old one. See Plausible.
func ParsePhone(s string, home Country) (Phone, error) {
	if len(s) > maxTyped {
		return "", broken(opParse, "phone", RuleLength)
	}
	p, ok := international(foldDigits(s), home)
	if !ok {
		return "", broken(opParse, "phone", RuleFormat)
	}
	if again, ok := international(string(p), "ZZ"); !ok || again != p {
		return "", broken(opParse, "phone", RuleFormat)
	}
	return p, broken(opParse, "phone", p.rule())
}

// international is the E.164 form of a possible number. Of some texts, like
// "0000000" in Korea, it reads as another number again: those are none.
func international(s string, home Country) (Phone, bool) {
	n, err := phonenumbers.Parse(s, string(home))
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", false
	}
	return Phone(phonenumbers.Format(n, phonenumbers.E164)), true
}

func (p Phone) rule() Rule {
	if p == "" {
		return RuleRequired
	}
	s := string(p)
	if s[0] != '+' || len(s) < 8 || len(s) > 16 || s[1] == '0' || !all(s[1:], isDigit) {
		return RuleFormat
	}
	return ""
}

// Plausible reports whether the numbering plan known here has such a number. A
// desk asks "are you sure?" when it does not, and goes on.
func (p Phone) Plausible() bool {
	n, err := phonenumbers.Parse(string(p), "ZZ")
	return err == nil && phonenumbers.IsValidNumber(n)
}

// Value gives the number itself, for documents and screens.
func (p Phone) Value() string { return string(p) }

// Validate checks the shape of E.164.
func (p Phone) Validate() error { return broken(opValidate, "phone", p.rule()) }

// MarshalText gives the number.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p), nil }

// UnmarshalText reads an international number; the empty text gives none.
func (p *Phone) UnmarshalText(b []byte) error {
	return unmarshalText(b, p, func(s string) (Phone, error) { return ParsePhone(s, "ZZ") })
}

// Email is a bare address, without a display name, the domain in lower case.
// It prints as "[email]"; string(e) gives the value.
type Email string

// maxEmail is the longest address that mail can carry (RFC 5321, 4.5.3.1.3).
const maxEmail = 254

// ParseEmail reads one address.
func ParseEmail(s string) (Email, error) {
	s = strings.TrimSpace(s)
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		s = s[:at] + strings.ToLower(s[at:])
	}
	e := Email(s)
	if r := e.rule(); r != "" {
		return "", broken(opParse, "email", r)
	}
	return e, nil
}

func (e Email) rule() Rule {
	s := string(e)
	if s == "" {
		return RuleRequired
	}
	if len(s) > maxEmail {
		return RuleLength
	}
	if strings.ContainsFunc(s, isHidden) {
		return RuleControl
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return RuleFormat
	}
	_, domain, _ := strings.Cut(s, "@")
	if !strings.Contains(domain, ".") || strings.ContainsAny(domain, "@[]") {
		return RuleFormat
	}
	if domain != strings.ToLower(domain) {
		return RuleNormal
	}
	return ""
}

// Value gives the address itself, for documents and screens.
func (e Email) Value() string { return string(e) }

// Validate refuses display names, quoted parts and addresses without a public
// domain.
func (e Email) Validate() error { return broken(opValidate, "email", e.rule()) }

// MarshalText gives the address.
func (e Email) MarshalText() ([]byte, error) { return []byte(e), nil }

// UnmarshalText reads what ParseEmail reads; the empty text gives none.
func (e *Email) UnmarshalText(b []byte) error { return unmarshalText(b, e, ParseEmail) }

// Contact is how to reach a person. Language is required; of telephone and
// e-mail at least one, or the person would never hear that the card is ready.
type Contact struct {
	Phone    Phone    `cbor:"1,keyasint,omitempty" json:"phone,omitempty"`
	Email    Email    `cbor:"2,keyasint,omitempty" json:"email,omitempty"`
	Language Language `cbor:"3,keyasint,omitempty" json:"language,omitempty"`
	Address  Address  `cbor:"4,keyasint,omitzero" json:"address,omitzero"`
}

// IsZero reports whether nothing is given.
func (c Contact) IsZero() bool { return c == Contact{} }

// Validate checks what is there and asks for a language and one way to reach
// the person.
func (c Contact) Validate() error {
	var found checks
	found.under("contact", c.violations())
	return found.err()
}

func (c Contact) violations() Violations {
	var found checks
	if c.Phone == "" && c.Email == "" {
		found.add("phone", RuleRequired)
	}
	if c.Phone != "" {
		found.add("phone", c.Phone.rule())
	}
	if c.Email != "" {
		found.add("email", c.Email.rule())
	}
	found.add("language", c.Language.rule())
	if !c.Address.IsZero() {
		found.under("address", c.Address.violations())
	}
	return found.found
}

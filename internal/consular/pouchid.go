package consular

import (
	"fmt"

	"jaliya/internal/fault"
)

// PouchID is the number on the label of a pouch: P (to the post) or R (back
// from it), post without hyphen, two digits of the year, seven of the serial,
// check character MOD 37,36. "PFRLYO260000001" and its check, 16 characters.
// With the destination and the seal number it is all that stands outside.
type PouchID string

const pouchLength = 16

// Pouch says what a PouchID holds.
type Pouch struct {
	Post   PostID
	Return bool // from the post to the capital
	Year   int  // 2000 to 2099
	Serial int  // 1 to 9,999,999, counted per post, direction and year
}

// NewPouchID builds the label number of a pouch.
func NewPouchID(p Pouch) (PouchID, error) {
	if err := p.Post.Validate(); err != nil {
		return "", err
	}
	if p.Year < 2000 || p.Year > 2099 || p.Serial < 1 || p.Serial > 9_999_999 {
		return "", broken(opValidate, "pouch", RuleRange)
	}
	direction := "P"
	if p.Return {
		direction = "R"
	}
	payload := fmt.Sprintf("%s%s%s%02d%07d", direction, p.Post[:2], p.Post[3:], p.Year%100, p.Serial)
	check, err := Mod37Check(payload)
	if err != nil {
		return "", fault.New(fault.Internal, "consular: build pouch id", "", err)
	}
	return PouchID(payload + string(check)), nil
}

// ParsePouchID reads a label as typed or scanned.
func ParsePouchID(s string) (PouchID, error) {
	if len(s) > maxTyped {
		return "", broken(opParse, "pouch", RuleLength)
	}
	p := PouchID(compact(s))
	if r := p.rule(); r != "" {
		return "", broken(opParse, "pouch", r)
	}
	return p, nil
}

func (p PouchID) rule() Rule {
	s := string(p)
	switch {
	case s == "":
		return RuleRequired
	case len(s) != pouchLength:
		return RuleLength
	case s[0] != 'P' && s[0] != 'R' || !all(s[6:15], isDigit):
		return RuleFormat
	case !Mod37Valid(s):
		return RuleChecksum
	default:
		return PostID(s[1:3] + "-" + s[3:6]).rule()
	}
}

// Pouch takes the number apart; the zero Pouch for a bad one.
func (p PouchID) Pouch() Pouch {
	if p.rule() != "" {
		return Pouch{}
	}
	return Pouch{
		Post:   PostID(p[1:3] + "-" + p[3:6]),
		Return: p[0] == 'R',
		Year:   2000 + number(string(p[6:8])),
		Serial: number(string(p[8:15])),
	}
}

// String gives the sixteen characters.
func (p PouchID) String() string { return string(p) }

// Validate checks shape and check character.
func (p PouchID) Validate() error { return broken(opValidate, "pouch", p.rule()) }

// MarshalText gives the number.
func (p PouchID) MarshalText() ([]byte, error) { return []byte(p), nil }

// UnmarshalText reads what ParsePouchID reads; the empty text gives none.
func (p *PouchID) UnmarshalText(b []byte) error { return unmarshalText(b, p, ParsePouchID) }

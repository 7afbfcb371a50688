package consular

import (
	"io"
	"log/slog"
)

const (
	referenceRandom = 16
	referenceLength = referenceRandom + 2
)

// Reference names a request for ever: 16 random digits and 2 check digits (ISO
// 7064 MOD 97-10). It tells nothing about post, date or person. The canonical
// form is the 18 digits; String groups them for people.
type Reference string

// NewReference draws a reference. Whether it is taken is for the ledger to
// say: with 10^16 numbers a clash is unlikely, not impossible.
func NewReference(random io.Reader) (Reference, error) {
	digits, err := RandomDigits(random, referenceRandom)
	if err != nil {
		return "", err
	}
	return Reference(digits + mod97Check(digits)), nil
}

// ParseReference reads 18 digits with any spaces and hyphens between them,
// Arabic-Indic and Persian digits too. Any single wrong digit and any exchange
// of two neighbors is refused with RuleChecksum.
func ParseReference(s string) (Reference, error) {
	if len(s) > maxTyped {
		return "", broken(opParse, "reference", RuleLength)
	}
	r := Reference(compact(s))
	if rule := r.rule(); rule != "" {
		return "", broken(opParse, "reference", rule)
	}
	return r, nil
}

func (r Reference) rule() Rule {
	s := string(r)
	switch {
	case s == "":
		return RuleRequired
	case !all(s, isDigit):
		return RuleFormat
	case len(s) != referenceLength:
		return RuleLength
	case mod97Check(s[:referenceRandom]) != s[referenceRandom:]:
		return RuleChecksum
	default:
		return ""
	}
}

// String gives three groups of six, "123456 789012 345678", for screens and
// paper. Use string(r) or Digits where a program compares.
func (r Reference) String() string {
	if len(r) != referenceLength {
		return string(r)
	}
	return string(r[:6] + " " + r[6:12] + " " + r[12:])
}

// Digits gives the 18 digits.
func (r Reference) Digits() string { return string(r) }

// LogValue gives a placeholder: a reference leads to a person, so it stands in
// no log line.
func (Reference) LogValue() slog.Value { return slog.StringValue("[reference]") }

// Validate checks the canonical form.
func (r Reference) Validate() error { return broken(opValidate, "reference", r.rule()) }

// MarshalText gives the 18 digits.
func (r Reference) MarshalText() ([]byte, error) { return []byte(r), nil }

// UnmarshalText reads what ParseReference reads; the empty text gives none.
func (r *Reference) UnmarshalText(b []byte) error { return unmarshalText(b, r, ParseReference) }

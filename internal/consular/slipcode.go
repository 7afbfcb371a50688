package consular

import (
	"crypto/sha256"
	"crypto/subtle"
	"io"
)

const (
	slipDigits = 8
	slipDomain = "jaliya/slip/1"
)

// SlipCode is the secret of 8 digits on the paper slip that, with the
// reference, lets a person follow the request. Only its hash is kept. It
// prints as "[slip code]"; Printed gives it for the slip.
type SlipCode string

// NewSlipCode draws a code.
func NewSlipCode(random io.Reader) (SlipCode, error) {
	digits, err := RandomDigits(random, slipDigits)
	return SlipCode(digits), err
}

// ParseSlipCode reads 8 digits as people type them.
func ParseSlipCode(s string) (SlipCode, error) {
	if len(s) > maxTyped {
		return "", broken(opParse, "slip_code", RuleLength)
	}
	c := SlipCode(compact(s))
	if r := c.rule(); r != "" {
		return "", broken(opParse, "slip_code", r)
	}
	return c, nil
}

func (c SlipCode) rule() Rule {
	switch {
	case c == "":
		return RuleRequired
	case !all(string(c), isDigit):
		return RuleFormat
	case len(c) != slipDigits:
		return RuleLength
	default:
		return ""
	}
}

// Printed gives "1234 5678", for the slip and nowhere else.
func (c SlipCode) Printed() string {
	if len(c) != slipDigits {
		return string(c)
	}
	return string(c[:4] + " " + c[4:])
}

// Validate checks the canonical form.
func (c SlipCode) Validate() error { return broken(opValidate, "slip_code", c.rule()) }

// SlipHash is SHA-256("jaliya/slip/1" || 18 reference digits || 8 code
// digits). All fields have a fixed length, so no separator is needed. Eight
// digits can be tried out by who holds the hash: it guards the header against
// reading, and limits on the number of attempts guard the portal.
type SlipHash [sha256.Size]byte

// Hash binds the code to its reference.
func (c SlipCode) Hash(ref Reference) SlipHash {
	return sha256.Sum256([]byte(slipDomain + string(ref) + string(c)))
}

// Matches reports, in constant time, whether the code belongs to the reference
// under this hash. The zero hash matches nothing.
func (h SlipHash) Matches(ref Reference, c SlipCode) bool {
	want := c.Hash(ref)
	same := subtle.ConstantTimeCompare(h[:], want[:]) == 1
	return same && ref.rule() == "" && c.rule() == ""
}

// IsZero reports whether no hash is given.
func (h SlipHash) IsZero() bool { return h == SlipHash{} }

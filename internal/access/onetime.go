package access

import (
	"crypto/rand"
	"strings"
	"time"
)

const (
	// OneTimeLife is how long a one-time code holds.
	OneTimeLife = 7 * 24 * time.Hour
	// oneTimeLength gives 60 bits in the alphabet below.
	oneTimeLength = 12
	// oneTimeLetters are 32 that no hand confuses: no I, L, O, U (Crockford).
	oneTimeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// NewOneTimeCode draws the code of an enrolment sheet, in the form that Hash
// takes; GroupCode gives the form to print.
func NewOneTimeCode() string {
	raw := make([]byte, oneTimeLength)
	_, _ = rand.Read(raw) // crypto/rand ends the process instead of failing
	for i, b := range raw {
		raw[i] = oneTimeLetters[b%byte(len(oneTimeLetters))]
	}
	return string(raw)
}

// GroupCode gives a code in groups of four.
func GroupCode(code string) string { return strings.ReplaceAll(grouped(code), " ", "-") }

// ReadOneTimeCode gives the form that was hashed, whatever the hand made of it.
func ReadOneTimeCode(typed string) string {
	return strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").
		Replace(strings.ToUpper(strings.TrimSpace(typed)))
}

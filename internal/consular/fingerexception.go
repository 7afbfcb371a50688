package consular

// FingerException is why a finger was not captured. The texts are those of the
// OSIA enumeration: AMPUTATED, BANDAGED, DAMAGED.
type FingerException uint8

// The finger exception numbers, append-only.
const (
	Amputated FingerException = 1 // never to be asked again
	Bandaged  FingerException = 2 // for the time being
	Damaged   FingerException = 3 // worn or scarred prints
)

var fingerExceptionTerms = terms[FingerException]{
	field: "finger_exception",
	texts: []string{
		"",
		"AMPUTATED",
		"BANDAGED",
		"DAMAGED",
	},
}

// ParseFingerException reads the text of a finger exception, in any letter case.
func ParseFingerException(s string) (FingerException, error) { return fingerExceptionTerms.parse(s) }

// FingerExceptions lists all of them in the order of their numbers.
func FingerExceptions() []FingerException { return fingerExceptionTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (e FingerException) String() string { return fingerExceptionTerms.text(e) }

// Validate refuses zero and numbers that this program does not know.
func (e FingerException) Validate() error {
	return broken(opValidate, fingerExceptionTerms.field, fingerExceptionTerms.rule(e))
}

// MarshalText gives the text; zero gives the empty text.
func (e FingerException) MarshalText() ([]byte, error) { return fingerExceptionTerms.marshal(e) }

// UnmarshalText reads the text; the empty text gives zero.
func (e *FingerException) UnmarshalText(b []byte) error { return fingerExceptionTerms.unmarshal(b, e) }

package consular

// Finger is a finger position, numbered as in ANSI/NIST-ITL and ISO 19794-4.
type Finger uint8

// The finger numbers, append-only.
const (
	RightThumb  Finger = 1  // right thumb
	RightIndex  Finger = 2  // right index
	RightMiddle Finger = 3  // right middle
	RightRing   Finger = 4  // right ring
	RightLittle Finger = 5  // right little
	LeftThumb   Finger = 6  // left thumb
	LeftIndex   Finger = 7  // left index
	LeftMiddle  Finger = 8  // left middle
	LeftRing    Finger = 9  // left ring
	LeftLittle  Finger = 10 // left little
)

var fingerTerms = terms[Finger]{
	field: "finger",
	texts: []string{
		"",
		"right-thumb",
		"right-index",
		"right-middle",
		"right-ring",
		"right-little",
		"left-thumb",
		"left-index",
		"left-middle",
		"left-ring",
		"left-little",
	},
}

// ParseFinger reads the text of a finger, in any letter case.
func ParseFinger(s string) (Finger, error) { return fingerTerms.parse(s) }

// Fingers lists all of them in the order of their numbers.
func Fingers() []Finger { return fingerTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (f Finger) String() string { return fingerTerms.text(f) }

// Validate refuses zero and numbers that this program does not know.
func (f Finger) Validate() error { return broken(opValidate, fingerTerms.field, fingerTerms.rule(f)) }

// MarshalText gives the text; zero gives the empty text.
func (f Finger) MarshalText() ([]byte, error) { return fingerTerms.marshal(f) }

// UnmarshalText reads the text; the empty text gives zero.
func (f *Finger) UnmarshalText(b []byte) error { return fingerTerms.unmarshal(b, f) }

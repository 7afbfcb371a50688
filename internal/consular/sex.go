package consular

// Sex as the civil-status record and the card carry it.
type Sex uint8

// The sex numbers, append-only.
const (
	Male   Sex = 1 // M on the card
	Female Sex = 2 // F on the card
)

var sexTerms = terms[Sex]{
	field: "sex",
	texts: []string{
		"",
		"M",
		"F",
	},
}

// ParseSex reads the text of a sex, in any letter case.
func ParseSex(s string) (Sex, error) { return sexTerms.parse(s) }

// Sexes lists all of them in the order of their numbers.
func Sexes() []Sex { return sexTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (s Sex) String() string { return sexTerms.text(s) }

// Validate refuses zero and numbers that this program does not know.
func (s Sex) Validate() error { return broken(opValidate, sexTerms.field, sexTerms.rule(s)) }

// MarshalText gives the text; zero gives the empty text.
func (s Sex) MarshalText() ([]byte, error) { return sexTerms.marshal(s) }

// UnmarshalText reads the text; the empty text gives zero.
func (s *Sex) UnmarshalText(b []byte) error { return sexTerms.unmarshal(b, s) }

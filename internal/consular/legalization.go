package consular

// Legalization is what the country of use asks for on the original.
type Legalization uint8

// The legalization need numbers, append-only.
const (
	LegalizationNone      Legalization = 1 // nothing
	LegalizationApostille Legalization = 2 // apostille, in Morocco, before the pouch
	LegalizationChain     Legalization = 3 // legalization chain, where the Convention does not apply
)

var legalizationTerms = terms[Legalization]{
	field: "legalization",
	texts: []string{
		"",
		"none",
		"apostille",
		"chain",
	},
}

// ParseLegalization reads the text of a legalization need, in any letter case.
func ParseLegalization(s string) (Legalization, error) { return legalizationTerms.parse(s) }

// Legalizations lists all of them in the order of their numbers.
func Legalizations() []Legalization { return legalizationTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (l Legalization) String() string { return legalizationTerms.text(l) }

// Validate refuses zero and numbers that this program does not know.
func (l Legalization) Validate() error {
	return broken(opValidate, legalizationTerms.field, legalizationTerms.rule(l))
}

// MarshalText gives the text; zero gives the empty text.
func (l Legalization) MarshalText() ([]byte, error) { return legalizationTerms.marshal(l) }

// UnmarshalText reads the text; the empty text gives zero.
func (l *Legalization) UnmarshalText(b []byte) error { return legalizationTerms.unmarshal(b, l) }

package consular

// Purpose is what a record is asked for.
type Purpose uint8

// The purpose numbers, append-only.
const (
	PurposeVisa           Purpose = 1 // a visa
	PurposeResidence      Purpose = 2 // a residence permit
	PurposeNaturalization Purpose = 3 // naturalization in the host country
	PurposeWork           Purpose = 4 // work
	PurposeAdoption       Purpose = 5 // adoption or kafala
	PurposeStudy          Purpose = 6 // study
	PurposeCourt          Purpose = 7 // a court
	PurposeOther          Purpose = 8 // said in free text
)

var purposeTerms = terms[Purpose]{
	field: "purpose",
	texts: []string{
		"",
		"visa",
		"residence",
		"naturalization",
		"work",
		"adoption",
		"study",
		"court",
		"other",
	},
}

// ParsePurpose reads the text of a purpose, in any letter case.
func ParsePurpose(s string) (Purpose, error) { return purposeTerms.parse(s) }

// Purposes lists all of them in the order of their numbers.
func Purposes() []Purpose { return purposeTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (p Purpose) String() string { return purposeTerms.text(p) }

// Validate refuses zero and numbers that this program does not know.
func (p Purpose) Validate() error {
	return broken(opValidate, purposeTerms.field, purposeTerms.rule(p))
}

// MarshalText gives the text; zero gives the empty text.
func (p Purpose) MarshalText() ([]byte, error) { return purposeTerms.marshal(p) }

// UnmarshalText reads the text; the empty text gives zero.
func (p *Purpose) UnmarshalText(b []byte) error { return purposeTerms.unmarshal(b, p) }

package consular

// Family groups the services by the machine that drives a case (G.1 or G.2).
type Family uint8

// The family numbers, append-only.
const (
	FamilyCNIE   Family = 1 // identity cards, enrolled at a post
	FamilyRecord Family = 2 // police and justice records
)

var familyTerms = terms[Family]{
	field: "family",
	texts: []string{
		"",
		"cnie",
		"record",
	},
}

// ParseFamily reads the text of a family, in any letter case.
func ParseFamily(s string) (Family, error) { return familyTerms.parse(s) }

// Families lists all of them in the order of their numbers.
func Families() []Family { return familyTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (f Family) String() string { return familyTerms.text(f) }

// Validate refuses zero and numbers that this program does not know.
func (f Family) Validate() error { return broken(opValidate, familyTerms.field, familyTerms.rule(f)) }

// MarshalText gives the text; zero gives the empty text.
func (f Family) MarshalText() ([]byte, error) { return familyTerms.marshal(f) }

// UnmarshalText reads the text; the empty text gives zero.
func (f *Family) UnmarshalText(b []byte) error { return familyTerms.unmarshal(b, f) }

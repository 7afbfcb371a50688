package consular

// PostKind says what a post is.
type PostKind uint8

// The kind of post numbers, append-only.
const (
	ConsulateGeneral  PostKind = 1 // a consulate general
	Embassy           PostKind = 2 // consular section of an embassy
	HonoraryConsulate PostKind = 3 // no enrolment, collection only where the operator says so
)

var postKindTerms = terms[PostKind]{
	field: "kind",
	texts: []string{
		"",
		"consulate-general",
		"embassy",
		"honorary-consulate",
	},
}

// ParsePostKind reads the text of a kind of post, in any letter case.
func ParsePostKind(s string) (PostKind, error) { return postKindTerms.parse(s) }

// PostKinds lists all of them in the order of their numbers.
func PostKinds() []PostKind { return postKindTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (k PostKind) String() string { return postKindTerms.text(k) }

// Validate refuses zero and numbers that this program does not know.
func (k PostKind) Validate() error {
	return broken(opValidate, postKindTerms.field, postKindTerms.rule(k))
}

// MarshalText gives the text; zero gives the empty text.
func (k PostKind) MarshalText() ([]byte, error) { return postKindTerms.marshal(k) }

// UnmarshalText reads the text; the empty text gives zero.
func (k *PostKind) UnmarshalText(b []byte) error { return postKindTerms.unmarshal(b, k) }

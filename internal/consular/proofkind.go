package consular

// ProofKind is how the identity of the applicant was established.
type ProofKind uint8

// The kind of identity proof numbers, append-only.
const (
	ProofCounter ProofKind = 1 // shown at the counter
	ProofDigital ProofKind = 2 // receipt of the trusted third party
)

var proofKindTerms = terms[ProofKind]{
	field: "identity_proof.kind",
	texts: []string{
		"",
		"counter",
		"digital",
	},
}

// ParseProofKind reads the text of a kind of identity proof, in any letter case.
func ParseProofKind(s string) (ProofKind, error) { return proofKindTerms.parse(s) }

// ProofKinds lists all of them in the order of their numbers.
func ProofKinds() []ProofKind { return proofKindTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (k ProofKind) String() string { return proofKindTerms.text(k) }

// Validate refuses zero and numbers that this program does not know.
func (k ProofKind) Validate() error {
	return broken(opValidate, proofKindTerms.field, proofKindTerms.rule(k))
}

// MarshalText gives the text; zero gives the empty text.
func (k ProofKind) MarshalText() ([]byte, error) { return proofKindTerms.marshal(k) }

// UnmarshalText reads the text; the empty text gives zero.
func (k *ProofKind) UnmarshalText(b []byte) error { return proofKindTerms.unmarshal(b, k) }

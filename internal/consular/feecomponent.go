package consular

// FeeComponent is one line of what a person pays.
type FeeComponent uint8

// The fee component numbers, append-only.
const (
	FeeStamp    FeeComponent = 1 // stamp duty, to the Treasury
	FeeChancery FeeComponent = 2 // chancery fee
	FeeService  FeeComponent = 3 // service fee
)

var feeComponentTerms = terms[FeeComponent]{
	field: "component",
	texts: []string{
		"",
		"stamp",
		"chancery",
		"service",
	},
}

// ParseFeeComponent reads the text of a fee component, in any letter case.
func ParseFeeComponent(s string) (FeeComponent, error) { return feeComponentTerms.parse(s) }

// FeeComponents lists all of them in the order of their numbers.
func FeeComponents() []FeeComponent { return feeComponentTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (c FeeComponent) String() string { return feeComponentTerms.text(c) }

// Validate refuses zero and numbers that this program does not know.
func (c FeeComponent) Validate() error {
	return broken(opValidate, feeComponentTerms.field, feeComponentTerms.rule(c))
}

// MarshalText gives the text; zero gives the empty text.
func (c FeeComponent) MarshalText() ([]byte, error) { return feeComponentTerms.marshal(c) }

// UnmarshalText reads the text; the empty text gives zero.
func (c *FeeComponent) UnmarshalText(b []byte) error { return feeComponentTerms.unmarshal(b, c) }

package wire

import (
	"fmt"
	"log/slog"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// MaxSummary is the cap of a case summary in clear, in bytes.
const MaxSummary = 8192

// Summary is the body of a notice about a case: what a post needs to act on a
// person whose packet it cannot open. It prints as "[summary]".
type Summary struct {
	Version   uint8              `cbor:"1,keyasint"`
	Reference consular.Reference `cbor:"2,keyasint"`
	Service   consular.Service   `cbor:"3,keyasint"`
	Family    consular.Name      `cbor:"4,keyasint"`
	Given     consular.Name      `cbor:"5,keyasint"`
	Birth     consular.BirthDate `cbor:"6,keyasint"`
	Contact   consular.Contact   `cbor:"7,keyasint,omitzero"` // of a person to be called, without the address
	Slip      Digest             `cbor:"8,keyasint,omitzero"` // consular.SlipHash; zero: unknown
}

// SummaryContext is the purpose that summaries are sealed for.
const SummaryContext = "jaliya/summary/1"

// SummaryAAD is the associated data under which the summary of a request is
// sealed to a post.
func SummaryAAD(post consular.PostID, reference string) []byte {
	return []byte(SummaryContext + "\x00" + string(post) + "\x00" + reference)
}

// DecodeSummary reads an opened body.
func DecodeSummary(raw []byte) (Summary, error) {
	const op = "wire: decode summary"
	var s Summary
	if err := Unmarshal(raw, MaxSummary, &s); err != nil {
		return Summary{}, err
	}
	if s.Version == 0 || s.Version > Version {
		return Summary{}, fault.New(fault.Unsupported, op, "version "+uitoa(uint64(s.Version)), nil)
	}
	return s, s.Validate()
}

// Validate names the field that breaks a rule.
func (s Summary) Validate() error {
	const op = "wire: validate summary"
	field := ""
	switch {
	case s.Reference.Validate() != nil:
		field = "reference"
	case s.Service.Validate() != nil:
		field = "service"
	case s.Family.Validate() != nil:
		field = "family_name"
	case s.Given.Validate() != nil:
		field = "given_name"
	case s.Birth.Validate() != nil:
		field = "birth_date"
	case !s.Contact.IsZero() && s.Contact.Validate() != nil:
		field = "contact"
	}
	if field != "" {
		return fault.New(fault.Invalid, op, field, nil)
	}
	return nil
}

// Format prints no content, whatever the verb.
func (Summary) Format(f fmt.State, _ rune) { hide(f, "[summary]") }

// LogValue keeps the content out of logs.
func (Summary) LogValue() slog.Value { return slog.StringValue("[summary]") }

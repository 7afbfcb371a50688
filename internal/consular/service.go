package consular

// Service is what a person asks the network for.
type Service uint8

// The service numbers, append-only.
const (
	CNIEFirst       Service = 1 // first identity card
	CNIERenewal     Service = 2 // expiry, old model, or twelfth birthday
	CNIEReplacement Service = 3 // loss, theft or damage
	CNIECorrection  Service = 4 // change of name, birth data, address or civil status
	RecordPolice    Service = 5 // DGSN record (fiche anthropometrique)
	RecordJustice   Service = 6 // extract of the judicial record, bulletin no 3
)

var serviceTerms = terms[Service]{
	field: "service",
	texts: []string{
		"",
		"cnie.first",
		"cnie.renewal",
		"cnie.replacement",
		"cnie.correction",
		"record.police",
		"record.justice",
	},
}

// ParseService reads the text of a service, in any letter case.
func ParseService(s string) (Service, error) { return serviceTerms.parse(s) }

// Services lists all of them in the order of their numbers.
func Services() []Service { return serviceTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (s Service) String() string { return serviceTerms.text(s) }

// Validate refuses zero and numbers that this program does not know.
func (s Service) Validate() error {
	return broken(opValidate, serviceTerms.field, serviceTerms.rule(s))
}

// MarshalText gives the text; zero gives the empty text.
func (s Service) MarshalText() ([]byte, error) { return serviceTerms.marshal(s) }

// UnmarshalText reads the text; the empty text gives zero.
func (s *Service) UnmarshalText(b []byte) error { return serviceTerms.unmarshal(b, s) }

// Family says which of the two case machines a service runs on.
func (s Service) Family() Family {
	switch s {
	case CNIEFirst, CNIERenewal, CNIEReplacement, CNIECorrection:
		return FamilyCNIE
	case RecordPolice, RecordJustice:
		return FamilyRecord
	default:
		return 0
	}
}

package consular

// DeliveryMode is how the document reaches the person.
type DeliveryMode uint8

// The delivery mode numbers, append-only.
const (
	DeliverCollect              DeliveryMode = 1 // collected at a post: the card, or a copy printed there
	DeliverMail                 DeliveryMode = 2 // printed at a post and mailed to the address
	DeliverElectronic           DeliveryMode = 3 // released to the person online
	DeliverElectronicAndCollect DeliveryMode = 4 // online, and a copy collected at a post
	DeliverElectronicAndMail    DeliveryMode = 5 // online, and a copy mailed
	DeliverPouch                DeliveryMode = 6 // the issuer's paper original by pouch, collected at a post
)

var deliveryModeTerms = terms[DeliveryMode]{
	field: "delivery.mode",
	texts: []string{
		"",
		"collect",
		"mail",
		"electronic",
		"electronic-and-collect",
		"electronic-and-mail",
		"pouch",
	},
}

// ParseDeliveryMode reads the text of a delivery mode, in any letter case.
func ParseDeliveryMode(s string) (DeliveryMode, error) { return deliveryModeTerms.parse(s) }

// DeliveryModes lists all of them in the order of their numbers.
func DeliveryModes() []DeliveryMode { return deliveryModeTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (m DeliveryMode) String() string { return deliveryModeTerms.text(m) }

// Validate refuses zero and numbers that this program does not know.
func (m DeliveryMode) Validate() error {
	return broken(opValidate, deliveryModeTerms.field, deliveryModeTerms.rule(m))
}

// MarshalText gives the text; zero gives the empty text.
func (m DeliveryMode) MarshalText() ([]byte, error) { return deliveryModeTerms.marshal(m) }

// UnmarshalText reads the text; the empty text gives zero.
func (m *DeliveryMode) UnmarshalText(b []byte) error { return deliveryModeTerms.unmarshal(b, m) }

// NeedsPost reports whether a post has to be named.
func (m DeliveryMode) NeedsPost() bool {
	return deliveryModeTerms.rule(m) == "" && m != DeliverElectronic
}

// NeedsAddress reports whether an address has to be given.
func (m DeliveryMode) NeedsAddress() bool { return m == DeliverMail || m == DeliverElectronicAndMail }

// Online reports whether the document is released to the person online.
func (m DeliveryMode) Online() bool {
	return m == DeliverElectronic || m == DeliverElectronicAndCollect || m == DeliverElectronicAndMail
}

// AllowedFor reports whether a service can be delivered this way. A card is
// handed over in person after a face check, so only collection is left for it.
func (m DeliveryMode) AllowedFor(s Service) bool {
	switch s.Family() {
	case FamilyCNIE:
		return m == DeliverCollect
	case FamilyRecord:
		return deliveryModeTerms.rule(m) == ""
	default:
		return false
	}
}

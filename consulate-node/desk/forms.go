package desk

import "jaliya/internal/fault"

// Group is one part of a visit, saved by itself.
type Group string

// The groups.
const (
	GroupPerson    Group = "person"
	GroupContact   Group = "contact"
	GroupDelivery  Group = "delivery"
	GroupDocuments Group = "documents"
	GroupFingers   Group = "fingers"
	GroupGuardian  Group = "guardian"
)

// Groups lists all of them in the order of a visit.
func Groups() []Group {
	return []Group{GroupPerson, GroupContact, GroupDelivery, GroupDocuments, GroupFingers, GroupGuardian, GroupRecord}
}

// Form is a group as it was typed: text, right or wrong. JSON has the shape of
// the consular type of that name, so what is right there is right here.
type Form interface {
	Group() Group
	into(f *Forms)
}

// NewForm gives an empty form to decode into. Errors: NotFound.
func NewForm(g Group) (Form, error) {
	switch g {
	case GroupPerson:
		return &PersonForm{}, nil
	case GroupContact:
		return &ContactForm{}, nil
	case GroupDelivery:
		return &DeliveryForm{}, nil
	case GroupDocuments:
		return &DocumentsForm{}, nil
	case GroupFingers:
		return &FingersForm{}, nil
	case GroupGuardian:
		return &GuardianForm{}, nil
	case GroupRecord:
		return &RecordForm{}, nil
	default:
		return nil, fault.New(fault.NotFound, "desk: choose form", "group", nil)
	}
}

// Forms are the groups of a visit; nil is what nobody has touched.
type Forms struct {
	Person    *PersonForm    `json:"person,omitempty"`
	Contact   *ContactForm   `json:"contact,omitempty"`
	Delivery  *DeliveryForm  `json:"delivery,omitempty"`
	Documents *DocumentsForm `json:"documents,omitempty"`
	Fingers   *FingersForm   `json:"fingers,omitempty"`
	Guardian  *GuardianForm  `json:"guardian,omitempty"`
	Record    *RecordForm    `json:"record,omitempty"`
}

// NameForm is consular.Name as typed.
type NameForm struct {
	Arabic string `json:"arabic,omitempty"`
	Latin  string `json:"latin,omitempty"`
}

// PersonNameForm is consular.PersonName as typed.
type PersonNameForm struct {
	Family NameForm `json:"family_name,omitzero"`
	Given  NameForm `json:"given_name,omitzero"`
}

// PersonForm is consular.Person as typed.
type PersonForm struct {
	Family         NameForm         `json:"family_name,omitzero"`
	Given          NameForm         `json:"given_name,omitzero"`
	Sex            string           `json:"sex,omitempty"`
	Birth          string           `json:"birth_date,omitempty"`
	BirthPlace     NameForm         `json:"birth_place,omitzero"`
	BirthCountry   string           `json:"birth_country,omitempty"`
	Nationality    string           `json:"nationality,omitempty"`
	Father         PersonNameForm   `json:"father,omitzero"`
	Mother         PersonNameForm   `json:"mother,omitzero"`
	NationalNumber string           `json:"national_number,omitempty"`
	Former         []PersonNameForm `json:"former_names,omitempty"`
	ActNumber      string           `json:"act_number,omitempty"`
	Mention        string           `json:"civil_mention,omitempty"`
	Spouse         NameForm         `json:"spouse,omitzero"`
}

// AddressForm is consular.Address as typed.
type AddressForm struct {
	Street   NameForm `json:"street,omitzero"`
	City     NameForm `json:"city,omitzero"`
	Postcode string   `json:"postcode,omitempty"`
	Country  string   `json:"country,omitempty"`
}

// ContactForm is consular.Contact as typed.
type ContactForm struct {
	Phone    string      `json:"phone,omitempty"`
	Email    string      `json:"email,omitempty"`
	Language string      `json:"language,omitempty"`
	Address  AddressForm `json:"address,omitzero"`
}

// DeliveryForm is consular.Delivery as typed.
type DeliveryForm struct {
	Mode    string      `json:"mode,omitempty"`
	Post    string      `json:"post,omitempty"`
	Address AddressForm `json:"address,omitzero"`
}

// DocumentsForm are the papers that the person brought.
type DocumentsForm struct {
	Held []DocumentForm `json:"held"`
}

// DocumentForm is consular.DocumentHeld as typed.
type DocumentForm struct {
	Kind   string `json:"kind"`
	Issued string `json:"issued,omitempty"`
}

// FingersForm is what happened with each finger.
type FingersForm struct {
	Reports []FingerForm `json:"reports"`
}

// FingerForm is consular.FingerReport as typed, with the number of attempts:
// after three a low quality is for the second person to accept.
type FingerForm struct {
	Finger    string `json:"finger"`
	Quality   int    `json:"quality,omitempty"` // NFIQ 2, 0 to 100
	Attempts  int    `json:"attempts,omitempty"`
	Exception string `json:"exception,omitempty"`
}

// GuardianForm is consular.Guardian as typed.
type GuardianForm struct {
	Name           PersonNameForm `json:"name,omitzero"`
	NationalNumber string         `json:"national_number,omitempty"`
	Consent        string         `json:"consent,omitempty"`
	Contact        ContactForm    `json:"contact,omitzero"`
	Contacted      string         `json:"contacted,omitempty"` // the day on which an absent father was written to
}

func (p *PersonForm) into(f *Forms)    { f.Person = p }
func (c *ContactForm) into(f *Forms)   { f.Contact = c }
func (d *DeliveryForm) into(f *Forms)  { f.Delivery = d }
func (d *DocumentsForm) into(f *Forms) { f.Documents = d }
func (p *FingersForm) into(f *Forms)   { f.Fingers = p }
func (g *GuardianForm) into(f *Forms)  { f.Guardian = g }

// get gives the form of a group, nil when nobody has touched it.
func (f Forms) get(g Group) Form {
	switch {
	case g == GroupPerson && f.Person != nil:
		return f.Person
	case g == GroupContact && f.Contact != nil:
		return f.Contact
	case g == GroupDelivery && f.Delivery != nil:
		return f.Delivery
	case g == GroupDocuments && f.Documents != nil:
		return f.Documents
	case g == GroupFingers && f.Fingers != nil:
		return f.Fingers
	case g == GroupGuardian && f.Guardian != nil:
		return f.Guardian
	case g == GroupRecord && f.Record != nil:
		return f.Record
	}
	return nil
}

// Group gives the group that the form is.
func (*PersonForm) Group() Group { return GroupPerson }

// Group gives the group that the form is.
func (*ContactForm) Group() Group { return GroupContact }

// Group gives the group that the form is.
func (*DeliveryForm) Group() Group { return GroupDelivery }

// Group gives the group that the form is.
func (*DocumentsForm) Group() Group { return GroupDocuments }

// Group gives the group that the form is.
func (*FingersForm) Group() Group { return GroupFingers }

// Group gives the group that the form is.
func (*GuardianForm) Group() Group { return GroupGuardian }

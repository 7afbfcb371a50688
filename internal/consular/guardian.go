package consular

import "time"

// Guardian is the legal representative of a minor or a protected adult. It
// prints as "[person]".
type Guardian struct {
	Name           PersonName      `cbor:"1,keyasint,omitzero" json:"name,omitzero"`
	NationalNumber NationalNumber  `cbor:"2,keyasint,omitempty" json:"national_number,omitempty"`
	Consent        GuardianConsent `cbor:"3,keyasint,omitempty" json:"consent,omitempty"`
	Contact        Contact         `cbor:"4,keyasint,omitzero" json:"contact,omitzero"`
	Contacted      Date            `cbor:"5,keyasint,omitempty" json:"contacted,omitempty"` // the day on which an absent father was written to
}

// GuardianDelay is how many days an absent father has to answer.
const GuardianDelay = 15

// Until gives the first day on which the request may go on without the father,
// empty when nobody was contacted.
func (g Guardian) Until() Date {
	if g.Contacted == "" || g.Contacted.rule() != "" {
		return ""
	}
	y, m, d := g.Contacted.Split()
	return DateOf(time.Date(y, m, d+GuardianDelay, 0, 0, 0, 0, time.UTC))
}

// Validate checks the name, the consent and what else is there. Paths begin
// with "guardian".
func (g Guardian) Validate() error {
	var c, inner checks
	inner.under("name", g.Name.violations())
	if g.NationalNumber != "" {
		inner.add("national_number", g.NationalNumber.rule())
	}
	inner.add("consent", guardianConsentTerms.rule(g.Consent))
	if g.Contacted != "" || g.Consent == GuardianContacted {
		inner.add("contacted", g.Contacted.rule())
	}
	if !g.Contact.IsZero() {
		inner.under("contact", g.Contact.violations())
	}
	c.under("guardian", inner.found)
	return c.err()
}

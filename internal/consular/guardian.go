package consular

// Guardian is the legal representative of a minor or a protected adult. It
// prints as "[person]".
type Guardian struct {
	Name           PersonName      `cbor:"1,keyasint,omitzero" json:"name,omitzero"`
	NationalNumber NationalNumber  `cbor:"2,keyasint,omitempty" json:"national_number,omitempty"`
	Consent        GuardianConsent `cbor:"3,keyasint,omitempty" json:"consent,omitempty"`
	Contact        Contact         `cbor:"4,keyasint,omitzero" json:"contact,omitzero"`
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
	if !g.Contact.IsZero() {
		inner.under("contact", g.Contact.violations())
	}
	c.under("guardian", inner.found)
	return c.err()
}

package consular

import "time"

const (
	maxUseText = 200
	maxCopies  = 5
)

// Use is what a record is for: it decides about legalization and is printed on
// some documents.
type Use struct {
	Purpose      Purpose      `cbor:"1,keyasint" json:"purpose"`
	Text         string       `cbor:"2,keyasint,omitempty" json:"text,omitempty"` // for PurposeOther
	Country      Country      `cbor:"3,keyasint" json:"country"`
	Authority    string       `cbor:"4,keyasint,omitempty" json:"authority,omitempty"`
	Legalization Legalization `cbor:"5,keyasint" json:"legalization"`
	Copies       int          `cbor:"6,keyasint" json:"copies"` // 1 to 5
}

// Validate checks each field; a purpose "other" has to be said in words. Paths
// begin with "use".
func (u Use) Validate() error {
	var c checks
	c.add("use.purpose", purposeTerms.rule(u.Purpose))
	if u.Purpose == PurposeOther && u.Text == "" {
		c.add("use.text", RuleRequired)
	}
	c.add("use.text", textRule(u.Text, maxUseText))
	c.add("use.country", u.Country.rule())
	c.add("use.authority", textRule(u.Authority, maxUseText))
	c.add("use.legalization", legalizationTerms.rule(u.Legalization))
	if u.Copies < 1 || u.Copies > maxCopies {
		c.add("use.copies", RuleRange)
	}
	return c.err()
}

// Consent is the notice that a person was shown and agreed to, or was informed
// by, where the law and not consent is the basis.
type Consent struct {
	Version  string    `cbor:"1,keyasint" json:"version"` // of the text
	Language Language  `cbor:"2,keyasint" json:"language"`
	At       time.Time `cbor:"3,keyasint" json:"at"`
	Channel  Channel   `cbor:"4,keyasint" json:"channel"`
}

// Validate checks each field. Paths begin with "consent".
func (n Consent) Validate() error {
	var c checks
	if n.Version == "" {
		c.add("consent.version", RuleRequired)
	}
	c.add("consent.version", textRule(n.Version, 40))
	c.add("consent.language", n.Language.rule())
	if n.At.IsZero() {
		c.add("consent.at", RuleRequired)
	}
	c.add("consent.channel", channelTerms.rule(n.Channel))
	return c.err()
}

// IdentityProof is how the applicant was identified: at the counter with a
// document, or by a receipt of the trusted third party. It holds no attribute
// of the person.
type IdentityProof struct {
	Kind     ProofKind    `cbor:"1,keyasint" json:"kind"`
	Receipt  string       `cbor:"2,keyasint,omitempty" json:"receipt,omitempty"`  // transaction id, digital only
	Level    string       `cbor:"3,keyasint,omitempty" json:"level,omitempty"`    // assurance level, digital only
	Document DocumentKind `cbor:"4,keyasint,omitempty" json:"document,omitempty"` // shown, counter only
	At       time.Time    `cbor:"5,keyasint" json:"at"`
}

// Validate checks that each kind has its own fields. Paths begin with
// "identity_proof".
func (p IdentityProof) Validate() error {
	var c checks
	c.add("identity_proof.kind", proofKindTerms.rule(p.Kind))
	if p.At.IsZero() {
		c.add("identity_proof.at", RuleRequired)
	}
	switch p.Kind {
	case ProofDigital:
		if p.Receipt == "" {
			c.add("identity_proof.receipt", RuleRequired)
		}
		c.add("identity_proof.receipt", textRule(p.Receipt, maxUseText))
		c.add("identity_proof.level", textRule(p.Level, maxUseText))
	case ProofCounter:
		c.add("identity_proof.document", documentKindTerms.rule(p.Document))
	}
	return c.err()
}

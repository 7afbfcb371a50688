package consular

// DocumentKind is a paper that a published list may ask for (domain A.5, B.2).
// Law 55-19: only published documents may be asked for, so an agent cannot add
// one that is not here.
type DocumentKind uint8

// The document kind numbers, append-only.
const (
	DocRegistration     DocumentKind = 1  // certificate of consular registration with current address
	DocFamilyBooklet    DocumentKind = 2  // page of the family booklet
	DocBirthCopy        DocumentKind = 3  // full copy of the birth record
	DocBirthExtract     DocumentKind = 4  // extract of the birth certificate, names in both scripts
	DocMarriageAct      DocumentKind = 5  // for the mention wife of
	DocDeathCertificate DocumentKind = 6  // for the mention widow or widower of
	DocOldCard          DocumentKind = 7  // the current or expired card
	DocLossStatement    DocumentKind = 8  // sworn statement of loss, theft or damage
	DocPoliceReport     DocumentKind = 9  // report of the host police
	DocChangeProof      DocumentKind = 10 // document that proves the change
	DocGuardianRequest  DocumentKind = 11 // request of the legal representative
	DocGuardianCard     DocumentKind = 12 // card of the legal representative
	DocMinorResidence   DocumentKind = 13 // proof of residence of the minor
	DocCourtDecision    DocumentKind = 14 // guardianship or other court decision
	DocPowerOfAttorney  DocumentKind = 15 // special legalized power of attorney
	DocRequestLetter    DocumentKind = 16 // letter of request
	DocCardCopy         DocumentKind = 17 // copy of the card, both sides
	DocPassportCopy     DocumentKind = 18 // copy of the passport
	DocPhotograph       DocumentKind = 19 // 35 x 45 mm photograph, where no live portrait is taken
)

var documentKindTerms = terms[DocumentKind]{
	field: "document_kind",
	texts: []string{
		"",
		"registration-certificate",
		"family-booklet",
		"birth-record-copy",
		"birth-extract",
		"marriage-act",
		"death-certificate",
		"old-card",
		"loss-statement",
		"host-police-report",
		"change-proof",
		"guardian-request",
		"guardian-card",
		"minor-residence",
		"court-decision",
		"power-of-attorney",
		"request-letter",
		"card-copy",
		"passport-copy",
		"photograph",
	},
}

// ParseDocumentKind reads the text of a document kind, in any letter case.
func ParseDocumentKind(s string) (DocumentKind, error) { return documentKindTerms.parse(s) }

// DocumentKinds lists all of them in the order of their numbers.
func DocumentKinds() []DocumentKind { return documentKindTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (d DocumentKind) String() string { return documentKindTerms.text(d) }

// Validate refuses zero and numbers that this program does not know.
func (d DocumentKind) Validate() error {
	return broken(opValidate, documentKindTerms.field, documentKindTerms.rule(d))
}

// MarshalText gives the text; zero gives the empty text.
func (d DocumentKind) MarshalText() ([]byte, error) { return documentKindTerms.marshal(d) }

// UnmarshalText reads the text; the empty text gives zero.
func (d *DocumentKind) UnmarshalText(b []byte) error { return documentKindTerms.unmarshal(b, d) }

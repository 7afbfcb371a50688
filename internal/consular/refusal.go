package consular

// RefusalReason is the stable code of why a request, an entry or a capture was
// refused. The text in each language belongs to the message catalogs; law 55-19
// asks that every refusal has one.
type RefusalReason uint8

// The refusal reason numbers, append-only.
const (
	RefusedPortraitQuality      RefusalReason = 1  // recapture
	RefusedFingerprintQuality   RefusalReason = 2  // recapture
	RefusedSignatureQuality     RefusalReason = 3  // recapture
	RefusedNamesDiffer          RefusalReason = 4  // Arabic or Latin name differs from the civil-status proof
	RefusedBirthDiffers         RefusalReason = 5  // birth date or place differs from the civil-status proof
	RefusedFileIncomplete       RefusalReason = 6  // a published document is missing or out of date
	RefusedNotRegistered        RefusalReason = 7  // no consular registration
	RefusedDuplicateRequest     RefusalReason = 8  // another request of the person is open
	RefusedContentUnreadable    RefusalReason = 9  // the sealed content cannot be opened or decoded
	RefusedImagesMissing        RefusalReason = 10 // an image named by the entry never came or does not match
	RefusedIdentityNotProved    RefusalReason = 11 // the person could not be identified
	RefusedNotEntitled          RefusalReason = 12 // no right to the document, or no mandate
	RefusedGuardianConsent      RefusalReason = 13 // consent of the legal representative is missing
	RefusedSupplementUnanswered RefusalReason = 14 // the one supplement was not brought in time
	RefusedPaymentMissing       RefusalReason = 15 // not paid in time or not enough
	RefusedFraud                RefusalReason = 16 // shown to the person as a general refusal with the way of appeal
	RefusedDeceased             RefusalReason = 17 // notice of death
	RefusedNationalityLost      RefusalReason = 18 // notice of loss of nationality
	RefusedFormatUnsupported    RefusalReason = 19 // written by a newer or unknown version
	RefusedWithdrawn            RefusalReason = 20 // the person withdrew
)

var refusalReasonTerms = terms[RefusalReason]{
	field: "refusal_reason",
	texts: []string{
		"",
		"portrait-quality",
		"fingerprint-quality",
		"signature-quality",
		"names-differ",
		"birth-differs",
		"file-incomplete",
		"not-registered",
		"duplicate-request",
		"content-unreadable",
		"images-missing",
		"identity-not-proved",
		"not-entitled",
		"guardian-consent",
		"supplement-unanswered",
		"payment-missing",
		"fraud",
		"deceased",
		"nationality-lost",
		"format-unsupported",
		"withdrawn",
	},
}

// ParseRefusalReason reads the text of a refusal reason, in any letter case.
func ParseRefusalReason(s string) (RefusalReason, error) { return refusalReasonTerms.parse(s) }

// RefusalReasons lists all of them in the order of their numbers.
func RefusalReasons() []RefusalReason { return refusalReasonTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (r RefusalReason) String() string { return refusalReasonTerms.text(r) }

// Validate refuses zero and numbers that this program does not know.
func (r RefusalReason) Validate() error {
	return broken(opValidate, refusalReasonTerms.field, refusalReasonTerms.rule(r))
}

// MarshalText gives the text; zero gives the empty text.
func (r RefusalReason) MarshalText() ([]byte, error) { return refusalReasonTerms.marshal(r) }

// UnmarshalText reads the text; the empty text gives zero.
func (r *RefusalReason) UnmarshalText(b []byte) error { return refusalReasonTerms.unmarshal(b, r) }

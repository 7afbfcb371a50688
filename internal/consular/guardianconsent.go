package consular

// GuardianConsent is where the consent of the legal representative stands.
type GuardianConsent uint8

// The guardian consent numbers, append-only.
const (
	GuardianPresent         GuardianConsent = 1 // came along with own card
	GuardianPowerOfAttorney GuardianConsent = 2 // legalized power of attorney
	GuardianContacted       GuardianConsent = 3 // absent father contacted, fifteen days run
	GuardianSwornAbsence    GuardianConsent = 4 // proceeds on the mother's sworn statement
	GuardianCourtOrder      GuardianConsent = 5 // decision of a court
)

var guardianConsentTerms = terms[GuardianConsent]{
	field: "guardian_consent",
	texts: []string{
		"",
		"present",
		"power-of-attorney",
		"contacted-waiting",
		"sworn-absence",
		"court-order",
	},
}

// ParseGuardianConsent reads the text of a guardian consent, in any letter case.
func ParseGuardianConsent(s string) (GuardianConsent, error) { return guardianConsentTerms.parse(s) }

// GuardianConsents lists all of them in the order of their numbers.
func GuardianConsents() []GuardianConsent { return guardianConsentTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (g GuardianConsent) String() string { return guardianConsentTerms.text(g) }

// Validate refuses zero and numbers that this program does not know.
func (g GuardianConsent) Validate() error {
	return broken(opValidate, guardianConsentTerms.field, guardianConsentTerms.rule(g))
}

// MarshalText gives the text; zero gives the empty text.
func (g GuardianConsent) MarshalText() ([]byte, error) { return guardianConsentTerms.marshal(g) }

// UnmarshalText reads the text; the empty text gives zero.
func (g *GuardianConsent) UnmarshalText(b []byte) error { return guardianConsentTerms.unmarshal(b, g) }

// ForAdult reports whether the consent is one that the guardian of a protected
// adult can give: the absent father is a matter of minors.
func (g GuardianConsent) ForAdult() bool {
	return g == GuardianPresent || g == GuardianPowerOfAttorney || g == GuardianCourtOrder
}

// Settled reports whether the case may go on.
func (g GuardianConsent) Settled() bool {
	return guardianConsentTerms.rule(g) == "" && g != GuardianContacted
}

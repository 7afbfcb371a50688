package consular

// CivilMention is the optional line of the card about a spouse (law 04-20, art. 4).
type CivilMention uint8

// The civil mention numbers, append-only.
const (
	MentionWifeOf    CivilMention = 1 // wife of
	MentionWidowOf   CivilMention = 2 // widow of
	MentionWidowerOf CivilMention = 3 // widower of
)

var civilMentionTerms = terms[CivilMention]{
	field: "civil_mention",
	texts: []string{
		"",
		"wife-of",
		"widow-of",
		"widower-of",
	},
}

// ParseCivilMention reads the text of a civil mention, in any letter case.
func ParseCivilMention(s string) (CivilMention, error) { return civilMentionTerms.parse(s) }

// CivilMentions lists all of them in the order of their numbers.
func CivilMentions() []CivilMention { return civilMentionTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (m CivilMention) String() string { return civilMentionTerms.text(m) }

// Validate refuses zero and numbers that this program does not know.
func (m CivilMention) Validate() error {
	return broken(opValidate, civilMentionTerms.field, civilMentionTerms.rule(m))
}

// MarshalText gives the text; zero gives the empty text.
func (m CivilMention) MarshalText() ([]byte, error) { return civilMentionTerms.marshal(m) }

// UnmarshalText reads the text; the empty text gives zero.
func (m *CivilMention) UnmarshalText(b []byte) error { return civilMentionTerms.unmarshal(b, m) }

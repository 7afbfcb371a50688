package consular

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName caps a name in one script, in runes.
const maxName = 100

// Name is one name in both scripts, side by side. The Arabic is the
// civil-status spelling, the Latin is the registered spelling; neither is ever
// derived from the other. It prints as "[name]"; the fields hold the value.
type Name struct {
	Arabic string `cbor:"1,keyasint,omitempty" json:"arabic,omitempty"`
	Latin  string `cbor:"2,keyasint,omitempty" json:"latin,omitempty"`
}

// PersonName is a family and a given name.
type PersonName struct {
	Family Name `cbor:"1,keyasint,omitzero" json:"family_name,omitzero"`
	Given  Name `cbor:"2,keyasint,omitzero" json:"given_name,omitzero"`
}

// ParseName cleans both spellings (NFC, single spaces, presentation forms
// folded to letters) and refuses letters of the wrong script. Both are
// required.
func ParseName(arabic, latin string) (Name, error) {
	n := Name{Arabic: cleanName(arabic), Latin: cleanName(latin)}
	if err := n.Validate(); err != nil {
		return Name{}, err
	}
	return n, nil
}

// CleanName gives both spellings as ParseName would store them, without a
// judgment, for a form that is shown again with its errors.
func CleanName(arabic, latin string) Name {
	return Name{Arabic: cleanName(arabic), Latin: cleanName(latin)}
}

// IsZero reports whether neither spelling is given.
func (n Name) IsZero() bool { return n == Name{} }

// IsZero reports whether nothing is given.
func (n PersonName) IsZero() bool { return n == PersonName{} }

// Validate asks for both spellings, each in its script and in normal form.
func (n Name) Validate() error {
	c := checks{found: n.violations()}
	return c.err()
}

func (n Name) violations() Violations {
	var c checks
	c.add("arabic", nameRule(n.Arabic, isArabicLetter))
	c.add("latin", nameRule(n.Latin, isLatinLetter))
	return c.found
}

// Validate asks for both names in both scripts.
func (n PersonName) Validate() error {
	c := checks{found: n.violations()}
	return c.err()
}

func (n PersonName) violations() Violations {
	var c checks
	c.under("family_name", n.Family.violations())
	c.under("given_name", n.Given.violations())
	return c.found
}

// parentViolations allows a parent of whom only the given name is recorded.
func (n PersonName) parentViolations() Violations {
	var c checks
	if !n.Family.IsZero() {
		c.under("family_name", n.Family.violations())
	}
	c.under("given_name", n.Given.violations())
	return c.found
}

// cleanName folds what a keyboard or a paste brings: NFC, presentation forms,
// outer and doubled spaces. Hidden characters stay, so that they are refused
// and not silently dropped: an override may have changed what the clerk saw.
func cleanName(s string) string {
	if len(s) > maxName*utf8.UTFMax*2 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isPresentationForm(r) {
			b.WriteString(norm.NFKC.String(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(norm.NFC.String(b.String())), " ")
}

func nameRule(s string, letter func(rune) bool) Rule {
	if s == "" {
		return RuleRequired
	}
	if r := textRule(s, maxName); r != "" {
		return r
	}
	letters := 0
	for _, r := range s {
		switch {
		case letter(r):
			letters++
		case unicode.Is(unicode.Mn, r), r == ' ', r == '-', isApostrophe(r):
		default:
			return RuleScript
		}
	}
	if letters == 0 {
		return RuleFormat
	}
	if !isNormal(s) {
		return RuleNormal
	}
	return ""
}

// isNormal reports NFC with single inner spaces.
func isNormal(s string) bool {
	return norm.NFC.IsNormalString(s) && strings.TrimSpace(s) == s && !strings.Contains(s, "  ")
}

func isApostrophe(r rune) bool {
	return r == '\'' || r == 0x2019 || r == 0x02BC || r == 0x02BF || r == 0x02BE
}

func isPresentationForm(r rune) bool {
	return r >= 0xFB50 && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFC
}

// isArabicLetter takes the letters and the tatweel; a presentation form is not
// a letter but a picture of one, and would escape every search.
func isArabicLetter(r rune) bool {
	return r == 0x0640 || unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) && !isPresentationForm(r)
}

func isLatinLetter(r rune) bool { return unicode.Is(unicode.Latin, r) && unicode.IsLetter(r) }

// SearchArabic gives a key under which spelling variants of the Arabic name
// meet: no diacritics, tatweel, spaces or hyphens, one alif, ya for alif
// maqsura, ha for ta marbuta. For search only; never stored as the name.
func (n Name) SearchArabic() string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), r == 0x0640, isSeparator(r), isApostrophe(r):
			return -1
		case r == 'أ', r == 'إ', r == 'آ', r == 'ٱ':
			return 'ا'
		case r == 'ى', r == 'ئ', r == 'ی':
			return 'ي'
		case r == 'ؤ':
			return 'و'
		case r == 'ة':
			return 'ه'
		default:
			return r
		}
	}, n.Arabic)
}

package handover

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"jaliya/internal/consular"
)

// term is something that a card is found by, brought to one spelling.
type term struct{ kind, text string }

const (
	bySerial = "serial"
	byArabic = "arabic"
	byLatin  = "latin"
)

// termsOf gives all terms of a card: its serials, each name whole, each word of
// a name, and family and given name in both orders.
func termsOf(c *card) []term {
	list := []term{{bySerial, c.Serial}}
	for _, s := range c.Spoilt {
		list = append(list, term{bySerial, s})
	}
	list = append(list, nameTerms(byArabic, c.Family.Arabic, c.Given.Arabic)...)
	return append(list, nameTerms(byLatin, c.Family.Latin, c.Given.Latin)...)
}

func nameTerms(kind, family, given string) []term {
	seen := map[string]bool{"": true}
	var list []term
	add := func(text string) {
		if folded := fold(kind, text); !seen[folded] {
			seen[folded] = true
			list = append(list, term{kind, folded})
		}
	}
	for _, name := range []string{family, given} {
		add(name)
		for _, word := range words(name) {
			add(word)
		}
	}
	if family != "" && given != "" {
		add(family + given)
		add(given + family)
	}
	return list
}

// words cuts a name where people write a blank or a hyphen.
func words(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) })
}

// fold brings a spelling to the one under which its variants meet.
func fold(kind, text string) string {
	if kind == byArabic {
		n := consular.CleanName(text, "")
		// A hamza on its own is written or left out; one on a letter is folded
		// with the letter.
		return strings.ReplaceAll(n.SearchArabic(), "ء", "")
	}
	return foldLatin(text)
}

// foldLatin drops case, accents, blanks, hyphens and apostrophes, and writes the
// few letters that do not come apart by themselves.
func foldLatin(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(text)) {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		case unicode.IsLetter(r):
			b.WriteString(foldLetter(r))
		}
	}
	return b.String()
}

func foldLetter(r rune) string {
	switch r {
	case 'ł':
		return "l"
	case 'ø':
		return "o"
	case 'đ', 'ð':
		return "d"
	case 'ı':
		return "i"
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'þ':
		return "th"
	default:
		return ""
	}
}

// query is what was typed, as terms: the whole, and each of its words.
type query struct {
	whole []term
	words []term
}

// ask reads a search. A text in Arabic letters is looked up in Arabic, any
// other in Latin.
func ask(text string) query {
	kind := byLatin
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) }) {
		kind = byArabic
	}
	var q query
	if whole := fold(kind, text); whole != "" {
		q.whole = []term{{kind, whole}}
	}
	for _, word := range words(text) {
		if folded := fold(kind, word); folded != "" {
			q.words = append(q.words, term{kind, folded})
		}
	}
	return q
}

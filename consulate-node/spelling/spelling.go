// Package spelling finds a person by a name as people write it: in either
// script, whole or in words, with or without hamza, accents, hyphens and blanks.
// It holds nothing; handover and records look up by what it gives.
package spelling

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"jaliya/internal/consular"
)

// Term is something that a person is found by, brought to one spelling.
type Term struct{ Kind, Text string }

const (
	byArabic = "arabic"
	byLatin  = "latin"
)

// Names gives all terms of a person's names: each name whole, each word of it,
// and family and given name in both orders.
func Names(family, given consular.Name) []Term {
	return append(names(byArabic, family.Arabic, given.Arabic), names(byLatin, family.Latin, given.Latin)...)
}

// names gives the terms of one script of a name.
func names(kind, family, given string) []Term {
	seen := map[string]bool{"": true}
	var list []Term
	add := func(text string) {
		if folded := fold(kind, text); !seen[folded] {
			seen[folded] = true
			list = append(list, Term{kind, folded})
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

// Query is what was typed, as terms: the whole, and each of its words.
type Query struct {
	Whole []Term
	Words []Term
}

// Ask reads a search. A text in Arabic letters is looked up in Arabic, any
// other in Latin.
func Ask(text string) Query {
	kind := byLatin
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r) }) {
		kind = byArabic
	}
	var q Query
	if whole := fold(kind, text); whole != "" {
		q.Whole = []Term{{kind, whole}}
	}
	for _, word := range words(text) {
		if folded := fold(kind, word); folded != "" {
			q.Words = append(q.Words, Term{kind, folded})
		}
	}
	return q
}

package mrz

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// special are the letters of Doc 9303-3 section 6.A that do not become their
// base letter; all others lose their marks. Where the table leaves a choice,
// the first one is taken (AE, OE, UE).
func special(r rune) (string, bool) {
	switch r {
	case 'Ä', 'Æ', 'Ǽ':
		return "AE", true
	case 'Å':
		return "AA", true
	case 'Ö', 'Ø', 'Œ', 'Ǿ':
		return "OE", true
	case 'Ü':
		return "UE", true
	case 'ẞ', 'ß':
		return "SS", true
	case 'Þ':
		return "TH", true
	case 'Ĳ':
		return "IJ", true
	default:
		return plain(r)
	}
}

// plain are the letters with a stroke or of their own shape, which Unicode does
// not take apart.
func plain(r rune) (string, bool) {
	switch r {
	case 'Ð', 'Đ':
		return "D", true
	case 'Ħ':
		return "H", true
	case 'ı':
		return "I", true
	case 'Ł', 'Ŀ':
		return "L", true
	case 'Ŋ':
		return "N", true
	case 'ĸ':
		return "Q", true
	case 'Ŧ':
		return "T", true
	default:
		return "", false
	}
}

// Transliterate writes a Latin name with A to Z and <: spaces, hyphens and
// commas become one <, apostrophes and full stops go, letters with marks
// follow the table of section 6.A. It gives false when a letter has no place
// in the zone (another script, a digit) or when nothing is left.
func Transliterate(name string) (string, bool) {
	var b strings.Builder
	for _, r := range norm.NFC.String(name) {
		if r = unicode.ToUpper(r); r >= 'A' && r <= 'Z' {
			b.WriteRune(r)
			continue
		}
		part, ok := letter(r)
		if !ok {
			return "", false
		}
		b.WriteString(part)
	}
	words := strings.FieldsFunc(b.String(), func(r rune) bool { return r == '<' })
	return strings.Join(words, "<"), len(words) > 0
}

// letter gives what stands for one upper-case rune.
func letter(r rune) (string, bool) {
	switch {
	case unicode.IsSpace(r), r == '-', r == ',', r == '<', r >= 0x2010 && r <= 0x2015:
		return "<", true
	case r == '\'', r == '.', r == 0x2019, r == 0x02BC, r == 0x02BE, r == 0x02BF, unicode.Is(unicode.Mn, r):
		return "", true
	}
	if s, ok := special(r); ok {
		return s, true
	}
	base := []rune(norm.NFD.String(string(r)))[0]
	if base < 'A' || base > 'Z' {
		return "", false
	}
	return string(base), true
}

// nameField writes the name line (9303-3 section 4.6, 9303-5 section 4.2.3).
// A name that does not fit is cut so that the primary identifier keeps as much
// as it can, at least one letter of the secondary shows, and the last position
// holds a letter, which tells a reader that the name may be cut.
func nameField(primary, secondary string) string {
	if secondary == "" {
		return pad(cut(primary, lineLength), lineLength)
	}
	primary = cut(primary, lineLength-3)
	return pad(primary+"<<"+cut(secondary, lineLength-2-len(primary)), lineLength)
}

// cut shortens to n characters, the last one a letter: where a filler would
// come last, the word before it gives up one letter, so that the initial of
// the next word moves in; a word of one letter stays and the filler goes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if s[n-1] != '<' {
		return s[:n]
	}
	if n >= 3 && s[n-3] != '<' {
		return s[:n-2] + "<" + s[n:n+1]
	}
	return s[:n-1]
}

func pad(s string, n int) string { return s + strings.Repeat("<", n-len(s)) }

// splitName takes the name line apart; fillers inside become spaces.
func splitName(line string) (primary, secondary string, ok bool) {
	primary, secondary, _ = strings.Cut(strings.TrimRight(line, "<"), "<<")
	if primary == "" || strings.HasPrefix(primary, "<") || strings.Contains(secondary, "<<") ||
		strings.HasPrefix(secondary, "<") || strings.ContainsAny(line, "0123456789") {
		return "", "", false
	}
	return strings.ReplaceAll(primary, "<", " "), strings.ReplaceAll(secondary, "<", " "), true
}

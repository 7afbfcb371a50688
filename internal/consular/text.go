package consular

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"jaliya/internal/fault"
)

// maxTyped caps what a person may type for a code, in bytes, before any work
// is done on it.
const maxTyped = 128

// foldDigit turns Arabic-Indic (U+0660) and extended Arabic-Indic (U+06F0)
// digits into ASCII ones and leaves the rest alone.
func foldDigit(r rune) rune {
	switch {
	case r >= 0x0660 && r <= 0x0669:
		return '0' + r - 0x0660
	case r >= 0x06F0 && r <= 0x06F9:
		return '0' + r - 0x06F0
	default:
		return r
	}
}

// isSeparator reports what people put between groups: any space, any hyphen,
// and the direction marks that come along when copying out of Arabic text.
func isSeparator(r rune) bool {
	switch {
	case unicode.IsSpace(r), r == '-', r == '_', r >= 0x2010 && r <= 0x2015, r == 0x2212:
		return true
	case r == 0x200E, r == 0x200F, r == 0x061C:
		return true
	default:
		return false
	}
}

// HasHidden reports whether a free text of several lines holds what is never
// stored: controls other than the line feed, marks of direction, and their like.
func HasHidden(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && isHidden(r) })
}

// isHidden reports characters that never belong in a stored text: controls,
// zero-width characters, direction marks, overrides and isolates, byte order
// marks, invalid UTF-8.
func isHidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) ||
		r == utf8.RuneError || r == 0x2028 || r == 0x2029
}

// compact is the form in which typed codes are compared: digits folded,
// separators dropped, upper case.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if isSeparator(r) {
			return -1
		}
		return unicode.ToUpper(foldDigit(r))
	}, s)
}

// foldDigits is s with ASCII digits and outer space removed.
func foldDigits(s string) string {
	return strings.TrimSpace(strings.Map(foldDigit, s))
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

// all reports whether each byte of s passes, and s is not empty.
func all(s string, pass func(byte) bool) bool {
	for i := range len(s) {
		if !pass(s[i]) {
			return false
		}
	}
	return s != ""
}

// number reads an ASCII digit string that the caller has checked.
func number(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// textRule checks free text of one line: at most limit runes, nothing hidden.
func textRule(s string, limit int) Rule {
	if utf8.RuneCountInString(s) > limit {
		return RuleLength
	}
	if strings.ContainsFunc(s, isHidden) {
		return RuleControl
	}
	return ""
}

// RandomDigits reads n uniformly distributed decimal digits out of random.
// Bytes from 250 up are thrown away, since they would favor the low digits.
func RandomDigits(random io.Reader, n int) (string, error) {
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n+8)
	for len(out) < n {
		if _, err := io.ReadFull(random, buf); err != nil {
			return "", fault.New(fault.Internal, "consular: draw digits", "", err)
		}
		for _, b := range buf {
			if b < 250 && len(out) < n {
				out = append(out, '0'+b%10)
			}
		}
	}
	return string(out), nil
}

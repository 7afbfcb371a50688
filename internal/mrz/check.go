package mrz

// CheckDigit gives the check digit of Doc 9303-3 section 4.9 as a character:
// weights 7, 3, 1, digits as they are, A to Z as 10 to 35, < as 0, modulo 10.
// Any other byte gives false.
func CheckDigit(s string) (byte, bool) {
	sum := 0
	for i := range len(s) {
		value, ok := value(s[i])
		if !ok {
			return 0, false
		}
		sum += value * [3]int{7, 3, 1}[i%3]
	}
	return '0' + byte(sum%10), true
}

func value(b byte) (int, bool) {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0'), true
	case b >= 'A' && b <= 'Z':
		return int(b-'A') + 10, true
	case b == '<':
		return 0, true
	default:
		return 0, false
	}
}

// checks reports whether b is the check digit of s.
func checks(s string, b byte) bool {
	want, ok := CheckDigit(s)
	return ok && want == b
}

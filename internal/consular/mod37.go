package consular

import "strings"

const mod37Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// Mod37Check gives the check character of ISO/IEC 7064 MOD 37,36 (hybrid
// system) for a string of 0-9 and A-Z; RuleFormat for anything else. It catches
// every single wrong character and nearly every exchange of neighbors.
func Mod37Check(payload string) (byte, error) {
	if payload == "" {
		return 0, broken(opParse, "check", RuleFormat)
	}
	p := 36
	for i := range len(payload) {
		value := strings.IndexByte(mod37Alphabet, payload[i])
		if value < 0 {
			return 0, broken(opParse, "check", RuleFormat)
		}
		s := (p + value) % 36
		if s == 0 {
			s = 36
		}
		p = s * 2 % 37
	}
	return mod37Alphabet[(37-p)%36], nil
}

// Mod37Valid reports whether the last character of s is the check character of
// the rest.
func Mod37Valid(s string) bool {
	if len(s) < 2 {
		return false
	}
	check, err := Mod37Check(s[:len(s)-1])
	return err == nil && check == s[len(s)-1]
}

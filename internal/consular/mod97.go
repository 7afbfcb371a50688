package consular

// mod97Check gives the two check digits of ISO/IEC 7064 MOD 97-10 for a string
// of ASCII digits. They run from 02 to 98, so 00, 01 and 99 are never right
// although two of them would satisfy the bare congruence.
func mod97Check(digits string) string {
	rest := 0
	for i := range len(digits) {
		rest = (rest*10 + int(digits[i]-'0')) % 97
	}
	check := 98 - rest*100%97
	return string([]byte{'0' + byte(check/10), '0' + byte(check%10)})
}

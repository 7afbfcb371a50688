package consular

// ItemNumber is a postal item number of UPU S10, "RR123456785MA": two letters
// of service, eight digits, check digit, country of the operator. Only the
// postal operator hands them out; the network checks and stores them.
type ItemNumber string

const itemLength = 13

// ParseItemNumber reads a number with spaces, hyphens, lower case or
// Arabic-Indic digits.
func ParseItemNumber(s string) (ItemNumber, error) {
	if len(s) > maxTyped {
		return "", broken(opParse, "item_number", RuleLength)
	}
	n := ItemNumber(compact(s))
	if r := n.rule(); r != "" {
		return "", broken(opParse, "item_number", r)
	}
	return n, nil
}

// S10Check gives the check digit of eight serial digits, as a character;
// RuleFormat for anything else (UPU S10, weights 8 6 4 2 3 5 9 7).
func S10Check(serial string) (byte, error) {
	if len(serial) != 8 || !all(serial, isDigit) {
		return 0, broken(opParse, "item_number", RuleFormat)
	}
	sum := 0
	for i, weight := range [8]int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += weight * int(serial[i]-'0')
	}
	switch check := 11 - sum%11; check {
	case 10:
		return '0', nil
	case 11:
		return '5', nil
	default:
		return '0' + byte(check), nil
	}
}

func (n ItemNumber) rule() Rule {
	s := string(n)
	switch {
	case s == "":
		return RuleRequired
	case len(s) != itemLength:
		return RuleLength
	case !all(s[:2]+s[11:], isUpper) || !all(s[2:11], isDigit):
		return RuleFormat
	}
	if check, err := S10Check(s[2:10]); err != nil || check != s[10] {
		return RuleChecksum
	}
	return Country(s[11:]).rule()
}

// String gives the thirteen characters.
func (n ItemNumber) String() string { return string(n) }

// Validate checks shape, check digit and country.
func (n ItemNumber) Validate() error { return broken(opValidate, "item_number", n.rule()) }

// MarshalText gives the number.
func (n ItemNumber) MarshalText() ([]byte, error) { return []byte(n), nil }

// UnmarshalText reads what ParseItemNumber reads; the empty text gives none.
func (n *ItemNumber) UnmarshalText(b []byte) error { return unmarshalText(b, n, ParseItemNumber) }

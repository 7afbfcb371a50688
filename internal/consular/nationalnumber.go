package consular

// NationalNumber is the number of a person on the identity card, for life:
// one to three letters and one to eight digits, leading zeros kept. It is
// opaque: no region and no date is ever read out of it, and no check digit is
// known. It prints as "[national number]"; string(n) gives the value.
type NationalNumber string

// ParseNationalNumber reads a number with spaces, hyphens, lower case or
// Arabic-Indic digits.
func ParseNationalNumber(s string) (NationalNumber, error) {
	if len(s) > maxTyped {
		return "", broken(opParse, "national_number", RuleLength)
	}
	n := NationalNumber(compact(s))
	if r := n.rule(); r != "" {
		return "", broken(opParse, "national_number", r)
	}
	return n, nil
}

func (n NationalNumber) rule() Rule {
	if n == "" {
		return RuleRequired
	}
	letters := 0
	for letters < len(n) && isUpper(n[letters]) {
		letters++
	}
	digits := string(n[letters:])
	if letters < 1 || letters > 3 || len(digits) > 8 || !all(digits, isDigit) {
		return RuleFormat
	}
	return ""
}

// Value gives the number itself, for documents and screens.
func (n NationalNumber) Value() string { return string(n) }

// Validate refuses what is not in canonical form.
func (n NationalNumber) Validate() error { return broken(opValidate, "national_number", n.rule()) }

// MarshalText gives the number.
func (n NationalNumber) MarshalText() ([]byte, error) { return []byte(n), nil }

// UnmarshalText reads what ParseNationalNumber reads; the empty text gives none.
func (n *NationalNumber) UnmarshalText(b []byte) error {
	return unmarshalText(b, n, ParseNationalNumber)
}

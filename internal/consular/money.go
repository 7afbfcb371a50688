package consular

import (
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
)

// Currency is an ISO 4217 code in upper case, "MAD".
type Currency string

// Dirham is the currency in which fees are set.
const Dirham Currency = "MAD"

// ParseCurrency reads a code in any letter case.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(s)))
	return c, broken(opParse, "currency", c.rule())
}

func (c Currency) rule() Rule {
	if c == "" {
		return RuleRequired
	}
	if len(c) != 3 || !all(string(c), isUpper) {
		return RuleFormat
	}
	if _, err := currency.ParseISO(string(c)); err != nil {
		return RuleUnknown
	}
	return ""
}

// Decimals gives the number of decimals of the currency, 2 for MAD, 3 for TND.
func (c Currency) Decimals() int {
	unit, err := currency.ParseISO(string(c))
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

// String gives the code.
func (c Currency) String() string { return string(c) }

// Validate refuses an unknown code.
func (c Currency) Validate() error { return broken(opValidate, "currency", c.rule()) }

// MarshalText gives the code.
func (c Currency) MarshalText() ([]byte, error) { return []byte(c), nil }

// UnmarshalText reads what ParseCurrency reads; the empty text gives none.
func (c *Currency) UnmarshalText(b []byte) error { return unmarshalText(b, c, ParseCurrency) }

// Money is an amount in the smallest unit of its currency (centimes for MAD).
type Money struct {
	Minor    int64    `cbor:"1,keyasint" json:"minor"`
	Currency Currency `cbor:"2,keyasint" json:"currency"`
}

// MAD gives an amount of whole dirhams.
func MAD(dirhams int64) Money { return Money{Minor: dirhams * 100, Currency: Dirham} }

// ParseMoney reads "105", "105.00 MAD", "105,5 mad"; without a code it is in
// dirhams. Thousands separators are not accepted, because nobody could tell
// them from decimals. Never negative.
func ParseMoney(s string) (Money, error) {
	if len(s) > maxTyped {
		return Money{}, broken(opParse, "amount", RuleLength)
	}
	fields := strings.Fields(foldDigits(s))
	if len(fields) == 1 {
		fields = append(fields, string(Dirham))
	}
	if len(fields) != 2 {
		return Money{}, broken(opParse, "amount", RuleFormat)
	}
	code, err := ParseCurrency(fields[1])
	if err != nil {
		return Money{}, err
	}
	minor, rule := parseMinor(fields[0], code.Decimals())
	if rule != "" {
		return Money{}, broken(opParse, "amount", rule)
	}
	return Money{Minor: minor, Currency: code}, nil
}

func parseMinor(s string, decimals int) (int64, Rule) {
	whole, part, hasPart := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if !all(whole, isDigit) || hasPart && !all(part, isDigit) || len(part) > decimals {
		return 0, RuleFormat
	}
	minor, err := strconv.ParseInt(whole+part+strings.Repeat("0", decimals-len(part)), 10, 64)
	if err != nil {
		return 0, RuleRange
	}
	return minor, ""
}

// Add gives the sum; two currencies or an overflow are refused.
func (m Money) Add(o Money) (Money, error) {
	const op = "consular: add money"
	if m.Currency != o.Currency {
		return Money{}, broken(op, "currency", RuleNotAllowed)
	}
	if o.Minor > 0 && m.Minor > math.MaxInt64-o.Minor || o.Minor < 0 && m.Minor < math.MinInt64-o.Minor {
		return Money{}, broken(op, "amount", RuleRange)
	}
	return Money{Minor: m.Minor + o.Minor, Currency: m.Currency}, nil
}

// String gives the plain form "105.00 MAD"; package lang formats for people.
func (m Money) String() string {
	decimals := m.Currency.Decimals()
	digits := strconv.FormatInt(m.Minor, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for len(digits) <= decimals {
		digits = "0" + digits
	}
	cut := len(digits) - decimals
	out := sign + digits[:cut]
	if decimals > 0 {
		out += "." + digits[cut:]
	}
	return out + " " + string(m.Currency)
}

// Validate refuses an unknown currency and a negative amount; a refund is a
// movement of its own and not a negative one.
func (m Money) Validate() error {
	var c checks
	c.add("currency", m.Currency.rule())
	if m.Minor < 0 {
		c.add("amount", RuleRange)
	}
	return c.err()
}

package lang

import (
	"strconv"
	"strings"

	"jaliya/internal/consular"
)

// separators gives the sign between thousands and the decimal sign. Arabic is
// that of Morocco: Western digits, with the signs of most of Europe.
func separators(l consular.Language) (thousands, decimal string) {
	switch l {
	case consular.French:
		return "\u202f", ","
	case consular.Tamazight:
		return nbsp, ","
	case consular.English:
		return ",", "."
	case consular.Arabic, consular.Spanish, consular.Italian, consular.Dutch, consular.German:
		return ".", ","
	default:
		return nbsp, ","
	}
}

// Number writes a whole number with Western digits, in groups of three.
func (p Printer) Number(n int64) string {
	thousands, _ := separators(p.language)
	return group(strconv.FormatInt(n, 10), thousands)
}

// group cuts digits into groups of three from five digits on: a year and a
// four-digit count stay whole.
func group(digits, sign string) string {
	minus := ""
	if strings.HasPrefix(digits, "-") {
		minus, digits = "-", digits[1:]
	}
	if len(digits) < 5 {
		return minus + digits
	}
	first := len(digits) % 3
	parts := []string{}
	if first > 0 {
		parts = append(parts, digits[:first])
	}
	for ; first < len(digits); first += 3 {
		parts = append(parts, digits[first:first+3])
	}
	return minus + strings.Join(parts, sign)
}

// Money writes an amount with the decimals of its currency and its name:
// "105,00 DH", "105,00 درهم", "105.00 MAD". It never breaks over a line.
func (p Printer) Money(m consular.Money) string {
	amount, _, _ := strings.Cut(m.String(), " ")
	whole, part, hasPart := strings.Cut(amount, ".")
	thousands, decimal := separators(p.language)
	out := group(whole, thousands)
	if hasPart {
		out += decimal + part
	}
	return out + nbsp + p.currency(m.Currency)
}

func (p Printer) currency(c consular.Currency) string {
	if c == consular.Dirham && p.language == consular.Arabic {
		return "درهم"
	}
	if c == consular.Dirham && p.language == consular.French {
		return "DH"
	}
	return string(c)
}

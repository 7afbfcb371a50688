package consular

import (
	"fmt"
	"strings"
	"time"
)

// Date is a day of the Gregorian calendar without time or zone, as ISO 8601
// text "2026-11-22", so that dates compare with < and stand as text in CBOR.
// The empty Date means none (open end, not given).
type Date string

// NewDate builds a date; a day that does not exist gives the empty Date.
func NewDate(year int, month time.Month, day int) Date {
	d := Date(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	if d.rule() != "" {
		return ""
	}
	return d
}

// DateOf gives the day of t in the zone that t carries. The caller chooses the
// zone: that of the actor who must act.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// ParseDate reads "2026-11-22", "22/11/2026", "22.11.2026", "20261122", with
// Arabic-Indic digits too.
func ParseDate(s string) (Date, error) {
	y, m, d, ok := splitTyped(s)
	if !ok || strings.ContainsRune(y+m+d, 'X') {
		return "", broken(opParse, "date", RuleFormat)
	}
	date := Date(y + "-" + m + "-" + d)
	return date, broken(opParse, "date", date.rule())
}

func (d Date) rule() Rule {
	if d == "" {
		return RuleRequired
	}
	s := string(d)
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || !all(s[:4]+s[5:7]+s[8:], isDigit) {
		return RuleFormat
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil || s[:4] == "0000" {
		return RuleCalendar
	}
	return ""
}

// Split gives year, month, day; zeros when d is not valid.
func (d Date) Split() (year int, month time.Month, day int) {
	if d.rule() != "" {
		return 0, 0, 0
	}
	return number(string(d[:4])), time.Month(number(string(d[5:7]))), number(string(d[8:]))
}

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d < o }

// AddYears gives the same day n years later; 29 February becomes 1 March where
// the year has none.
func (d Date) AddYears(n int) Date {
	y, m, day := d.Split()
	return DateOf(time.Date(y+n, m, day, 0, 0, 0, 0, time.UTC))
}

// AddMonths gives the same day n months later, the last day of the month where
// that day does not exist.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Split()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return NewDate(first.Year(), first.Month(), min(day, last))
}

// String gives the ISO 8601 text.
func (d Date) String() string { return string(d) }

// Validate refuses a day that is not in the calendar.
func (d Date) Validate() error { return broken(opValidate, "date", d.rule()) }

// MarshalText gives the ISO 8601 text.
func (d Date) MarshalText() ([]byte, error) { return []byte(d), nil }

// UnmarshalText reads what ParseDate reads; the empty text gives none.
func (d *Date) UnmarshalText(b []byte) error { return unmarshalText(b, d, ParseDate) }

// splitTyped takes apart a typed date, year first or day first (the Moroccan
// order is day, month, year); unknown parts come back as X. Two-digit years
// are refused, since nobody can tell 1925 from 2025.
func splitTyped(s string) (y, m, d string, ok bool) {
	if len(s) > maxTyped {
		return "", "", "", false
	}
	parts := strings.FieldsFunc(strings.ToUpper(foldDigits(s)), func(r rune) bool {
		return r == '/' || r == '.' || isSeparator(r)
	})
	if len(parts) == 1 && len(parts[0]) == 8 {
		parts = []string{parts[0][:4], parts[0][4:6], parts[0][6:]}
	}
	for len(parts) > 0 && len(parts) < 3 {
		parts = addUnknown(parts)
	}
	if len(parts) != 3 {
		return "", "", "", false
	}
	if len(parts[0]) <= 2 {
		parts[0], parts[2] = parts[2], parts[0]
	}
	y, m, d = parts[0], datePart(parts[1]), datePart(parts[2])
	return y, m, d, len(y) == 4 && all(y, isDigit) && m != "" && d != ""
}

// addUnknown completes a year, or a year with a month, on the side of the day.
func addUnknown(parts []string) []string {
	if len(parts) == 2 && len(parts[0]) <= 2 {
		return append([]string{"XX"}, parts...)
	}
	return append(parts, "XX")
}

// datePart gives two digits, or XX for an unknown part (00, X, XX, ?), or an
// empty string for something else.
func datePart(s string) string {
	switch s {
	case "0", "00", "X", "XX", "?", "??":
		return "XX"
	}
	if len(s) == 1 {
		s = "0" + s
	}
	if len(s) != 2 || !all(s, isDigit) {
		return ""
	}
	return s
}

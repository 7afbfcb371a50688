package consular

import (
	"strings"
	"time"
)

// BirthDate is a date of birth of which the day, or the day and the month, may
// be unknown, as ISO 8601-2 text: "1975-05-12", "1975-05-XX", "1975-XX-XX".
// Many older civil-status records hold only a year. It prints as "[birth
// date]"; string(b) or Value gives the value.
type BirthDate string

// earliestBirthYear is the oldest year that is taken for a birth and not for a
// slip of the keyboard.
const earliestBirthYear = 1880

// ParseBirthDate reads what people type: "12/05/1975", "1975-05", "05/1975",
// "1975", "1975-00-00", with Arabic-Indic digits too.
func ParseBirthDate(s string) (BirthDate, error) {
	y, m, d, ok := splitTyped(s)
	if !ok {
		return "", broken(opParse, "birth_date", RuleFormat)
	}
	b := BirthDate(y + "-" + m + "-" + d)
	if r := b.rule(); r != "" {
		return "", broken(opParse, "birth_date", r)
	}
	return b, nil
}

func (b BirthDate) rule() Rule {
	if b == "" {
		return RuleRequired
	}
	s := string(b)
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || !all(s[:4], isDigit) {
		return RuleFormat
	}
	if number(s[:4]) < earliestBirthYear {
		return RuleRange
	}
	if s[5:7] == "XX" && s[8:] != "XX" {
		return RuleFormat
	}
	return Date(strings.ReplaceAll(s, "XX", "01")).rule()
}

// Parts gives year, month and day, zero for what is unknown.
func (b BirthDate) Parts() (year int, month time.Month, day int) {
	if b.rule() != "" {
		return 0, 0, 0
	}
	year = number(string(b[:4]))
	if b[5] != 'X' {
		month = time.Month(number(string(b[5:7])))
	}
	if b[8] != 'X' {
		day = number(string(b[8:]))
	}
	return year, month, day
}

// Value gives the ISO 8601-2 text itself, for documents and screens.
func (b BirthDate) Value() string { return string(b) }

// IsPartial reports whether the day is unknown.
func (b BirthDate) IsPartial() bool { return strings.HasSuffix(string(b), "XX") }

// Latest gives the last day that the date can mean: 31 December where only the
// year is known. Empty when b is not valid.
func (b BirthDate) Latest() Date {
	y, m, d := b.Parts()
	switch {
	case y == 0:
		return ""
	case m == 0:
		return NewDate(y, time.December, 31)
	case d == 0:
		return NewDate(y, m, 1).AddMonths(1).addDays(-1)
	default:
		return NewDate(y, m, d)
	}
}

func (d Date) addDays(n int) Date {
	y, m, day := d.Split()
	return DateOf(time.Date(y, m, day+n, 0, 0, 0, 0, time.UTC))
}

// AgeOn gives the completed years on a day. A partial date counts as the last
// day it can mean, so the person is never taken for older than proved: rights
// of minors are kept, fingerprints are not asked for too early, the lower fee
// holds. Who is born on 29 February completes a year on 1 March. A day before
// the birth is refused; for a partial date, a day within the unknown span
// gives zero.
func (b BirthDate) AgeOn(on Date) (int, error) {
	if err := b.Validate(); err != nil {
		return 0, err
	}
	if err := on.Validate(); err != nil {
		return 0, err
	}
	if string(on) < strings.ReplaceAll(string(b), "XX", "01") {
		return 0, broken(opValidate, "birth_date", RuleRange)
	}
	born := b.Latest()
	by, _, _ := born.Split()
	oy, _, _ := on.Split()
	age := oy - by
	if age > 0 && on < born.AddYears(age) {
		age--
	}
	return max(age, 0), nil
}

// Validate refuses days that do not exist, years before 1880, a known day in
// an unknown month.
func (b BirthDate) Validate() error { return broken(opValidate, "birth_date", b.rule()) }

// MarshalText gives the ISO 8601-2 text.
func (b BirthDate) MarshalText() ([]byte, error) { return []byte(b), nil }

// UnmarshalText reads what ParseBirthDate reads; the empty text gives none.
func (b *BirthDate) UnmarshalText(t []byte) error { return unmarshalText(t, b, ParseBirthDate) }

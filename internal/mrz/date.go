package mrz

import (
	"fmt"
	"time"
)

// Date is a date of the zone. Month and Day are zero where the zone has
// fillers, because they are unknown; a wholly unknown date is the zero Date.
type Date struct{ Year, Month, Day int }

// expiryAhead is how many years an expiry can lie ahead; no identity document
// is valid for longer.
const expiryAhead = 20

// IsZero reports whether nothing is known.
func (d Date) IsZero() bool { return d == Date{} }

// text gives YYMMDD with fillers for what is unknown; false for a day that is
// not in the calendar.
func (d Date) text() (string, bool) {
	if d.IsZero() {
		return "<<<<<<", true
	}
	if d.Year < 1000 || d.Year > 9999 || !d.exists() {
		return "", false
	}
	return fmt.Sprintf("%02d", d.Year%100) + part(d.Month) + part(d.Day), true
}

// part gives two digits, or two fillers for an unknown month or day.
func part(n int) string {
	if n == 0 {
		return "<<"
	}
	return fmt.Sprintf("%02d", n)
}

func (d Date) exists() bool {
	if d.Month == 0 {
		return d.Day == 0
	}
	day := max(d.Day, 1)
	t := time.Date(d.Year, time.Month(d.Month), day, 0, 0, 0, 0, time.UTC)
	return d.Day >= 0 && int(t.Month()) == d.Month && t.Day() == day
}

// parseDate reads YYMMDD; the century is left open in Year (0 to 99).
func parseDate(s string) (Date, bool) {
	year, okYear := pair(s[0:2])
	month, okMonth := pair(s[2:4])
	day, okDay := pair(s[4:6])
	if !okYear || !okMonth || !okDay {
		return Date{}, false
	}
	if year < 0 {
		return Date{}, month < 0 && day < 0
	}
	if month == 0 || day == 0 {
		return Date{}, false // 00 is not a filler
	}
	return Date{Year: year, Month: max(month, 0), Day: max(day, 0)}, true
}

// pair reads two digits, or -1 for two fillers.
func pair(s string) (int, bool) {
	if s == "<<" {
		return -1, true
	}
	for i := range 2 {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

// birth reads a birth date: a date later than today belongs to the century
// before. Someone past a hundred cannot be told from a child; the desk sees
// the age and asks.
func birth(s string, today time.Time) (Date, bool) {
	d, ok := parseDate(s)
	if !ok || s == "<<<<<<" {
		return Date{}, ok
	}
	d.Year += today.Year() / 100 * 100
	if d.after(today) {
		d.Year -= 100
	}
	return d, d.exists()
}

// expiry reads an expiry date forward: the latest year that lies at most
// twenty years ahead. So 04 read in 2098 is 2104, and a card that expired in
// 2012 is not taken for one valid until 2112.
func expiry(s string, today time.Time) (Date, bool) {
	d, ok := parseDate(s)
	if !ok || s == "<<<<<<" {
		return Date{}, ok
	}
	limit := today.Year() + expiryAhead
	d.Year += limit / 100 * 100
	if d.Year > limit {
		d.Year -= 100
	}
	return d, d.exists()
}

// after compares the first day that d can mean with the day of t.
func (d Date) after(t time.Time) bool {
	y, m, day := t.Date()
	mine := (d.Year*100+max(d.Month, 1))*100 + max(d.Day, 1)
	return mine > (y*100+int(m))*100+day
}

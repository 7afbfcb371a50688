package watch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

var dayNames = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// ParseHours reads opening hours as people write them, by the post's own clock:
// "Mon-Thu 09:00-15:00, Fri 09:00-12:00, Sat 10:00-13:00". A day may be named
// more than once. The empty text is none: the usual hours of the country.
func ParseHours(text string) ([]ledger.OpenHours, error) {
	var list []ledger.OpenHours
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		days, span, ok := strings.Cut(strings.TrimSpace(part), " ")
		if !ok {
			return nil, badHours(part)
		}
		first, last, ranged := strings.Cut(days, "-")
		if !ranged {
			last = first
		}
		from, to, err := parseSpan(strings.TrimSpace(span))
		a, b := dayOf(first), dayOf(last)
		if err != nil || a < 0 || b < 0 {
			return nil, badHours(part)
		}
		for day := a; ; day = (day + 1) % 7 {
			list = append(list, ledger.OpenHours{Day: uint8(day), From: from, To: to}) //nolint:gosec // 0 to 6
			if day == b {
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b ledger.OpenHours) int {
		return (int(a.Day)-int(b.Day))*2*24*60 + int(a.From) - int(b.From)
	})
	return list, nil
}

func badHours(part string) error {
	return fault.New(fault.Invalid, "watch: parse hours", strconv.Quote(strings.TrimSpace(part))+` is not like "Mon-Fri 09:00-15:00"`, nil)
}

func dayOf(name string) int {
	return slices.IndexFunc(dayNames[:], func(day string) bool { return strings.EqualFold(day, name) })
}

func parseSpan(text string) (from, to uint16, err error) {
	first, last, _ := strings.Cut(text, "-")
	if from, err = parseClock(first); err == nil {
		to, err = parseClock(last)
	}
	if err == nil && from >= to {
		err = badHours(text)
	}
	return from, to, err
}

func parseClock(text string) (uint16, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, badHours(text)
	}
	return uint16(t.Hour()*60 + t.Minute()), nil //nolint:gosec // below a day
}

// FormatHours writes what ParseHours reads; days in a row with the same hours
// are written together.
func FormatHours(hours []ledger.OpenHours) string {
	var parts []string
	week := make([]string, 7)
	for _, h := range hours {
		span := fmt.Sprintf("%02d:%02d-%02d:%02d", h.From/60, h.From%60, h.To/60, h.To%60)
		if day := &week[h.Day%7]; *day == "" {
			*day = span
		} else {
			*day += "," + span
		}
	}
	for i := 0; i < 7; i++ {
		day := (i + 1) % 7 // a week begins on Monday
		if week[day] == "" {
			continue
		}
		end := i
		for end < 6 && week[(end+2)%7] == week[day] {
			end++
		}
		name := dayNames[day]
		if end > i {
			name += "-" + dayNames[(end+1)%7]
		}
		for span := range strings.SplitSeq(week[day], ",") {
			parts = append(parts, name+" "+span)
		}
		i = end
	}
	return strings.Join(parts, ", ")
}

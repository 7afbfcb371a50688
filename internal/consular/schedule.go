package consular

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// AgeBand is a range of completed years, both ends included; MaxAge means no
// upper end.
type AgeBand struct{ Min, Max int }

// MaxAge is the open upper end of a band.
const MaxAge = 200

// ParseAgeBand reads "0-11", "12+" or "all".
func ParseAgeBand(s string) (AgeBand, error) {
	s = strings.ToLower(foldDigits(s))
	if s == "all" {
		return AgeBand{Max: MaxAge}, nil
	}
	low, open := strings.CutSuffix(s, "+")
	high := strconv.Itoa(MaxAge)
	if !open {
		low, high, open = strings.Cut(s, "-")
	}
	if !open || !all(low, isDigit) || !all(high, isDigit) || len(low) > 3 || len(high) > 3 {
		return AgeBand{}, broken(opParse, "ages", RuleFormat)
	}
	band := AgeBand{Min: number(low), Max: number(high)}
	if band.Min > band.Max || band.Max > MaxAge {
		return AgeBand{}, broken(opParse, "ages", RuleRange)
	}
	return band, nil
}

// String gives the form that ParseAgeBand reads.
func (b AgeBand) String() string {
	switch {
	case b.Min == 0 && b.Max == MaxAge:
		return "all"
	case b.Max == MaxAge:
		return strconv.Itoa(b.Min) + "+"
	default:
		return strconv.Itoa(b.Min) + "-" + strconv.Itoa(b.Max)
	}
}

// Has reports whether an age is in the band.
func (b AgeBand) Has(age int) bool { return age >= b.Min && age <= b.Max }

// Period is a range of days: From is included, To is not and may be empty for
// no end yet. So a rule that ends where the next begins leaves no gap.
type Period struct{ From, To Date }

// Has reports whether a day is in the period.
func (p Period) Has(on Date) bool { return on >= p.From && (p.To == "" || on < p.To) }

func (p Period) rule() Rule {
	if r := p.From.rule(); r != "" {
		return r
	}
	if p.To != "" && (p.To.rule() != "" || p.To <= p.From) {
		return RuleRange
	}
	return ""
}

// cell is what a row of a dated table covers: some days for some ages.
type cell struct {
	Period
	AgeBand
}

// coverage checks that the cells cover each age on each day exactly once, from
// the first day of any to the last day of any.
func coverage(cells []cell) Rule {
	days := make([]Date, 0, 2*len(cells))
	open := false
	for _, c := range cells {
		if r := c.rule(); r != "" {
			return r
		}
		days = append(days, c.From)
		if c.To == "" {
			open = true
			continue
		}
		days = append(days, c.To)
	}
	slices.Sort(days)
	days = slices.Compact(days)
	if !open {
		days = days[:max(len(days)-1, 0)]
	}
	for _, day := range days {
		if r := coversAges(cells, day); r != "" {
			return r
		}
	}
	return ""
}

func coversAges(cells []cell, day Date) Rule {
	var bands []AgeBand
	for _, c := range cells {
		if c.Period.Has(day) {
			bands = append(bands, c.AgeBand)
		}
	}
	slices.SortFunc(bands, func(a, b AgeBand) int { return cmp.Compare(a.Min, b.Min) })
	next := 0
	for _, b := range bands {
		if b.Min < next {
			return RuleOverlap
		}
		if b.Min > next {
			return RuleGap
		}
		next = b.Max + 1
	}
	if next <= MaxAge {
		return RuleGap
	}
	return ""
}

package consular

import (
	_ "embed"
	"io"
	"strings"

	"jaliya/internal/fault"
)

//go:embed ladder.csv
var ladderCSV string

// Rung is what the law says about the card at an age (law 04-20).
type Rung struct {
	Ages          AgeBand
	Profile       CaptureProfile // fingerprints to take
	ValidityYears int            // of the card, from its issue
	Compulsory    bool           // the law asks for a card
	Guardian      bool           // the legal representative acts
	Period        Period
}

// Ladder is the dated table of rungs, fixed after it is read.
type Ladder struct{ rungs []Rung }

// BuiltInLadder reads the ladder that ships with the program.
func BuiltInLadder() (*Ladder, error) { return ParseLadder(strings.NewReader(ladderCSV)) }

// ParseLadder reads a ladder in the CSV form of the built-in one and refuses
// gaps and overlaps in dates and ages.
func ParseLadder(r io.Reader) (*Ladder, error) {
	l := &Ladder{}
	header := []string{"ages", "profile", "validity_years", "compulsory", "guardian", "from", "to"}
	if err := readTable(r, header, l.addRow); err != nil {
		return nil, err
	}
	covered := make([]cell, 0, len(l.rungs))
	for _, rung := range l.rungs {
		covered = append(covered, cell{Period: rung.Period, AgeBand: rung.Ages})
	}
	if len(covered) == 0 {
		return nil, broken(opLoad, "ladder", RuleRequired)
	}
	if rule := coverage(covered); rule != "" {
		return nil, broken(opLoad, "ladder", rule)
	}
	return l, nil
}

func (l *Ladder) addRow(fields []string) error {
	c := cells{fields: fields}
	rung := Rung{
		Ages:          read(&c, ParseAgeBand),
		Profile:       read(&c, ParseCaptureProfile),
		ValidityYears: read(&c, parseCount("ladder.validity_years")),
		Compulsory:    read(&c, parseBool("ladder.compulsory")),
		Guardian:      read(&c, parseBool("ladder.guardian")),
		Period:        Period{From: read(&c, ParseDate), To: read(&c, parseOptionalDate)},
	}
	if c.err == nil && (rung.ValidityYears < 1 || rung.ValidityYears > 30) {
		c.err = broken(opLoad, "ladder.validity_years", RuleRange)
	}
	l.rungs = append(l.rungs, rung)
	return c.err
}

// At gives the rung of an age on a day; NotFound before the ladder begins.
func (l *Ladder) At(age int, on Date) (Rung, error) {
	for _, r := range l.rungs {
		if r.Ages.Has(age) && r.Period.Has(on) {
			return r, nil
		}
	}
	return Rung{}, fault.New(fault.NotFound, "consular: look up age ladder", on.String(), nil)
}

// Expiry gives the last day of validity of a card issued on a day, counted as
// the issue date plus the years of the rung.
func (r Rung) Expiry(issued Date) Date { return issued.AddYears(r.ValidityYears) }

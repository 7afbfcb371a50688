package consular

import (
	_ "embed"
	"io"
	"slices"
	"strings"

	"jaliya/internal/fault"
)

//go:embed fees.csv
var feesCSV string

// FeeRule is one row of the schedule.
type FeeRule struct {
	Service   Service
	Ages      AgeBand
	Component FeeComponent
	Amount    Money
	Period    Period
}

// FeeSchedule is the dated table of fees, fixed after it is read.
type FeeSchedule struct{ rules []FeeRule }

// FeeLine is one component of a fee.
type FeeLine struct {
	Component FeeComponent `cbor:"1,keyasint" json:"component"`
	Amount    Money        `cbor:"2,keyasint" json:"amount"`
}

// Fee is what one request costs, as computed on a day. It is kept in the
// request, so that a later change of the schedule does not touch it.
type Fee struct {
	Service Service   `cbor:"1,keyasint" json:"service"`
	On      Date      `cbor:"2,keyasint" json:"on"`
	Lines   []FeeLine `cbor:"3,keyasint" json:"lines"`
	Total   Money     `cbor:"4,keyasint" json:"total"`
}

// BuiltInFees reads the schedule that ships with the program.
func BuiltInFees() (*FeeSchedule, error) { return ParseFeeSchedule(strings.NewReader(feesCSV)) }

// ParseFeeSchedule reads a schedule in the CSV form of the built-in one and
// refuses gaps and overlaps in dates and ages.
func ParseFeeSchedule(r io.Reader) (*FeeSchedule, error) {
	s := &FeeSchedule{}
	header := []string{"service", "ages", "component", "amount", "from", "to"}
	if err := readTable(r, header, s.addRow); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *FeeSchedule) addRow(fields []string) error {
	c := cells{fields: fields}
	rule := FeeRule{
		Service:   read(&c, ParseService),
		Ages:      read(&c, ParseAgeBand),
		Component: read(&c, ParseFeeComponent),
		Amount:    read(&c, ParseMoney),
		Period:    Period{From: read(&c, ParseDate), To: read(&c, parseOptionalDate)},
	}
	s.rules = append(s.rules, rule)
	return c.err
}

// check looks at each service and component by itself, and asks that every
// service has a price at all.
func (s *FeeSchedule) check() error {
	for _, service := range Services() {
		priced := false
		for _, component := range FeeComponents() {
			covered := s.cells(service, component)
			priced = priced || len(covered) > 0
			if r := coverage(covered); r != "" {
				return broken(opLoad, "fee."+service.String()+"."+component.String(), r)
			}
		}
		if !priced {
			return broken(opLoad, "fee."+service.String(), RuleRequired)
		}
	}
	return nil
}

func (s *FeeSchedule) cells(service Service, component FeeComponent) []cell {
	var out []cell
	for _, r := range s.rules {
		if r.Service == service && r.Component == component {
			out = append(out, cell{Period: r.Period, AgeBand: r.Ages})
		}
	}
	return out
}

// Rules gives a copy of the rows, for a screen that shows the schedule.
func (s *FeeSchedule) Rules() []FeeRule { return slices.Clone(s.rules) }

// Compute gives what a service costs for a person of an age (completed years)
// on a day at the post. NotFound when the schedule has no row for that day.
func (s *FeeSchedule) Compute(service Service, age int, on Date) (Fee, error) {
	const op = "consular: compute fee"
	if err := on.Validate(); err != nil {
		return Fee{}, err
	}
	fee := Fee{Service: service, On: on, Total: Money{Currency: Dirham}}
	for _, r := range s.rules {
		if r.Service != service || !r.Ages.Has(age) || !r.Period.Has(on) {
			continue
		}
		if len(fee.Lines) == 0 {
			fee.Total.Currency = r.Amount.Currency
		}
		total, err := fee.Total.Add(r.Amount)
		if err != nil {
			return Fee{}, err
		}
		fee.Lines = append(fee.Lines, FeeLine{Component: r.Component, Amount: r.Amount})
		fee.Total = total
	}
	if len(fee.Lines) == 0 {
		return Fee{}, fault.New(fault.NotFound, op, service.String()+" on "+on.String(), nil)
	}
	return fee, nil
}

// Validate checks that the lines add up to the total. Paths begin with "fee".
func (f Fee) Validate() error {
	var c checks
	c.add("fee.service", serviceTerms.rule(f.Service))
	c.add("fee.on", f.On.rule())
	if len(f.Lines) == 0 {
		c.add("fee.lines", RuleRequired)
	}
	sum := Money{Currency: f.Total.Currency}
	for _, line := range f.Lines {
		c.add("fee.lines.component", feeComponentTerms.rule(line.Component))
		next, err := sum.Add(line.Amount)
		if err != nil || line.Amount.Validate() != nil {
			c.add("fee.lines.amount", RuleRange)
			continue
		}
		sum = next
	}
	if sum != f.Total {
		c.add("fee.total", RuleChecksum)
	}
	return c.err()
}

package consular

import (
	_ "embed"
	"io"
	"slices"
	"strings"
)

//go:embed documents.csv
var documentsCSV string

// DocumentCase is what decides which papers are published for a request.
type DocumentCase struct {
	Service   Service
	Minor     bool
	Protected bool            // adult under guardianship
	Mention   bool            // wife, widow or widower line wanted on the card
	Consent   GuardianConsent // of the legal representative, zero for none
}

// DocumentOption is one paper that satisfies a line of the list.
type DocumentOption struct {
	Kind      DocumentKind
	MaxMonths int // greatest age of the paper on the day of deposit, 0 for any
}

// DocumentLine is one line of the published list: any one option is enough.
type DocumentLine struct {
	Options  []DocumentOption
	Required bool
}

// DocumentHeld is a paper that the person brought.
type DocumentHeld struct {
	Kind   DocumentKind `cbor:"1,keyasint" json:"kind"`
	Issued Date         `cbor:"2,keyasint,omitempty" json:"issued,omitempty"`
}

// DocumentList is the published list for all cases, fixed after it is read.
type DocumentList struct{ rows []documentRow }

type documentRow struct {
	service Service
	applies string
	line    DocumentLine
}

// BuiltInDocuments reads the list that ships with the program.
func BuiltInDocuments() (*DocumentList, error) {
	return ParseDocumentList(strings.NewReader(documentsCSV))
}

// ParseDocumentList reads a list in the CSV form of the built-in one. Each
// service must have a required line.
func ParseDocumentList(r io.Reader) (*DocumentList, error) {
	l := &DocumentList{}
	if err := readTable(r, []string{"service", "applies", "documents", "required"}, l.addRow); err != nil {
		return nil, err
	}
	for _, s := range Services() {
		if !slices.ContainsFunc(l.rows, func(r documentRow) bool { return r.service == s && r.line.Required }) {
			return nil, broken(opLoad, "documents."+s.String(), RuleRequired)
		}
	}
	return l, nil
}

func (l *DocumentList) addRow(fields []string) error {
	c := cells{fields: fields}
	row := documentRow{
		service: read(&c, ParseService),
		applies: c.text(),
		line: DocumentLine{
			Options:  read(&c, parseDocumentOptions),
			Required: read(&c, parseBool("documents.required")),
		},
	}
	if !slices.Contains([]string{"all", "minor", "protected", "mention", "attorney", "court"}, row.applies) && c.err == nil {
		c.err = broken(opLoad, "documents.applies", RuleUnknown)
	}
	l.rows = append(l.rows, row)
	return c.err
}

func parseDocumentOptions(s string) ([]DocumentOption, error) {
	var out []DocumentOption
	for part := range strings.SplitSeq(s, ";") {
		text, months, aged := strings.Cut(part, ":")
		kind, err := ParseDocumentKind(text)
		if err != nil {
			return nil, err
		}
		option := DocumentOption{Kind: kind}
		if aged {
			if option.MaxMonths, err = parseCount("documents.months")(months); err != nil {
				return nil, err
			}
		}
		out = append(out, option)
	}
	return out, nil
}

func (r documentRow) holds(c DocumentCase) bool {
	if r.service != c.Service {
		return false
	}
	switch r.applies {
	case "all":
		return true
	case "minor":
		return c.Minor
	case "protected":
		return c.Protected
	case "attorney":
		return c.Consent == GuardianPowerOfAttorney
	case "court":
		return c.Consent == GuardianCourtOrder
	default:
		return c.Mention
	}
}

// For gives the lines of a case, required ones and others, in file order.
func (l *DocumentList) For(c DocumentCase) []DocumentLine {
	var out []DocumentLine
	for _, r := range l.rows {
		if r.holds(c) {
			out = append(out, DocumentLine{Options: slices.Clone(r.line.Options), Required: r.line.Required})
		}
	}
	return out
}

// Published reports whether a paper is on the list of a case at all; an agent
// may take no other.
func (l *DocumentList) Published(c DocumentCase, kind DocumentKind) bool {
	return slices.ContainsFunc(l.For(c), func(line DocumentLine) bool {
		return slices.ContainsFunc(line.Options, func(o DocumentOption) bool { return o.Kind == kind })
	})
}

// Missing gives the required lines that no paper held satisfies on the day of
// deposit. A paper with a greatest age and no issue date does not count.
func (l *DocumentList) Missing(c DocumentCase, held []DocumentHeld, on Date) []DocumentLine {
	return slices.DeleteFunc(l.For(c), func(line DocumentLine) bool {
		return !line.Required || line.satisfied(held, on)
	})
}

func (d DocumentLine) satisfied(held []DocumentHeld, on Date) bool {
	return slices.ContainsFunc(held, func(h DocumentHeld) bool {
		return slices.ContainsFunc(d.Options, func(o DocumentOption) bool { return o.accepts(h, on) })
	})
}

func (o DocumentOption) accepts(h DocumentHeld, on Date) bool {
	if o.Kind != h.Kind {
		return false
	}
	if o.MaxMonths == 0 {
		return true
	}
	return h.Issued.rule() == "" && h.Issued <= on && on <= h.Issued.AddMonths(o.MaxMonths)
}

package paper

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// RecordData is what the extract of a criminal record says: the record of the
// DGSN or bulletin no 3 of Justice. What it says about a person's past is
// nowhere else in the network.
type RecordData struct {
	Service   consular.Service   // police or justice
	Office    Text               // who issues: the national center, a court's center
	Number    string             // of the document
	Reference consular.Reference // may be empty: an issuer need not know it
	Person    consular.Person
	Mentions  []Mention // none: nothing is recorded
	Issued    consular.Date
	Expires   consular.Date // three months later

	Seal string // text of the bar code
	Code string // control code in groups, printed beside it
	Page string // address of the page that checks seals
	Kept []byte // for programs, see pdf.Document.Keep
	Room int    // bytes left for the signature, zero for none
	Fill int    // size of the file in bytes, zero for whatever comes
	Made time.Time
}

// Text is a text in both languages, written by the issuer.
type Text struct {
	Arabic string `json:"ar"`
	French string `json:"fr"`
}

// String gives the placeholder, never the value.
func (Text) String() string { return "[text]" }

func (t Text) in(v voice) string {
	if v.rtl {
		return t.Arabic
	}
	return t.French
}

// Mention is one entry of a record.
type Mention struct {
	Court    Text          `json:"court"`
	Date     consular.Date `json:"date"`
	Offense  Text          `json:"offense"`
	Sentence Text          `json:"sentence"`
}

const (
	opRecord = "paper: make record"
	// KeptRecord is the name of what a record's file keeps for programs.
	KeptRecord = "JLYRecord"
	// maxMentions caps the list, so that one with texts of full length still
	// fits the container of package document.
	maxMentions = 20
	// maxEntry caps a text of a mention, in runes.
	maxEntry = 200
)

func (t Text) validate() bool {
	good := func(s string) bool {
		bad := func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }
		return strings.TrimSpace(s) == s && s != "" && utf8.RuneCountInString(s) <= maxEntry && !strings.ContainsFunc(s, bad)
	}
	return good(t.Arabic) && good(t.French)
}

// Validate refuses a record that would say less than it must. The fault names
// the field, never what it holds.
func (d RecordData) Validate() error {
	bad := func(field string, err error) error { return fault.New(fault.Invalid, opRecord, field, err) }
	if d.Reference != "" {
		if err := d.Reference.Validate(); err != nil {
			return bad("reference", err)
		}
	}
	for field, err := range map[string]error{
		"person": d.Person.ValidateFor(d.Service),
		"issued": d.Issued.Validate(), "expires": d.Expires.Validate(),
	} {
		if err != nil {
			return bad(field, err)
		}
	}
	switch {
	case d.Service.Family() != consular.FamilyRecord:
		return bad("service", nil)
	case d.Number == "" || len(d.Number) > 20:
		return bad("number", nil)
	case !d.Office.validate():
		return bad("office", nil)
	case !d.Issued.Before(d.Expires):
		return bad("expires", nil)
	case len(d.Mentions) > maxMentions:
		return fault.New(fault.TooLarge, opRecord, "mentions", nil)
	}
	for i, m := range d.Mentions {
		if err := m.Validate(d.Issued); err != nil {
			return bad("mention "+strconv.Itoa(i+1), err)
		}
	}
	return nil
}

// Validate refuses an entry that a record of a day could not print.
func (m Mention) Validate(on consular.Date) error {
	if err := m.Date.Validate(); err != nil || on.Before(m.Date) {
		return fault.New(fault.Invalid, opRecord, "date", err)
	}
	if !m.Court.validate() || !m.Offense.validate() || !m.Sentence.validate() {
		return fault.New(fault.Invalid, opRecord, "text", nil)
	}
	return nil
}

// printable asks for what the sheet needs beside the record itself.
func (d RecordData) printable() error {
	switch {
	case d.Seal == "" || len(d.Seal) > maxCode:
		return fault.New(fault.TooLarge, opRecord, "seal", nil)
	case d.Code == "" || len(d.Code) > 40 || len(d.Page) > 100:
		return fault.New(fault.Invalid, opRecord, "control code and page", nil)
	}
	return nil
}

// OutcomeLines gives what the record says about the past, line by line, for
// the seal: "nothing", or the mentions as they are printed.
func (d RecordData) OutcomeLines() []string {
	if len(d.Mentions) == 0 {
		return []string{"nothing"}
	}
	lines := []string{"mentions"}
	for _, m := range d.Mentions {
		lines = append(lines, m.Court.Arabic, m.Court.French, string(m.Date),
			m.Offense.Arabic, m.Offense.French, m.Sentence.Arabic, m.Sentence.French)
	}
	return lines
}

// ParticularLines gives the other lines that are printed, each with its key.
func (d RecordData) ParticularLines() []string {
	p := d.Person
	var lines []string
	add := func(key string, values ...string) { lines = append(lines, key+"="+strings.Join(values, "|")) }
	add("service", d.Service.String())
	add("office", d.Office.Arabic, d.Office.French)
	if d.Reference != "" {
		add("reference", string(d.Reference))
	}
	for _, one := range []struct {
		key string
		consular.Name
	}{
		{"family_name", p.Family},
		{"given_name", p.Given},
		{"birth_place", p.BirthPlace},
		{"father", whole(p.Father)},
		{"mother", whole(p.Mother)},
	} {
		add(one.key, one.Arabic, one.Latin)
	}
	add("birth_date", string(p.Birth))
	add("birth_country", string(p.BirthCountry))
	add("sex", p.Sex.String())
	add("nationality", string(p.Nationality))
	add("national_number", string(p.NationalNumber))
	add("issued", string(d.Issued))
	add("expires", string(d.Expires))
	return lines
}

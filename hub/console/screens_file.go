package console

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// picture is an image of the packet on the page, or one that no browser shows.
type picture struct {
	Name, Label, Src, Held string
	PDF                    bool
}

// finger is one line of the fingers.
type finger struct {
	Label, Text, Tone, Src string
}

// offer is one decision that the page offers.
type offer struct {
	Name, Title, Text, Button string
	Open, Danger              bool
	Reasons                   *web.Reasons
}

// line is one line of who did what.
type line struct{ Who, What, When string }

// fileView is the page of one case.
type fileView struct {
	Reference, Digits string
	Facts, Identity   []fact
	Contact           []fact
	Portrait          *picture
	Pictures          []picture // signature, scans
	Fingers           []finger
	Papers            []string
	Guardian          []fact
	Offers            []offer
	Order, Version    uint64
	Openings, Deeds   []line
	Read              string
}

func (s *Screens) fileView(p lang.Printer, f File, check string) fileView {
	v := fileView{
		Reference: f.Reference.String(), Digits: f.Reference.Digits(), Order: f.Order, Version: f.Version,
		Read: p.T("console.file.read", "count", len(f.Openings)),
	}
	if len(f.Openings) == 0 {
		v.Read = p.T("console.file.unread")
	}
	v.Facts = []fact{
		{Label: p.T("desk.field.service"), Text: p.Service(f.Service)},
		{Label: p.T("console.col.post"), Text: s.postName(p, f.Serving)},
		{Label: p.T("desk.field.pickup"), Text: s.postName(p, f.Pickup)},
		{Label: p.T("console.col.waits"), Text: p.Span(s.console.Now().Sub(f.Since))},
		{Label: p.T("console.col.due"), Text: s.dueCell(p, f.Due, s.console.Now()).Text},
	}
	if !f.Limit.IsZero() {
		v.Facts = append(v.Facts, fact{Label: p.T("console.file.legal"), Text: p.Date(consular.DateOf(f.Limit.In(s.zone)))})
	}
	r := f.Release
	v.Identity = identity(p, r.Person)
	v.Contact = s.contact(p, r)
	v.Guardian = guardian(p, r.Guardian)
	for _, kind := range r.Documents {
		v.Papers = append(v.Papers, p.Document(kind))
	}
	s.pictures(p, f, &v)
	v.Offers = offers(p, f.Offers, check)
	for _, o := range f.Openings {
		what := p.T("console.file.text")
		if o.Part != "" {
			what = partName(p, o.Part)
		}
		v.Openings = append(v.Openings, line{Who: s.console.People.Name(o.By), What: what, When: p.DateTime(o.At.In(s.zone))})
	}
	for _, d := range f.Deeds {
		v.Deeds = append(v.Deeds, s.deedLine(p, d))
	}
	return v
}

func (s *Screens) deedLine(p lang.Printer, d Deed) line {
	what := eventWords(p, d.Event)
	if d.Reason != 0 {
		what += " – " + p.T("refusal."+d.Reason.String()+".term")
	}
	return line{Who: s.console.People.Name(d.By), What: what, When: p.DateTime(d.At.In(s.zone))}
}

// eventWords names what an officer did; the name of the table where the console
// has no word.
func eventWords(p lang.Printer, e workflow.Event) string {
	if key := "console.event." + e.String(); p.Has(key) {
		return p.T(key)
	}
	return e.String()
}

func identity(p lang.Printer, who consular.Person) []fact {
	label := func(key string) string { return p.T("desk.field." + key) }
	pair := func(key string, n consular.Name) fact {
		return fact{Label: label(key), Text: n.Latin, Second: n.Arabic, Kind: "pair"}
	}
	out := []fact{
		pair("family_name", who.Family), pair("given_name", who.Given),
		{Label: label("birth_date"), Text: p.BirthDate(who.Birth)},
		pair("birth_place", who.BirthPlace),
		{Label: label("birth_country"), Text: p.Country(who.BirthCountry)},
		{Label: label("nationality"), Text: p.Country(who.Nationality)},
		{Label: label("sex"), Text: p.Sex(who.Sex)},
	}
	if who.NationalNumber != "" {
		out = append(out, fact{Label: label("national_number"), Text: string(who.NationalNumber), Kind: "code"})
	}
	if who.ActNumber != "" {
		out = append(out, fact{Label: label("act_number"), Text: who.ActNumber, Kind: "code"})
	}
	for _, one := range []struct {
		key  string
		name consular.Name
	}{
		{"father_given_name", who.Father.Given},
		{"father_family_name", who.Father.Family},
		{"mother_given_name", who.Mother.Given},
		{"mother_family_name", who.Mother.Family},
		{"spouse", who.Spouse},
	} {
		if !one.name.IsZero() {
			out = append(out, pair(one.key, one.name))
		}
	}
	for _, former := range who.Former {
		if !former.Family.IsZero() {
			out = append(out, pair("former_names_family_name", former.Family))
		}
		if !former.Given.IsZero() {
			out = append(out, pair("former_names_given_name", former.Given))
		}
	}
	return out
}

func (s *Screens) contact(p lang.Printer, r wire.Release) []fact {
	label := func(key string) string { return p.T("desk.field." + key) }
	out := []fact{{Label: label("delivery_mode"), Text: p.T("delivery." + r.Delivery.Mode.String())}}
	if r.Contact.Phone != "" {
		out = append(out, fact{Label: label("phone"), Text: r.Contact.Phone.Value(), Kind: "code"})
	}
	if r.Contact.Email != "" {
		out = append(out, fact{Label: label("email"), Text: r.Contact.Email.Value(), Kind: "code"})
	}
	if a := r.Contact.Address; !a.IsZero() {
		street := strings.Join([]string{a.Street.Latin, strings.TrimSpace(a.Postcode + " " + a.City.Latin), p.Country(a.Country)}, ", ")
		out = append(out, fact{Label: p.T("console.file.address"), Text: street})
	}
	return append(out,
		fact{Label: p.T("console.file.enrolled"), Text: r.EnrolledBy, Kind: "code"},
		fact{Label: p.T("console.file.released"), Text: r.ReleasedBy, Kind: "code"},
	)
}

func guardian(p lang.Printer, g *consular.Guardian) []fact {
	if g == nil {
		return nil
	}
	pair := func(key string, n consular.Name) fact {
		return fact{Label: p.T("desk.field." + key), Text: n.Latin, Second: n.Arabic, Kind: "pair"}
	}
	out := []fact{pair("guardian_name_family_name", g.Name.Family), pair("guardian_name_given_name", g.Name.Given)}
	if g.NationalNumber != "" {
		out = append(out, fact{Label: p.T("desk.field.guardian_national_number"), Text: string(g.NationalNumber), Kind: "code"})
	}
	return append(out, fact{Label: p.T("desk.field.guardian_consent"), Text: p.T("desk.consent." + g.Consent.String())})
}

// Prefixes of the names of parts, as desks give them.
const (
	prefixPrint = "print-"
	prefixScan  = "scan-"
)

// pictures puts the parts where they belong: the face beside the names, prints
// beside their quality, papers on their own.
func (s *Screens) pictures(p lang.Printer, f File, v *fileView) {
	prints := map[string]string{}
	for _, part := range f.Release.Parts {
		one := picture{Name: part.Name, Label: partName(p, part.Name), Held: p.T("console.file.no_picture")}
		if shown(part.MediaType) {
			one.Src = "/verify/case/" + v.Digits + "/images/" + part.Name
			one.PDF = part.MediaType == "application/pdf"
		}
		switch {
		case part.Name == wire.PartPortrait:
			v.Portrait = &one
		case strings.HasPrefix(part.Name, prefixPrint):
			prints[strings.TrimPrefix(part.Name, prefixPrint)] = one.Src
		default:
			v.Pictures = append(v.Pictures, one)
		}
	}
	for _, report := range f.Release.Fingers {
		name := report.Finger.String()
		line := finger{Label: p.T("desk.finger." + name), Src: prints[name]}
		line.Text = p.T("console.file.quality", "quality", report.Quality)
		if report.Exception != 0 {
			line.Tone, line.Text = "warn", p.T("desk.exception."+report.Exception.String())
		}
		v.Fingers = append(v.Fingers, line)
	}
}

func partName(p lang.Printer, name string) string {
	if scan, ok := strings.CutPrefix(name, prefixScan); ok {
		if kind, err := consular.ParseDocumentKind(scan); err == nil {
			return p.Document(kind)
		}
	}
	if of, ok := strings.CutPrefix(name, prefixPrint); ok && p.Has("desk.finger."+of) {
		return p.T("desk.finger." + of)
	}
	if key := "desk.image." + name; p.Has(key) {
		return p.T(key)
	}
	return name
}

// offers are the decisions with their reasons.
func offers(p lang.Printer, names []string, check string) []offer {
	out := make([]offer, 0, len(names))
	for _, name := range names {
		at := "console.decide." + name
		o := offer{
			Name: name, Title: p.T(at + ".title"), Text: p.T(at + ".text"), Button: p.T(at + ".button"), Open: name == check,
			Danger: name == DecideRefuse || name == DecideSuspect,
		}
		if reasons := ReasonsFor(name); len(reasons) > 0 {
			o.Reasons = &web.Reasons{Legend: p.T("console.decide.reason"), Name: "reason"}
			if name == DecideRecapture {
				o.Reasons.Legend = p.T("console.decide.part")
			}
			for _, r := range reasons {
				o.Reasons.Options = append(o.Reasons.Options, web.Option{Value: r.String(), Label: p.T("refusal." + r.String() + ".term")})
			}
		}
		out = append(out, o)
	}
	return out
}

func numberOf(c *gin.Context, name string) uint64 {
	n, err := strconv.ParseUint(typed(c, name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

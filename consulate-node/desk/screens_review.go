package desk

import (
	"slices"
	"strings"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// feeView is what the request costs, as computed today, and how it was settled.
type feeView struct {
	Lines   []fact
	Total   string
	Settled string // empty: neither paid nor waived, or another amount
	Changed bool   // another amount was settled
}

func feeOf(p lang.Printer, r Review) *feeView {
	if r.Fee == nil {
		return nil
	}
	out := &feeView{Total: p.Money(r.Fee.Total), Settled: settledWords(p, r.Payment)}
	out.Changed = r.Payment != nil && r.Payment.Due != r.Fee.Total
	for _, line := range r.Fee.Lines {
		out.Lines = append(out.Lines, fact{Label: p.FeePart(line.Component), Text: p.Money(line.Amount)})
	}
	return out
}

// reviewView is the whole visit on one page.
type reviewView struct {
	Left      []web.FieldError // what stands against a release, each a link
	Look      []string         // what the second person should have seen
	Facts     []fact
	Papers    []string
	Pictures  []thumb
	Others    []thumb // held, but no browser shows them
	Fee       *feeView
	Confirmed bool
	Ready     bool
	Mine      bool // the reader has worked on it
	MayNot    bool // the reader has no right to release
	Captured  []string
	Cash      string // receipt of the money that was taken
	Audit     string
}

type thumb struct{ Label, Src, Held string }

func (s *Screens) reviewView(at screen, v visitState) reviewView {
	r := v.Review
	out := reviewView{
		Fee: feeOf(at.p, r), Confirmed: v.Confirmed != nil, Ready: r.Ready, Captured: s.names(r.CapturedBy),
		Mine: slices.Contains(r.CapturedBy, at.who.ID), MayNot: !at.who.Role.Has(access.VisitRelease),
		Audit: at.p.T("desk.review.edited", "count", len(r.CapturedBy)), Facts: s.facts(at.p, v),
	}
	if r.Payment != nil {
		out.Cash = r.Payment.Receipt
	}
	for _, one := range r.Against {
		href := stepPath(v.Visit, stepFor(one.Field)) + "?check=1#" + anchor(one.Field)
		if one.Rule == ruleAlreadyOpen {
			href = "/requests/" + r.Standing
		}
		out.Left = append(out.Left, web.FieldError{Href: href, Text: problemAt(at.p, one)})
	}
	for _, one := range r.Look {
		out.Look = append(out.Look, lookAt(at.p, one))
	}
	if v.Confirmed == nil {
		out.Look = append(out.Look, at.p.T("desk.look.confirm"))
	}
	for _, held := range r.Documents {
		text := at.p.Document(held.Kind)
		if held.Issued != "" {
			text += " – " + at.p.Date(held.Issued)
		}
		out.Papers = append(out.Papers, text)
	}
	for _, i := range v.Images {
		one := thumb{Label: imageLabel(at.p, i.Name), Held: imageWords(at.p, i)}
		shown := i.Name == namePortrait || i.Name == nameSignature || strings.HasPrefix(i.Name, prefixScan)
		if i.Complete && shown && (i.MediaType == mediaJPEG || i.MediaType == mediaPNG) {
			one.Src = "/visits/" + v.Visit + "/images/" + i.Name
			out.Pictures = append(out.Pictures, one)
			continue
		}
		out.Others = append(out.Others, one)
	}
	return out
}

// names gives the members of staff behind identifiers.
func (s *Screens) names(ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, s.o.StaffName(id))
	}
	return out
}

func lookAt(p lang.Printer, v FieldRule) string {
	if v.Rule == ruleWaived {
		return p.T("payment.look")
	}
	if v.Rule == ruleQuality {
		return p.T("desk.look.quality", "what", fieldLabel(p, v.Field))
	}
	return p.T("desk.look.missing", "what", fieldLabel(p, v.Field))
}

// facts are what will be sealed, as the rules read what was typed.
func (s *Screens) facts(p lang.Printer, v visitState) []fact {
	r := v.Review
	label := func(key string) string { return p.T("desk.field." + key) }
	pair := func(key string, n consular.Name) fact {
		return fact{Label: label(key), Text: n.Latin, Second: n.Arabic, Kind: "pair"}
	}
	out := []fact{
		{Label: label("service"), Text: p.Service(r.Service)},
		{Label: label("pickup"), Text: s.postName(p, r.Pickup)},
		pair("family_name", r.Person.Family), pair("given_name", r.Person.Given),
		{Label: label("birth_date"), Text: p.BirthDate(r.Person.Birth)},
		pair("birth_place", r.Person.BirthPlace),
	}
	if r.Person.Sex.Validate() == nil {
		out = append(out, fact{Label: label("sex"), Text: p.T("desk.sex." + r.Person.Sex.String())})
	}
	if r.Person.NationalNumber != "" {
		out = append(out, fact{Label: label("national_number"), Text: string(r.Person.NationalNumber), Kind: "code"})
	}
	if !r.Person.Father.IsZero() {
		out = append(out, pair("father_given_name", r.Person.Father.Given))
	}
	if !r.Person.Mother.IsZero() {
		out = append(out, pair("mother_given_name", r.Person.Mother.Given))
	}
	if r.Protected {
		out = append(out, fact{Label: p.T("guardian.acts.label"), Text: p.T("guardian.acts.yes")})
	}
	out = append(out, guardianFacts(p, r)...)
	out = append(out, recordVisitFacts(p, r)...)
	if r.Person.Mention != 0 {
		out = append(out, pair("spouse", r.Person.Spouse))
	}
	if r.Contact.Phone != "" {
		out = append(out, fact{Label: label("phone"), Text: r.Contact.Phone.Value(), Kind: "code"})
	}
	if r.Contact.Language != "" {
		out = append(out, fact{Label: label("language"), Text: web.Autonym(r.Contact.Language)})
	}
	return out
}

func (s *Screens) postName(p lang.Printer, id consular.PostID) string {
	post, err := s.desk.o.Directory.Lookup(id)
	if err != nil {
		return string(id)
	}
	return post.City + " – " + p.Country(post.Country)
}

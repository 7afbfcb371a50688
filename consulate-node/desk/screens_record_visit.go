package desk

import (
	"strconv"
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/web"
)

// stepRecord is the page of what a criminal record is for.
const stepRecord = "record"

// maxRecordCopies is how many sheets may be asked for.
const maxRecordCopies = 5

// ofRecord reports whether a violation is put right on that page.
func ofRecord(top string) bool { return top == "use" || top == "consent" || top == "identity_proof" }

func recordLabel(p lang.Printer, field string) string {
	return p.T("records.visit." + strings.NewReplacer(".", "_").Replace(field))
}

// recordFields are the questions of that page, in the order in which they are
// put at the counter: what for, the notice, who.
func recordFields(b *builder, f *RecordForm) {
	named := func(id string, more ...func(*web.Field)) func(*web.Field) {
		return shapes(append([]func(*web.Field){func(w *web.Field) { w.Label = recordLabel(b.p, id) }}, more...)...)
	}
	at := func(id string, into *string) value { return value{id: id, key: "other", into: into} }
	b.choice(at("use.purpose", &f.Purpose), words(b.p, "purpose.", consular.Purposes()), named("use.purpose"))
	b.text(at("use.text", &f.Text), named("use.text", optional, hint(b.p.T("records.visit.text_hint"))))
	b.choice(at("use.country", &f.Country), countries(b.p), named("use.country"))
	b.text(at("use.authority", &f.Authority), named("use.authority", optional))
	b.choice(at("use.legalization", &f.Legalization), words(b.p, "records.legalization.", consular.Legalizations()), named("use.legalization"))
	var copies []web.Option
	for n := 1; n <= maxRecordCopies; n++ {
		copies = append(copies, web.Option{Value: strconv.Itoa(n), Label: b.p.Number(int64(n))})
	}
	b.choice(at("use.copies", &f.Copies), copies, named("use.copies"))
	var languages []web.Option
	for _, l := range consular.Languages() {
		languages = append(languages, web.Option{Value: string(l), Label: web.Autonym(l)})
	}
	b.choice(at("consent.language", &f.Language), languages, named("consent.language"))
	b.choice(at("consent.version", &f.Notice), []web.Option{
		{Value: NoticeVersion, Label: b.p.T("records.visit.signed", "version", NoticeVersion)},
	}, named("consent.version"))
	var shown []web.Option
	for _, kind := range shownAtCounter() {
		shown = append(shown, web.Option{Value: kind.String(), Label: b.p.T("records.visit.shown." + kind.String())})
	}
	b.choice(at("identity_proof.document", &f.Document), shown, named("identity_proof.document"))
}

// recordVisitFacts are what the second person reads of it.
func recordVisitFacts(p lang.Printer, r Review) (out []fact) {
	if r.Record == nil {
		return nil
	}
	add := func(field, text string) {
		if text != "" {
			out = append(out, fact{Label: recordLabel(p, field), Text: text})
		}
	}
	use := r.Record.Use
	if use.Purpose.Validate() == nil {
		add("use.purpose", p.T("purpose."+use.Purpose.String()))
	}
	add("use.text", use.Text)
	if use.Country != "" {
		add("use.country", p.Country(use.Country))
	}
	add("use.authority", use.Authority)
	if use.Legalization.Validate() == nil {
		add("use.legalization", p.T("records.legalization."+use.Legalization.String()))
	}
	if use.Copies > 0 {
		add("use.copies", p.Number(int64(use.Copies)))
	}
	if r.Record.Consent.Version != "" {
		add("consent.version", p.T("records.visit.signed", "version", r.Record.Consent.Version))
	}
	if key := "records.visit.shown." + r.Record.Proof.Document.String(); p.Has(key) {
		add("identity_proof.document", p.T(key))
	}
	return out
}

// heldRecord gives a copy, so that an unsaved form changes nothing.
func (s *Screens) heldRecord(b *builder, v visitState) *RecordForm {
	f := &RecordForm{
		Country: string(s.desk.o.Post.Country), Legalization: consular.LegalizationNone.String(), Copies: "1",
		Language: string(b.p.Language()),
	}
	if v.Forms.Record != nil {
		*f = *v.Forms.Record
	}
	return f
}

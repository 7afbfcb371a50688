package paper

import (
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/paper/pdf"
)

// record is an extract of a criminal record in the making.
type record struct {
	*sheet
	RecordData
	fr, ar, en voice
}

// Record makes the extract of a criminal record: one sheet of A4, front and
// back, whatever the outcome; a list of mentions that fills more than the
// front goes on at the back, and only one too long for both takes more paper.
// French with English keys on the left, Arabic on the right. Equal data give
// equal bytes.
func (p *Press) Record(d RecordData) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := d.printable(); err != nil {
		return nil, err
	}
	title := p.fr.Service(d.Service) + " – " + p.ar.Service(d.Service)
	s := &record{
		sheet:      newSheet(p.fonts, pdf.A4(), pdf.Info{Title: title, Language: "fr", Created: d.Made}),
		RecordData: d, fr: p.fr, ar: p.ar, en: p.voice(consular.English),
	}
	if len(d.Kept) > 0 {
		s.document.Keep(KeptRecord, d.Kept)
	}
	s.document.Reserve(d.Room)
	s.document.Fill(d.Fill)
	s.issuer()
	s.name()
	s.dated()
	s.holder()
	rest, err := s.front()
	if err != nil {
		return nil, err
	}
	if err := s.seal(); err != nil {
		return nil, err
	}
	s.next()
	s.back(rest)
	s.foot(lang.Code(d.Number), s.fr, s.ar)
	return s.document.Bytes()
}

func (s *record) voices() [2]voice { return [2]voice{s.fr, s.ar} }

// issuer writes the State and who issues on both sides of the star. The post
// that prints is not named: it is not the issuer.
func (s *record) issuer() {
	const room = 26.0
	s.star(pdf.Point{X: s.size.Width / 2, Y: s.y + 22}, 19, green(), white())
	s.star(pdf.Point{X: s.size.Width / 2, Y: s.y + 22}, 8.5, green(), white())
	authority := "extract.police_authority"
	if s.Service == consular.RecordJustice {
		authority = "extract.justice_ministry"
	}
	bottom := s.y
	for _, v := range s.voices() {
		x, y := marginX, s.y
		if v.rtl {
			x = s.right() + room - columns/2
		}
		for _, part := range []struct {
			text string
			style
		}{
			{v.T("slip.kingdom"), style{size: 11, bold: true, color: ink(), leading: 1.45}},
			{v.T(authority), style{size: 9.4, bold: true, color: green(), leading: 1.5}},
			{s.Office.in(v), style{size: 8, color: gray(), leading: 1.4}},
		} {
			b := s.block(part.text, v.rtl, s.column()-room+columns/2, part.style)
			s.place(b, x, y)
			y += b.height()
		}
		bottom = max(bottom, y)
	}
	s.y = max(bottom, s.y+44) + 4
	s.line(green(), 1.4, 9)
}

// name writes what the document is, in three languages.
func (s *record) name() {
	st := style{size: 13.2, bold: true, color: ink(), leading: 1.35}
	s.pair(s.block(s.fr.Service(s.Service), false, s.column(), st), s.block(s.ar.Service(s.Service), true, s.column(), st), 0)
	s.place(s.block(s.en.Service(s.Service), false, s.column(), style{size: 8, color: gray(), leading: 1.4}), marginX, s.y)
	s.y += 15
}

// dated draws the panel with number and dates: what a reader compares first.
func (s *record) dated() {
	const height = 47.0
	s.page.Fill(sand(), pdf.Box{X: marginX, Y: s.y, Width: s.width(), Height: height})
	number := s.block(lang.Code(s.Number), false, s.width(), style{size: 14, mono: true, color: ink(), leading: 1.4})
	number.side = centered
	s.place(number, marginX, s.y+12)
	caption := s.block(s.fr.T("extract.number")+" · "+s.ar.T("extract.number"), false, s.width(), style{size: 7.2, color: gray(), leading: 1.3})
	caption.side = centered
	s.place(caption, marginX, s.y+3)
	if s.Reference != "" {
		small := s.block(s.fr.T("extract.reference")+" "+s.Reference.String(), false, s.width(), style{size: 7.2, color: gray(), leading: 1.3})
		small.side = centered
		s.place(small, marginX, s.y+33)
	}
	const inset, width = 10.0, 130.0
	for _, v := range s.voices() {
		x := marginX + inset
		if v.rtl {
			x = s.size.Width - marginX - inset - width
		}
		y := s.y + 3
		for _, one := range []struct {
			key  string
			date consular.Date
		}{{"extract.issued", s.Issued}, {"extract.expires", s.Expires}} {
			label := s.block(s.label(v, one.key), v.rtl, width, style{size: 7.2, color: gray(), leading: 1.3})
			said := s.block(v.Date(one.date), v.rtl, width, style{size: 9.4, bold: true, color: ink(), leading: 1.2})
			s.place(label, x, y)
			s.place(said, x, y+label.height())
			y += label.height() + said.height() + 1
		}
	}
	s.y += height + 8
}

// label gives a key; the English one stands behind the French.
func (s *record) label(v voice, key string) string {
	if v.rtl {
		return v.T(key)
	}
	return v.T(key) + " / " + s.en.T(key)
}

func (s *record) heading(key string) {
	st := style{size: 9.5, bold: true, color: green(), leading: 1.5}
	s.line(rule(), 0.6, 3)
	s.pair(s.block(s.label(s.fr, key), false, s.column(), st), s.block(s.ar.T(key), true, s.column(), st), 1)
}

// fact is a key with its value; two short ones share a row.
type fact struct {
	key   string
	value func(voice) string
}

func (s *record) holder() {
	p := s.Person
	spelled := func(n consular.Name) func(voice) string {
		return func(v voice) string {
			if v.rtl {
				return n.Arabic
			}
			return n.Latin
		}
	}
	s.heading("extract.holder")
	s.row(true, fact{"extract.family_name", spelled(p.Family)})
	s.row(true, fact{"extract.given_name", spelled(p.Given)})
	s.row(false, fact{"extract.birth_date", func(v voice) string { return v.BirthDate(p.Birth) }},
		fact{"extract.national_number", func(voice) string { return lang.Code(string(p.NationalNumber)) }})
	s.row(false, fact{"extract.birth_place", spelled(p.BirthPlace)},
		fact{"extract.birth_country", func(v voice) string { return v.Country(p.BirthCountry) }})
	s.row(false, fact{"extract.sex", func(v voice) string { return v.Sex(p.Sex) }},
		fact{"extract.nationality", func(v voice) string { return v.Country(p.Nationality) }})
	s.row(false, fact{"extract.father", spelled(whole(p.Father))}, fact{"extract.mother", spelled(whole(p.Mother))})
	s.y += 3
}

// longName is from how many letters on a value is set small, so that the
// longest names leave room for the outcome.
const longName = 40

// row writes facts side by side in each column, an absent value as a dash, so
// that nothing can be added.
func (s *record) row(bold bool, facts ...fact) {
	const gap = 8.0
	width := (s.column() - gap*float64(len(facts)-1)) / float64(len(facts))
	height := 0.0
	st := style{size: 9.8, bold: bold, color: ink(), leading: 1.3}
	for _, f := range facts {
		if len([]rune(f.value(s.fr))) > longName || len([]rune(f.value(s.ar))) > longName {
			st.size, st.leading = 7.4, 1.25
		}
	}
	for _, v := range s.voices() {
		for i, f := range facts {
			x := marginX + float64(i)*(width+gap)
			if v.rtl {
				x = s.size.Width - marginX - width - float64(i)*(width+gap)
			}
			said := f.value(v)
			if lang.Plain(said) == "" {
				said = "—"
			}
			label := s.block(s.label(v, f.key), v.rtl, width, style{size: 6.8, color: gray(), leading: 1.25})
			value := s.block(said, v.rtl, width, st)
			s.place(label, x, s.y)
			s.place(value, x, s.y+label.height())
			height = max(height, label.height()+value.height())
		}
	}
	s.y += height + 2.5
}

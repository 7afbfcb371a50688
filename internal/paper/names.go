package paper

import (
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper/pdf"
)

// NamesData is what an applicant confirms before the document is made: above
// all the spelling of the names in both scripts.
type NamesData struct {
	Kind      consular.PostKind
	Post      consular.PostID
	City      consular.Name
	Reference consular.Reference // may be empty: names are confirmed before release
	Service   consular.Service
	Person    consular.Person
	Portrait  []byte // JPEG or PNG, may be empty
	On        consular.Date
	Staff     string
	Printed   time.Time
}

const opNames = "paper: make names sheet"

// Validate refuses a sheet without the names it is for.
func (d NamesData) Validate() error {
	for field, err := range map[string]error{
		"kind": d.Kind.Validate(), "post": d.Post.Validate(), "service": d.Service.Validate(),
		"name": d.Person.Name().Validate(), "on": d.On.Validate(),
	} {
		if err != nil {
			return fault.New(fault.Invalid, opNames, field, err)
		}
	}
	if d.City.Latin == "" {
		return fault.New(fault.Invalid, opNames, "city", nil)
	}
	return nil
}

// names is a names sheet in the making.
type names struct {
	*sheet
	NamesData
	fr, ar voice
}

// NamesProof makes the sheet on which the applicant confirms names and birth
// data in both scripts, large enough to be read letter by letter, with room
// for two signatures. One A4 page. Equal data give equal bytes.
func (p *Press) NamesProof(d NamesData) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	title := p.fr.T("proof.title") + " – " + p.ar.T("proof.title")
	s := &names{
		sheet:     newSheet(p.fonts, pdf.A4(), pdf.Info{Title: title, Language: "fr", Created: d.Printed}),
		NamesData: d, fr: p.fr, ar: p.ar,
	}
	s.head(func(v voice) string { return v.Post(d.Kind, SlipData{City: d.City}.city(v)) }, s.fr, s.ar)
	s.title("proof.title", s.fr, s.ar)
	if err := s.intro(); err != nil {
		return nil, err
	}
	s.lines()
	s.y += 6
	s.both("proof.statement", style{size: 10, bold: true, color: ink(), leading: 1.45}, 8)
	s.signatures()
	s.foot(lang.Code(string(d.Post)+"  "+d.Staff), s.fr, s.ar)
	return s.document.Bytes()
}

func (s *names) both(key string, st style, after float64) {
	s.pair(s.block(s.fr.T(key), false, s.column(), st), s.block(s.ar.T(key), true, s.column(), st), after)
}

// intro says what to do, on both sides of the portrait where there is one, of
// 28 by 36 millimeters at most.
func (s *names) intro() error {
	const width, height, gap = 79.4, 102.0, 16.0
	st := style{size: 9.5, color: ink(), leading: 1.45}
	if len(s.Portrait) == 0 {
		s.both("proof.intro", st, 8)
		return nil
	}
	image, err := s.document.AddImage(s.Portrait)
	if err != nil {
		return err
	}
	w, h := width, width/image.Aspect()
	if h > height {
		w, h = height*image.Aspect(), height
	}
	box := pdf.Box{X: (s.size.Width - w) / 2, Y: s.y, Width: w, Height: h}
	s.page.Place(image, box)
	s.page.Frame(rule(), 0.6, box)
	room := (s.width()-width)/2 - gap
	left, right := s.block(s.fr.T("proof.intro"), false, room, st), s.block(s.ar.T("proof.intro"), true, room, st)
	s.place(left, marginX, s.y)
	s.place(right, s.size.Width-marginX-room, s.y)
	s.y += max(h, left.height(), right.height()) + 8
	return nil
}

// lines writes each name in both scripts, side by side, and the facts that
// have one form for both.
func (s *names) lines() {
	p := s.Person
	s.written("proof.family", p.Family)
	s.written("proof.given", p.Given)
	s.written("proof.father", whole(p.Father))
	s.written("proof.mother", whole(p.Mother))
	s.written("proof.birth_place", p.BirthPlace)
	if p.Birth != "" {
		s.said("proof.birth_date", func(v voice) string { return v.BirthDate(p.Birth) })
	}
	if p.NationalNumber != "" {
		s.said("proof.national_number", func(voice) string { return lang.Code(string(p.NationalNumber)) })
	}
	s.said("slip.service", func(v voice) string { return v.Service(s.Service) })
	if s.Reference != "" {
		s.said("slip.reference", func(voice) string { return lang.Code(s.Reference.String()) })
	}
}

// whole joins given and family name of a parent, whose family name may be
// unknown.
func whole(n consular.PersonName) consular.Name {
	join := func(given, family string) string {
		if family == "" || given == "" {
			return given + family
		}
		return given + " " + family
	}
	return consular.Name{Arabic: join(n.Given.Arabic, n.Family.Arabic), Latin: join(n.Given.Latin, n.Family.Latin)}
}

func (s *names) written(key string, n consular.Name) {
	if n.IsZero() {
		return
	}
	s.entry(key, style{size: 14, bold: true, color: ink(), leading: 1.4}, func(v voice) string {
		if v.rtl {
			return n.Arabic
		}
		return n.Latin
	})
}

func (s *names) said(key string, value func(voice) string) {
	s.entry(key, style{size: 11, color: ink(), leading: 1.45}, value)
}

func (s *names) entry(key string, st style, value func(voice) string) {
	label := style{size: 8.4, color: gray(), leading: 1.4}
	left := [2]block{s.block(s.fr.T(key), false, s.column(), label), s.block(value(s.fr), false, s.column(), st)}
	right := [2]block{s.block(s.ar.T(key), true, s.column(), label), s.block(value(s.ar), true, s.column(), st)}
	s.need(left[0].height() + max(left[1].height(), right[1].height()) + 8)
	s.line(rule(), 0.6, 4)
	s.pair(left[0], right[0], 0)
	s.pair(left[1], right[1], 4)
}

// signatures draws two boxes to sign in: the applicant's and the agent's.
func (s *names) signatures() {
	const height = 70.0
	label := style{size: 8.4, color: gray(), leading: 1.4}
	s.need(height + 3*label.lineHeight())
	for i, key := range []string{"proof.sign", "proof.sign_agent"} {
		x := marginX + float64(i)*(s.column()+columns)
		s.place(s.block(s.fr.T(key), false, s.column(), label), x, s.y)
		s.place(s.block(s.ar.T(key), true, s.column(), label), x, s.y+label.lineHeight())
		s.page.Frame(rule(), 0.8, pdf.Box{X: x, Y: s.y + 2*label.lineHeight() + 4, Width: s.column(), Height: height})
	}
	s.y += 2*label.lineHeight() + height + 10
	date := func(v voice) block {
		return s.block(v.T("proof.date")+v.colon()+v.Date(s.On), v.rtl, s.column(), label)
	}
	s.pair(date(s.fr), date(s.ar), 0)
}

// colon gives the sign between a label and its value on one line.
func (v voice) colon() string {
	if v.Language() == consular.French {
		return "\u00a0: "
	}
	return ": "
}

package paper

import (
	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/paper/pdf"
)

// slip is a deposit slip in the making.
type slip struct {
	*sheet
	SlipData
	fr, ar voice
}

// Slip makes a deposit slip as PDF: French on the left, Arabic on the right,
// each the mirror of the other, what belongs to neither in the middle. One A4
// page, and a second one when many papers were handed in. Equal data give
// equal bytes.
func (p *Press) Slip(d SlipData) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	title := p.fr.T("slip.title") + " – " + p.ar.T("slip.title")
	s := &slip{
		sheet:    newSheet(p.fonts, pdf.A4(), pdf.Info{Title: title, Language: "fr", Created: d.Printed}),
		SlipData: d, fr: p.fr, ar: p.ar,
	}
	s.head(func(v voice) string { return v.Post(d.Kind, d.city(v)) }, s.fr, s.ar)
	s.title("slip.title", s.fr, s.ar)
	if err := s.follow(); err != nil {
		return nil, err
	}
	s.facts()
	s.documents()
	s.fees()
	if err := s.safety(); err != nil {
		return nil, err
	}
	s.legal()
	if l := d.Language; l != "" && l != consular.French && l != consular.Arabic {
		s.third(p.voice(l))
	}
	s.foot(lang.Code(string(d.Post)+"  "+d.Staff), s.fr, s.ar)
	return s.document.Bytes()
}

// head writes the State, the ministry and the post on both sides of the star.
func (s *sheet) head(post func(voice) string, fr, ar voice) {
	const room = 22.0 // kept free for the star, on each side of the middle
	s.star(pdf.Point{X: s.size.Width / 2, Y: s.y + 20}, 17, green(), white())
	s.star(pdf.Point{X: s.size.Width / 2, Y: s.y + 20}, 7.5, green(), white())
	bottom := s.y
	for _, v := range []voice{fr, ar} {
		x, y := marginX, s.y
		if v.rtl {
			x = s.right() + room - columns/2
		}
		width := s.column() - room + columns/2
		for _, part := range []struct {
			text string
			style
		}{
			{v.T("slip.kingdom"), style{size: 10.5, bold: true, color: ink(), leading: 1.45}},
			{v.T("slip.ministry"), style{size: 7.6, color: gray(), leading: 1.4}},
			{post(v), style{size: 9, bold: true, color: green(), leading: 1.6}},
		} {
			b := s.block(part.text, v.rtl, width, part.style)
			s.place(b, x, y)
			y += b.height()
		}
		bottom = max(bottom, y)
	}
	s.y = bottom + 5
	s.line(green(), 1.4, 6)
}

// title writes the name of the paper in both languages.
func (s *sheet) title(key string, fr, ar voice) {
	st := style{size: 16, bold: true, color: ink(), leading: 1.3}
	s.pair(s.block(fr.T(key), false, s.column(), st), s.block(ar.T(key), true, s.column(), st), 4)
}

// follow draws the panel with reference, code and QR code.
func (s *slip) follow() error {
	const side, height = 90.0, 150.0
	top := s.y
	s.page.Fill(sand(), pdf.Box{X: marginX, Y: top, Width: s.width(), Height: height})
	s.y += 6
	s.coded("slip.reference", s.Reference.String(), 19)
	s.coded("slip.code", s.Code.Printed(), 14)
	qr := pdf.Point{X: (s.size.Width - side) / 2, Y: top + height - side - 7}
	s.page.Fill(white(), pdf.Box{X: qr.X, Y: qr.Y, Width: side, Height: side})
	if err := s.page.QR(s.Follow, qr, side); err != nil {
		return err
	}
	width := (s.width()-side)/2 - 28
	for _, v := range []voice{s.fr, s.ar} {
		x := marginX + 14
		if v.rtl {
			x = s.size.Width - marginX - 14 - width
		}
		how := s.block(v.T("slip.follow"), v.rtl, width, style{size: 9.2, color: ink()})
		secret := s.block(v.T("slip.code_secret"), v.rtl, width, style{size: 9.2, bold: true, color: ink()})
		s.place(how, x, qr.Y+4)
		s.place(secret, x, qr.Y+8+how.height())
	}
	s.y = top + height + 6
	return nil
}

// coded writes a number in the middle, with its name on both sides.
func (s *slip) coded(key, digits string, size float64) {
	label := style{size: 9, color: gray()}
	number := s.block(lang.Code(digits), false, s.width(), style{size: size, mono: true, color: ink(), leading: 1.4})
	number.side = centered
	for _, v := range []voice{s.fr, s.ar} {
		b := s.block(v.T(key), v.rtl, s.width()-28, label)
		s.place(b, marginX+14, s.y+(number.height()-b.height())/2)
	}
	s.place(number, marginX, s.y)
	s.y += number.height()
}

// fact writes a label over its value, on both sides.
func (s *sheet) fact(key string, value func(voice) string, bold bool, voices ...voice) {
	var label, said [2]block
	for i, v := range voices {
		label[i] = s.block(v.T(key), v.rtl, s.column(), style{size: 8, color: gray(), leading: 1.35})
		said[i] = s.block(value(v), v.rtl, s.column(), style{size: 10.5, bold: bold, color: ink(), leading: 1.4})
	}
	s.need(label[0].height() + max(said[0].height(), said[1].height()) + 4)
	s.pair(label[0], label[1], 0)
	s.pair(said[0], said[1], 3)
}

func (s *slip) facts() {
	s.fact("slip.service", func(v voice) string { return v.Service(s.Service) }, true, s.fr, s.ar)
	s.fact("slip.applicant", func(v voice) string { return nameIn(v, s.Applicant) }, true, s.fr, s.ar)
	s.dates()
	small := style{size: 8.4, color: ink(), leading: 1.45}
	s.pair(s.block(s.fr.T("slip.promised_means"), false, s.column(), small),
		s.block(s.ar.T("slip.promised_means"), true, s.column(), small), 5)
}

// dates writes both dates in one row: when the file came in, and when the
// document is expected.
func (s *slip) dates() {
	label := style{size: 8, color: gray(), leading: 1.35}
	said := style{size: 10, color: ink(), leading: 1.4}
	bold := said
	bold.bold = true
	width := (s.column() - 8) / 2
	s.need(label.lineHeight() + 2*said.lineHeight() + 3)
	height := 0.0
	for _, v := range []voice{s.fr, s.ar} {
		for i, one := range []struct {
			key  string
			date consular.Date
			style
		}{{"slip.deposited", s.Deposited, said}, {"slip.promised", s.Promised, bold}} {
			x := marginX + float64(i)*(width+8)
			if v.rtl {
				x = s.size.Width - marginX - width - float64(i)*(width+8)
			}
			name := s.block(v.T(one.key), v.rtl, width, label)
			date := s.block(v.Date(one.date), v.rtl, width, one.style)
			s.place(name, x, s.y)
			s.place(date, x, s.y+name.height())
			height = max(height, name.height()+date.height())
		}
	}
	s.y += height + 2
}

func (s *slip) heading(key string) {
	st := style{size: 9.5, bold: true, color: green(), leading: 1.5}
	s.need(4 * st.lineHeight())
	s.line(rule(), 0.6, 3)
	s.pair(s.block(s.fr.T(key), false, s.column(), st), s.block(s.ar.T(key), true, s.column(), st), 0)
}

func (s *slip) documents() {
	if len(s.Documents) == 0 {
		return
	}
	s.heading("slip.documents")
	st := style{size: 8.6, color: ink(), leading: 1.38}
	for _, d := range s.Documents {
		s.pair(s.block("• "+s.fr.Document(d), false, s.column(), st),
			s.block("• "+s.ar.Document(d), true, s.column(), st), 0)
	}
	s.y += 4
}

func (s *slip) fees() {
	s.heading("slip.fee")
	plain := style{size: 8.6, color: ink(), leading: 1.38}
	if len(s.Fee.Lines) == 0 {
		key := "fee.waived"
		if s.Before {
			key = "payment.slip.before"
		}
		s.pair(s.block(s.fr.T(key), false, s.column(), plain), s.block(s.ar.T(key), true, s.column(), plain), 4)
		return
	}
	for _, l := range s.Fee.Lines {
		s.amount(func(v voice) string { return v.FeePart(l.Component) }, l.Amount, plain)
	}
	bold := plain
	bold.bold = true
	s.amount(func(v voice) string { return v.T("fee.total") }, s.Fee.Total, bold)
	if s.Payment != "" {
		said := func(v voice) block {
			return s.block(v.T("slip.payment", "number", lang.Code(s.Payment)), v.rtl, s.column(), plain)
		}
		s.pair(said(s.fr), said(s.ar), 0)
	}
	s.y += 4
}

// amount writes a row of the fee table: the name at the outer edge, the sum at
// the inner one.
func (s *slip) amount(name func(voice) string, m consular.Money, st style) {
	s.need(st.lineHeight())
	for _, v := range []voice{s.fr, s.ar} {
		x := marginX
		if v.rtl {
			x = s.right()
		}
		s.place(s.block(name(v), v.rtl, s.column(), st), x, s.y)
		sum := s.block(v.Money(m), v.rtl, s.column(), st)
		sum.side = atEnd
		s.place(sum, x, s.y)
	}
	s.y += st.lineHeight()
}

package paper

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper/pdf"
)

// Height of the panel with the seal, and of the bar code in it.
const (
	sealPanel = 142.0
	sealSide  = 130.0
)

// front writes the outcome into a frame of the same size in every case, strikes
// out what stays empty, and gives the mentions that did not fit.
func (s *record) front() ([]Mention, error) {
	s.heading("extract.outcome")
	top, bottom := s.y, s.size.Height-marginY-footer-sealPanel-8
	frame := pdf.Box{X: marginX, Y: top, Width: s.width(), Height: bottom - top}
	s.page.Frame(rule(), 0.8, frame)
	s.y = top + 5
	if len(s.Mentions) == 0 {
		s.nothing()
		if s.y > bottom-4 {
			return nil, fault.New(fault.TooLarge, opRecord, "identity", nil)
		}
		s.strike(s.y+4, bottom-4)
		return nil, nil
	}
	const notice = 14.0 // room to say that it goes on
	done := 0
	for done < len(s.Mentions) {
		m := s.mention(done)
		last := done == len(s.Mentions)-1
		if room := bottom - 4 - s.y; m.height > room || !last && m.height > room-notice {
			break
		}
		s.write(m)
		done++
	}
	if rest := s.Mentions[done:]; len(rest) > 0 {
		st := style{size: 8.4, bold: true, color: green(), leading: 1.4}
		s.strike(s.y+2, bottom-notice-2)
		s.y = bottom - notice
		s.framed(func(v voice) block { return s.block(v.T("extract.next"), v.rtl, s.column()-inset, st) })
		return rest, nil
	}
	s.strike(s.y+2, bottom-4)
	return nil, nil
}

// inset is kept free inside a frame.
const inset = 10.0

// framed places a block of each language inside the frame and moves on.
func (s *record) framed(of func(voice) block) {
	left, right := of(s.fr), of(s.ar)
	s.place(left, marginX+inset, s.y)
	s.place(right, s.right(), s.y)
	s.y += max(left.height(), right.height())
}

func (s *record) nothing() {
	key := "extract.nothing_police"
	if s.Service == consular.RecordJustice {
		key = "extract.nothing_justice"
	}
	s.framed(func(v voice) block {
		return s.block(v.T("extract.nothing"), v.rtl, s.column()-inset, style{size: 20, bold: true, color: green(), leading: 1.35})
	})
	s.framed(func(v voice) block {
		return s.block(v.T(key), v.rtl, s.column()-inset, style{size: 9.4, color: ink(), leading: 1.4})
	})
	s.y += 3
	said := style{size: 7.6, color: gray(), leading: 1.35}
	english := s.block(s.en.T("extract.nothing")+". "+s.en.T(key), false, s.width()-2*inset, said)
	s.place(english, marginX+inset, s.y)
	s.y += english.height()
}

// strike draws the line that keeps an empty area empty.
func (s *record) strike(top, bottom float64) {
	const least = 12.0
	if bottom-top < least {
		return
	}
	left, right := marginX+inset, s.size.Width-marginX-inset
	s.page.Line(rule(), 0.8, pdf.Point{X: left, Y: top}, pdf.Point{X: right, Y: top})
	s.page.Line(rule(), 0.8, pdf.Point{X: right, Y: top}, pdf.Point{X: left, Y: bottom})
	s.page.Line(rule(), 0.8, pdf.Point{X: left, Y: bottom}, pdf.Point{X: right, Y: bottom})
}

// entry is a mention, set and not yet placed.
type entry struct {
	rows   [][2]block
	height float64
}

// mention sets one entry of the list by its place in the whole.
func (s *record) mention(i int) entry {
	m := s.Mentions[i]
	width := s.column() - inset
	var e entry
	add := func(st style, text func(voice) string) {
		row := [2]block{s.block(text(s.fr), false, width, st), s.block(text(s.ar), true, width, st)}
		e.rows = append(e.rows, row)
		e.height += max(row[0].height(), row[1].height())
	}
	add(style{size: 8.6, bold: true, color: green(), leading: 1.4}, func(v voice) string {
		return v.T("extract.mention", "number", i+1, "total", len(s.Mentions), "date", m.Date)
	})
	plain := style{size: 8.2, color: ink(), leading: 1.34}
	for _, one := range []fact{
		{"extract.court", m.Court.in},
		{"extract.offence", m.Offense.in},
		{"extract.sentence", m.Sentence.in},
	} {
		add(plain, func(v voice) string { return v.T(one.key) + v.colon() + lang.Isolate(one.value(v)) })
	}
	e.height += 5
	return e
}

func (s *record) write(e entry) {
	bottom := s.y + e.height
	for _, row := range e.rows {
		s.framed(func(v voice) block {
			if v.rtl {
				return row[1]
			}
			return row[0]
		})
	}
	s.y = bottom
}

// seal draws the panel at the foot of the front: the seal in the middle, what
// it is and the control code on both sides.
func (s *record) seal() error {
	top := s.size.Height - marginY - footer - sealPanel
	s.page.Fill(sand(), pdf.Box{X: marginX, Y: top, Width: s.width(), Height: sealPanel})
	at := pdf.Point{X: (s.size.Width - sealSide) / 2, Y: top + (sealPanel-sealSide)/2}
	s.page.Fill(white(), pdf.Box{X: at.X, Y: at.Y, Width: sealSide, Height: sealSide})
	if err := s.page.QR(s.Seal, at, sealSide); err != nil {
		return err
	}
	width := (s.width()-sealSide)/2 - 2*inset
	for _, v := range s.voices() {
		x, y := marginX+inset, top+8
		if v.rtl {
			x = s.size.Width - marginX - inset - width
		}
		for _, part := range []struct {
			text string
			style
		}{
			{s.label(v, "extract.seal"), style{size: 8.8, bold: true, color: green(), leading: 1.45}},
			{v.T("extract.seal_means"), style{size: 8, color: ink(), leading: 1.4}},
			{"", style{size: 4, color: ink()}},
			{s.label(v, "extract.code"), style{size: 7.2, color: gray(), leading: 1.35}},
			{lang.Code(s.Code), style{size: 10.4, mono: true, color: ink(), leading: 1.4}},
			{"", style{size: 4, color: ink()}},
			{s.label(v, "extract.issuer"), style{size: 7.2, color: gray(), leading: 1.35}},
			{s.Office.in(v), style{size: 8, color: ink(), leading: 1.35}},
		} {
			b := s.block(part.text, v.rtl, width, part.style)
			s.place(b, x, y)
			y += max(b.height(), part.size)
		}
	}
	return nil
}

// back writes what did not fit on the front, and how to check the document. It
// is printed in every case: the number of sheets tells nothing.
func (s *record) back(rest []Mention) {
	s.heading("extract.continued")
	if len(rest) == 0 {
		st := style{size: 9, color: ink(), leading: 1.45}
		s.pair(s.block(s.fr.T("extract.no_more"), false, s.column(), st), s.block(s.ar.T("extract.no_more"), true, s.column(), st), 8)
	}
	for i := len(s.Mentions) - len(rest); i < len(s.Mentions); i++ {
		e := s.mention(i)
		s.need(e.height)
		s.write(e)
	}
	s.section("extract.check", "extract.check_seal", "extract.check_code", "extract.check_file", "extract.check_altered")
	product := "extract.legal_police"
	if s.Service == consular.RecordJustice {
		product = "extract.legal_justice"
	}
	s.section("extract.legal", product, "extract.legal_copy")
}

// section writes paragraphs under a heading, English below.
func (s *record) section(heading string, keys ...string) {
	s.y += 4
	s.need(80)
	s.heading(heading)
	text := func(v voice, key string) string { return v.T(key, "page", s.Page) }
	st := style{size: 8.8, color: ink(), leading: 1.45}
	for _, key := range keys {
		s.pair(s.block(text(s.fr, key), false, s.column(), st), s.block(text(s.ar, key), true, s.column(), st), 4)
	}
	small := style{size: 7.6, color: gray(), leading: 1.4}
	for _, key := range keys {
		b := s.block(text(s.en, key), false, s.width(), small)
		s.need(b.height())
		s.place(b, marginX, s.y)
		s.y += b.height() + 1
	}
	s.y += 5
}

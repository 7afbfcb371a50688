package paper

import (
	"strings"

	"jaliya/internal/consular"
	"jaliya/internal/lang"
	"jaliya/internal/paper/pdf"
)

// safety draws the panel that names the level of safety in words, with the
// proof of the national record once there is one.
func (s *slip) safety() error {
	const side, pad = 78.0, 6.0
	room := s.width() - 2*pad - 8
	middle := columns
	if s.Proof != "" {
		middle = side + 2*pad
	}
	width := (room - middle) / 2
	var blocks [2][]block
	height := 0.0
	for i, v := range []voice{s.fr, s.ar} {
		blocks[i] = s.level(v, width)
		sum := 0.0
		for _, b := range blocks[i] {
			sum += b.height()
		}
		height = max(height, sum)
	}
	if s.Proof != "" {
		height = max(height, side)
	}
	s.need(height + 2*pad + 6)
	s.page.Fill(sand(), pdf.Box{X: marginX, Y: s.y, Width: s.width(), Height: height + 2*pad})
	s.page.Fill(green(), pdf.Box{X: marginX, Y: s.y, Width: 3, Height: height + 2*pad},
		pdf.Box{X: s.size.Width - marginX - 3, Y: s.y, Width: 3, Height: height + 2*pad})
	for i, x := range []float64{marginX + pad + 4, s.size.Width - marginX - pad - 4 - width} {
		y := s.y + pad
		for _, b := range blocks[i] {
			s.place(b, x, y)
			y += b.height()
		}
	}
	if s.Proof != "" {
		at := pdf.Point{X: (s.size.Width - side) / 2, Y: s.y + pad}
		s.page.Fill(white(), pdf.Box{X: at.X, Y: at.Y, Width: side, Height: side})
		if err := s.page.QR(s.Proof, at, side); err != nil {
			return err
		}
	}
	s.y += height + 2*pad + 7
	return nil
}

func (s *slip) level(v voice, width float64) []block {
	out := []block{
		s.block(v.T("slip.level"), v.rtl, width, style{size: 8, color: gray(), leading: 1.35}),
		s.block(v.Level(s.Level), v.rtl, width, style{size: 11.5, bold: true, color: green(), leading: 1.38}),
		s.block(v.LevelMeans(s.Level), v.rtl, width, style{size: 8.4, color: ink(), leading: 1.38}),
	}
	if s.Proof != "" {
		out = append(out, s.block(v.T("slip.proof"), v.rtl, width, style{size: 8.4, color: gray(), leading: 1.38}))
	}
	return out
}

// legal writes what law 55-19 asks the receipt to say, in the two languages
// that are valid.
func (s *slip) legal() {
	st := style{size: 7, color: gray(), leading: 1.38}
	text := func(v voice) string { return legalText(v, s.Limit, "receipt", "limit", "appeal", "data", "valid") }
	s.pair(s.block(text(s.fr), false, s.column(), st), s.block(text(s.ar), true, s.column(), st), 1)
}

func legalText(v voice, limit consular.Date, keys ...string) string {
	texts := make([]string, 0, len(keys))
	for _, key := range keys {
		texts = append(texts, v.T("slip.legal."+key, "date", limit))
	}
	return strings.Join(texts, " ")
}

// third repeats the main things in the person's language, where the catalog
// has them of its own.
func (s *slip) third(v voice) {
	if !v.Has("slip.legal.valid") {
		return
	}
	st := style{size: 7.2, color: ink(), leading: 1.38}
	b := s.block(legalText(v, s.Limit, "valid", "limit", "appeal"), v.rtl, s.width(), st)
	s.y += 3
	s.need(b.height() + 4)
	s.line(rule(), 0.6, 3)
	s.place(b, marginX, s.y)
	s.y += b.height()
}

// foot writes on each page who made the paper and which page it is.
func (s *sheet) foot(made string, fr, ar voice) {
	st := style{size: 7.4, color: gray()}
	for i, page := range s.pages {
		s.page = page
		y := s.size.Height - marginY
		s.page.Line(rule(), 0.6, pdf.Point{X: marginX, Y: y - 4}, pdf.Point{X: s.size.Width - marginX, Y: y - 4})
		for _, v := range []voice{fr, ar} {
			text := v.T("slip.page", "page", i+1, "pages", len(s.pages))
			s.place(s.block(text, v.rtl, s.width(), st), marginX, y)
		}
		middle := s.block(lang.LTR(made), false, s.width(), style{size: 7, mono: true, color: gray()})
		middle.side = centered
		s.place(middle, marginX, y)
	}
}

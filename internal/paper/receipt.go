package paper

import (
	"strconv"
	"strings"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/lang"
	"jaliya/internal/paper/pdf"
)

// ReceiptData is what the paper of a national receipt says: that the hub holds
// a request, signed. It says nothing of the person, so that anybody may check it.
type ReceiptData struct {
	Kind consular.PostKind
	Post consular.PostID
	City consular.Name

	Reference consular.Reference
	Entry     string    // content hash of the entry, hex
	Node      string    // that said it, hex
	Sequence  uint64    // of the entry there
	Cluster   string    // that signed, hex
	Position  uint64    // in the log of the cluster
	Secured   time.Time // hub time, UTC
	Key       string    // id of the key that signed
	Proof     string    // short form that is checked offline, at most 1000 bytes

	Zone     *time.Location    // in which the time is told
	Language consular.Language // third language, may be empty
	Staff    string            // identifier of the agent, not a name
	Printed  time.Time         // goes into the file
}

const opReceipt = "paper: make receipt"

// Validate names the field that is missing.
func (d ReceiptData) Validate() error {
	for field, err := range map[string]error{
		"kind": d.Kind.Validate(), "post": d.Post.Validate(), "reference": d.Reference.Validate(),
	} {
		if err != nil {
			return fault.New(fault.Invalid, opReceipt, field, err)
		}
	}
	switch {
	case d.City.Latin == "":
		return fault.New(fault.Invalid, opReceipt, "city", nil)
	case d.Entry == "" || d.Node == "" || d.Cluster == "" || d.Key == "" || d.Position == 0 || d.Sequence == 0 || d.Secured.IsZero():
		return fault.New(fault.Invalid, opReceipt, "receipt", nil)
	case d.Zone == nil:
		return fault.New(fault.Invalid, opReceipt, "zone", nil)
	case d.Proof == "" || len(d.Proof) > maxCode:
		return fault.New(fault.TooLarge, opReceipt, "QR text", nil)
	}
	return nil
}

// receipt is the paper of a national receipt in the making.
type receipt struct {
	*sheet
	ReceiptData
	fr, ar voice
}

// Receipt makes the paper of a national receipt: what it proves, in French on
// the left and Arabic on the right, the short form as QR code and as text to be
// typed, and how to check it. One A4 page. Equal data give equal bytes.
func (p *Press) Receipt(d ReceiptData) ([]byte, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	title := p.fr.T("receipt.title") + " – " + p.ar.T("receipt.title")
	s := &receipt{
		sheet:       newSheet(p.fonts, pdf.A4(), pdf.Info{Title: title, Language: "fr", Created: d.Printed}),
		ReceiptData: d, fr: p.fr, ar: p.ar,
	}
	s.head(func(v voice) string { return v.Post(d.Kind, SlipData{City: d.City}.city(v)) }, s.fr, s.ar)
	s.title("receipt.title", s.fr, s.ar)
	s.both("receipt.proves", style{size: 10, color: ink(), leading: 1.45}, 6)
	if err := s.panel(); err != nil {
		return nil, err
	}
	s.facts()
	s.typed()
	s.both("receipt.check", style{size: 8.8, color: ink(), leading: 1.42}, 2)
	s.command()
	s.both("receipt.stored", style{size: 8.4, color: gray(), leading: 1.42}, 2)
	if l := d.Language; l != "" && l != consular.French && l != consular.Arabic {
		s.third(p.voice(l))
	}
	s.foot(lang.Code(string(d.Post)+"  "+d.Staff), s.fr, s.ar)
	return s.document.Bytes()
}

func (s *receipt) both(key string, st style, after float64) {
	s.pair(s.block(s.fr.T(key), false, s.column(), st), s.block(s.ar.T(key), true, s.column(), st), after)
}

// panel draws the reference, the level and the short form as QR code, large
// enough for an ordinary telephone.
func (s *receipt) panel() error {
	const side, pad = 156.0, 6.0
	height := side + 2*pad + 26
	top := s.y
	s.page.Fill(sand(), pdf.Box{X: marginX, Y: top, Width: s.width(), Height: height})
	number := s.block(lang.Code(s.Reference.String()), false, s.width(), style{size: 17, mono: true, color: ink(), leading: 1.4})
	number.side = centered
	s.place(number, marginX, top+6)
	qr := pdf.Point{X: (s.size.Width - side) / 2, Y: top + height - side - pad}
	s.page.Fill(white(), pdf.Box{X: qr.X, Y: qr.Y, Width: side, Height: side})
	if err := s.page.QR(s.Proof, qr, side); err != nil {
		return err
	}
	width := (s.width()-side)/2 - 26
	for _, v := range []voice{s.fr, s.ar} {
		x := marginX + 12
		if v.rtl {
			x = s.size.Width - marginX - 12 - width
		}
		y := qr.Y + 4
		for _, b := range []block{
			s.block(v.T("slip.level"), v.rtl, width, style{size: 8, color: gray(), leading: 1.4}),
			s.block("L2 · "+v.Level(2), v.rtl, width, style{size: 11.5, bold: true, color: green(), leading: 1.4}),
			s.block(v.T("receipt.highest"), v.rtl, width, style{size: 8.4, color: ink(), leading: 1.4}),
		} {
			s.place(b, x, y)
			y += b.height() + 3
		}
	}
	s.y = top + height + 7
	return nil
}

// facts names what was signed.
func (s *receipt) facts() {
	label := style{size: 8, color: gray(), leading: 1.35}
	mono := style{size: 8.6, mono: true, color: ink(), leading: 1.45}
	for _, one := range []struct{ key, text string }{
		{"receipt.entry", s.Entry},
		{"receipt.position", number64(s.Position) + "   " + s.Cluster},
		{"receipt.sequence", number64(s.Sequence) + "   " + s.Node},
		{"receipt.key", s.Key},
	} {
		s.pair(s.block(s.fr.T(one.key), false, s.column(), label), s.block(s.ar.T(one.key), true, s.column(), label), 0)
		b := s.block(lang.LTR(one.text), false, s.width(), mono)
		b.side = centered
		s.place(b, marginX, s.y)
		s.y += b.height() + 2
	}
	s.fact("receipt.time", func(v voice) string { return v.DateTime(s.Secured.In(s.Zone)) }, false, s.fr, s.ar)
}

// typed writes the short form in groups, for whoever has no camera.
func (s *receipt) typed() {
	s.line(rule(), 0.6, 4)
	s.both("receipt.typed", style{size: 9.5, bold: true, color: green(), leading: 1.45}, 1)
	st := style{size: 7.4, mono: true, color: ink(), leading: 1.32}
	for _, row := range Groups(s.Proof) {
		b := s.block(lang.LTR(row), false, s.width(), st)
		b.side = centered
		s.need(b.height())
		s.place(b, marginX, s.y)
		s.y += b.height()
	}
	s.y += 6
}

// Groups cuts a short form into lines of groups of six, as it is printed;
// whoever types it may leave the blanks out.
func Groups(proof string) (rows []string) {
	const group, perRow = 6, 15
	var row []string
	for len(proof) > 0 {
		n := min(group, len(proof))
		row = append(row, proof[:n])
		proof = proof[n:]
		if len(row) == perRow || proof == "" {
			rows = append(rows, strings.Join(row, " "))
			row = nil
		}
	}
	return rows
}

func (s *receipt) command() {
	b := s.block(lang.LTR("jaliya verify receipt --keys KEYS RECEIPT"), false, s.width(), style{size: 9, mono: true, color: ink(), leading: 1.5})
	b.side = centered
	s.place(b, marginX, s.y)
	s.y += b.height() + 4
}

// third says the main things in the reader's language, where the catalog has
// them of its own.
func (s *receipt) third(v voice) {
	if !v.Has("receipt.proves") {
		return
	}
	st := style{size: 8, color: ink(), leading: 1.4}
	text := strings.Join([]string{v.T("receipt.proves"), v.T("receipt.check"), v.T("receipt.stored")}, " ")
	b := s.block(text, v.rtl, s.width(), st)
	s.need(b.height() + 6)
	s.line(rule(), 0.6, 3)
	s.place(b, marginX, s.y)
	s.y += b.height()
}

func number64(n uint64) string { return strconv.FormatUint(n, 10) }

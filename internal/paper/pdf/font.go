package pdf

import (
	"bytes"
	"encoding/binary"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"

	"jaliya/internal/fault"
)

const opFont = "pdf: read font"

// Font is a TrueType font, fixed after it is read; any number of documents may
// use it at once. Shaped gives what shapes text with it.
type Font struct {
	name   string
	shaped *font.Font
	tables map[string][]byte
	units  float64
	// from hhea and head, in font units
	ascent, descent int16
	box             [4]int16
	metrics         int // entries of hmtx that hold an advance
	long            bool
	glyphs          int
}

// The tables that a subset is made of (ISO 32000-1, 9.9).
func needed() []string { return []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf"} }

// ParseFont reads a whole TrueType file with outlines in glyf. The name is the
// PostScript name that the document will show.
func ParseFont(name string, data []byte) (*Font, error) {
	loader, err := opentype.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, fault.New(fault.Invalid, opFont, name, err)
	}
	shaped, err := font.NewFont(loader)
	if err != nil {
		return nil, fault.New(fault.Invalid, opFont, name, err)
	}
	f := &Font{name: name, shaped: shaped, tables: map[string][]byte{}, units: float64(shaped.Upem())}
	for _, tag := range needed() {
		raw, err := loader.RawTable(opentype.MustNewTag(tag))
		if err != nil {
			return nil, fault.New(fault.Invalid, opFont, name+" "+tag, err)
		}
		f.tables[tag] = raw
	}
	return f, f.readMetrics()
}

func (f *Font) readMetrics() error {
	head, hhea, maxp := f.tables["head"], f.tables["hhea"], f.tables["maxp"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 6 || f.units == 0 {
		return fault.New(fault.Invalid, opFont, f.name, nil)
	}
	f.ascent, f.descent = signed(hhea[4:]), signed(hhea[6:])
	for i := range f.box {
		f.box[i] = signed(head[36+2*i:])
	}
	f.metrics = int(binary.BigEndian.Uint16(hhea[34:]))
	f.long = binary.BigEndian.Uint16(head[50:]) == 1
	f.glyphs = int(binary.BigEndian.Uint16(maxp[4:]))
	size := 2
	if f.long {
		size = 4
	}
	if f.metrics == 0 || len(f.tables["hmtx"]) < 4*f.metrics || len(f.tables["loca"]) < size*(f.glyphs+1) {
		return fault.New(fault.Invalid, opFont, f.name, nil)
	}
	return nil
}

// Shaped gives the font as the shaper knows it, safe for concurrent use.
func (f *Font) Shaped() *font.Font { return f.shaped }

// Units gives the font units of one em.
func (f *Font) Units() float64 { return f.units }

// advance gives the width of a glyph in font units, as the file says it.
func (f *Font) advance(gid uint16) uint16 {
	i := min(int(gid), f.metrics-1)
	return binary.BigEndian.Uint16(f.tables["hmtx"][4*i:])
}

// outline gives the bytes of one glyph, nothing for an empty or unknown one.
func (f *Font) outline(gid uint16) []byte {
	if int(gid) >= f.glyphs {
		return nil
	}
	from, to := f.offset(int(gid)), f.offset(int(gid)+1)
	glyf := f.tables["glyf"]
	if from >= to || to > len(glyf) {
		return nil
	}
	return glyf[from:to]
}

func (f *Font) offset(i int) int {
	loca := f.tables["loca"]
	if f.long {
		return int(binary.BigEndian.Uint32(loca[4*i:]))
	}
	return 2 * int(binary.BigEndian.Uint16(loca[2*i:]))
}

func signed(b []byte) int16 {
	return int16(binary.BigEndian.Uint16(b)) //nolint:gosec // the bits are meant to be read as signed
}

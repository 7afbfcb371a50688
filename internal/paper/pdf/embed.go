package pdf

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// use is a font in one document: which glyphs, and what each of them says.
type use struct {
	font  *Font
	label string // resource name, F1
	text  map[uint16]string
}

// note remembers a glyph. The first meaning of a glyph stays: a font maps one
// glyph to one text, and ours do.
func (u *use) note(g Glyph) {
	if old, seen := u.text[g.ID]; !seen || old == "" {
		u.text[g.ID] = g.Text
	}
}

func (u *use) glyphs() []uint16 { return slices.Sorted(maps.Keys(u.text)) }

// embed writes the font: a Type0 font with Identity-H over a CIDFontType2
// whose numbers are those of the glyphs (ISO 32000-1, 9.7).
func (u *use) embed(o *objects) (ref, error) {
	glyphs := u.glyphs()
	file := u.font.subset(glyphs)
	name := subsetTag(glyphs) + "+" + u.font.name
	data, err := o.stream(fmt.Sprintf("/Length1 %d", len(file)), file)
	if err != nil {
		return 0, err
	}
	unicode, err := o.stream("", []byte(u.toUnicode(glyphs)))
	if err != nil {
		return 0, err
	}
	f := u.font
	descriptor := o.add(fmt.Sprintf("<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] "+
		"/ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %s >>",
		name, f.mille(f.box[0]), f.mille(f.box[1]), f.mille(f.box[2]), f.mille(f.box[3]),
		f.mille(f.ascent), f.mille(f.descent), f.mille(f.ascent), data))
	descendant := o.add(fmt.Sprintf("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s "+
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "+
		"/FontDescriptor %s /CIDToGIDMap /Identity /DW 1000 /W [%s] >>", name, descriptor, u.widths(glyphs)))
	return o.add(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H "+
		"/DescendantFonts [%s] /ToUnicode %s >>", name, descendant, unicode)), nil
}

// mille gives a measure in thousandths of an em, the unit of PDF.
func (f *Font) mille(v int16) int { return int(float64(v) * 1000 / f.units) }

func (u *use) widths(glyphs []uint16) string {
	var b strings.Builder
	for _, gid := range glyphs {
		fmt.Fprintf(&b, "%d [%s] ", gid, number(u.font.width(gid)))
	}
	return strings.TrimSpace(b.String())
}

// width gives the advance of a glyph in thousandths of an em.
func (f *Font) width(gid uint16) float64 { return float64(f.advance(gid)) * 1000 / f.units }

// subsetTag gives the six letters that tell subsets of one font apart (ISO
// 32000-1, 9.6.4), made from the glyphs so that equal pages are equal bytes.
func subsetTag(glyphs []uint16) string {
	sum := sha256.Sum256(fmt.Append(nil, glyphs))
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}

// maxMap is how many lines one block of a character map may have.
const maxMap = 100

// toUnicode writes the map from glyph to text (ISO 32000-1, 9.10.3).
func (u *use) toUnicode(glyphs []uint16) string {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for block := range slices.Chunk(glyphs, maxMap) {
		fmt.Fprintf(&b, "%d beginbfchar\n", len(block))
		for _, gid := range block {
			fmt.Fprintf(&b, "<%04X> <%s>\n", gid, utf16Hex(u.text[gid]))
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.String()
}

// utf16Hex never gives nothing: PDF/A wants a text for each glyph, and a part
// of a letter that its neighbor already says is a zero-width joiner.
func utf16Hex(s string) string {
	if s == "" {
		s = "\u200d"
	}
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

package pdf

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Flags of a component of a composite glyph (OpenType glyf).
const (
	argsAreWords = 0x0001
	hasScale     = 0x0008
	moreFollow   = 0x0020
	hasTwoScales = 0x0040
	hasMatrix    = 0x0080
)

// subset gives a TrueType file with the outlines of the given glyphs and of
// the parts they are made of, each under its own number; the others are empty.
func (f *Font) subset(used []uint16) []byte {
	keep := f.closure(used)
	count := int(slices.Max(keep)) + 1
	glyf, loca := f.outlines(keep, count)
	return assemble(map[string][]byte{
		"head": longOffsets(f.tables["head"]),
		"hhea": put16(f.tables["hhea"], 34, count),
		"maxp": put16(f.tables["maxp"], 4, count),
		"hmtx": f.widths(count),
		"loca": loca,
		"glyf": glyf,
	})
}

// closure adds .notdef, which every font must have, and all components.
func (f *Font) closure(used []uint16) []uint16 {
	seen := map[uint16]bool{}
	todo := append([]uint16{0}, used...)
	for len(todo) > 0 {
		gid := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[gid] || int(gid) >= f.glyphs {
			continue
		}
		seen[gid] = true
		todo = append(todo, components(f.outline(gid))...)
	}
	return slices.Sorted(maps.Keys(seen))
}

// components lists the glyphs that a composite one is made of.
func components(outline []byte) []uint16 {
	if len(outline) < 10 || signed(outline) >= 0 {
		return nil
	}
	var parts []uint16
	for at := 10; at+4 <= len(outline); {
		flags := binary.BigEndian.Uint16(outline[at:])
		parts = append(parts, binary.BigEndian.Uint16(outline[at+2:]))
		at += 4 + componentTail(flags)
		if flags&moreFollow == 0 {
			break
		}
	}
	return parts
}

// componentTail gives the length of arguments and scale after the glyph.
func componentTail(flags uint16) int {
	n := 2
	if flags&argsAreWords != 0 {
		n = 4
	}
	switch {
	case flags&hasScale != 0:
		n += 2
	case flags&hasTwoScales != 0:
		n += 4
	case flags&hasMatrix != 0:
		n += 8
	}
	return n
}

func (f *Font) outlines(keep []uint16, count int) (glyf, loca []byte) {
	next := 0
	for gid := range count {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf))) //nolint:gosec // bounded by the size of the font
		if next < len(keep) && int(keep[next]) == gid {
			next++
			glyf = append(glyf, f.outline(uint16(gid))...)
			for len(glyf)%4 != 0 {
				glyf = append(glyf, 0)
			}
		}
	}
	return glyf, binary.BigEndian.AppendUint32(loca, uint32(len(glyf))) //nolint:gosec // bounded by the size of the font
}

// widths gives an advance and a bearing for each glyph: longer than the short
// form of hmtx, and without its special case.
func (f *Font) widths(count int) []byte {
	hmtx := f.tables["hmtx"]
	out := make([]byte, 0, 4*count)
	for gid := range count {
		out = binary.BigEndian.AppendUint16(out, f.advance(uint16(gid)))
		at := 4*gid + 2
		if gid >= f.metrics {
			at = 4*f.metrics + 2*(gid-f.metrics)
		}
		if at+2 > len(hmtx) {
			out = append(out, 0, 0)
			continue
		}
		out = append(out, hmtx[at], hmtx[at+1])
	}
	return out
}

func put16(table []byte, at, v int) []byte {
	out := slices.Clone(table)
	binary.BigEndian.PutUint16(out[at:], uint16(v)) //nolint:gosec // a glyph count, at most 65535
	return out
}

// longOffsets marks loca as long and clears the checksum that assemble fills.
func longOffsets(head []byte) []byte {
	out := put16(head, 50, 1)
	binary.BigEndian.PutUint32(out[8:], 0)
	return out
}

// assemble joins tables into a font file (OpenType, font file structure).
func assemble(tables map[string][]byte) []byte {
	tags := slices.Sorted(maps.Keys(tables))
	header := []byte{0, 1, 0, 0}
	power, log := 1, 0
	for power*2 <= len(tags) {
		power, log = power*2, log+1
	}
	for _, v := range []int{len(tags), power * 16, log, (len(tags) - power) * 16} {
		header = binary.BigEndian.AppendUint16(header, uint16(v)) //nolint:gosec // a handful of tables
	}
	start := len(header) + 16*len(tags)
	var body []byte
	headAt := 0
	for _, tag := range tags {
		data := tables[tag]
		if tag == "head" {
			headAt = start + len(body)
		}
		header = append(header, tag...)
		header = binary.BigEndian.AppendUint32(header, checksum(data))
		header = binary.BigEndian.AppendUint32(header, uint32(start+len(body))) //nolint:gosec // bounded by the size of the font
		header = binary.BigEndian.AppendUint32(header, uint32(len(data)))       //nolint:gosec // bounded by the size of the font
		body = append(body, data...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	file := append(header, body...)
	binary.BigEndian.PutUint32(file[headAt+8:], 0xB1B0AFBA-checksum(file))
	return file
}

// checksum adds the table up as 32-bit words, padded with zeros.
func checksum(data []byte) uint32 {
	var sum uint32
	for i := 0; i < len(data); i += 4 {
		var word [4]byte
		copy(word[:], data[i:])
		sum += binary.BigEndian.Uint32(word[:])
	}
	return sum
}

package pdf

import (
	"encoding/binary"
	"math"
)

// colorProfile builds an ICC version 2 display profile of sRGB (IEC
// 61966-2-1, primaries adapted to D50), so that no profile of others has to be
// carried. Layout by ICC.1:2001-04: header, tag table, tags.
func colorProfile() []byte {
	type tag struct {
		name string
		data []byte
	}
	curve := toneCurve()
	tags := []tag{
		{"desc", description("sRGB IEC61966-2.1")},
		{"cprt", append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...)},
		{"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", xyz(0.43607, 0.22249, 0.01392)},
		{"gXYZ", xyz(0.38515, 0.71687, 0.09708)},
		{"bXYZ", xyz(0.14307, 0.06061, 0.71410)},
		{"rTRC", curve},
		{"gTRC", curve},
		{"bTRC", curve},
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags))) //nolint:gosec // nine
	var body []byte
	start, curveAt := 128+4+12*len(tags), 0
	for _, t := range tags {
		at := start + len(body)
		shared := t.name == "gTRC" || t.name == "bTRC"
		if shared {
			at = curveAt
		}
		if t.name == "rTRC" {
			curveAt = at
		}
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(at))
		table = binary.BigEndian.AppendUint32(table, uint32(len(t.data))) //nolint:gosec // a few hundred bytes
		if !shared {
			body = append(body, t.data...)
			for len(body)%4 != 0 {
				body = append(body, 0)
			}
		}
	}
	return append(append(profileHeader(start+len(body)), table...), body...)
}

func profileHeader(size int) []byte {
	h := make([]byte, 128)
	binary.BigEndian.PutUint32(h, uint32(size)) //nolint:gosec // a few hundred bytes
	binary.BigEndian.PutUint32(h[8:], 0x02400000)
	copy(h[12:], "mntrRGB XYZ ")
	for i, v := range []uint16{2026, 1, 1} {
		binary.BigEndian.PutUint16(h[24+2*i:], v)
	}
	copy(h[36:], "acsp")
	copy(h[68:], xyz(0.9642, 1, 0.8249)[8:])
	return h
}

func xyz(x, y, z float64) []byte {
	out := []byte("XYZ \x00\x00\x00\x00")
	for _, v := range []float64{x, y, z} {
		out = binary.BigEndian.AppendUint32(out, uint32(math.Round(v*65536)))
	}
	return out
}

// description writes the old textDescriptionType: text, then empty Unicode and
// Macintosh parts of fixed length.
func description(s string) []byte {
	out := []byte("desc\x00\x00\x00\x00")
	out = binary.BigEndian.AppendUint32(out, uint32(len(s)+1)) //nolint:gosec // a short constant
	out = append(append(out, s...), 0)
	return append(out, make([]byte, 4+4+2+1+67)...)
}

// toneCurve samples the sRGB transfer function.
func toneCurve() []byte {
	const samples = 256
	out := []byte("curv\x00\x00\x00\x00")
	out = binary.BigEndian.AppendUint32(out, samples)
	for i := range samples {
		v := float64(i) / (samples - 1)
		linear := v / 12.92
		if v > 0.04045 {
			linear = math.Pow((v+0.055)/1.055, 2.4)
		}
		out = binary.BigEndian.AppendUint16(out, uint16(math.Round(linear*65535)))
	}
	return out
}

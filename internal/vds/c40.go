package vds

import (
	"strings"

	"jaliya/internal/fault"
)

const (
	opEncode = "vds: encode"
	opDecode = "vds: decode"
)

// c40Alone begins a pair of bytes that holds one character as it is (9303-13,
// C40: the unlatch codeword).
const c40Alone = 0xFE

// c40Alphabet gives the characters by value from 3 on; 0 to 2 are shifts, of
// which the first fills up a group of three.
const c40Alphabet = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// encodeC40 packs three characters into two bytes. The filler of machine-
// readable zones becomes a space.
func encodeC40(s string) ([]byte, error) {
	s = strings.ReplaceAll(s, "<", " ")
	values := make([]int, 0, len(s)+2)
	for i := range len(s) {
		at := strings.IndexByte(c40Alphabet, s[i])
		if at < 0 {
			return nil, fault.New(fault.Invalid, opEncode, "a character that C40 does not have", nil)
		}
		values = append(values, at+3)
	}
	out := make([]byte, 0, c40Length(len(s)))
	for len(values) >= 2 {
		if len(values) == 2 {
			values = append(values, 0)
		}
		sum := 1600*values[0] + 40*values[1] + values[2] + 1
		out = append(out, byte(sum>>8), byte(sum)) //nolint:gosec // at most 1600*39+40*39+39+1
		values = values[3:]
	}
	if len(values) == 1 {
		out = append(out, c40Alone, s[len(s)-1]+1)
	}
	return out, nil
}

// c40Length gives the bytes that n characters take.
func c40Length(n int) int { return (n + 2) / 3 * 2 }

// decodeC40 reads what encodeC40 writes, and nothing else.
func decodeC40(b []byte) (string, error) {
	bad := fault.New(fault.Invalid, opDecode, "C40", nil)
	if len(b)%2 != 0 {
		return "", bad
	}
	var out []byte
	for i := 0; i < len(b); i += 2 {
		last := i+2 == len(b)
		if b[i] == c40Alone {
			if !last || strings.IndexByte(c40Alphabet, b[i+1]-1) < 0 {
				return "", bad
			}
			return string(append(out, b[i+1]-1)), nil
		}
		v := int(b[i])<<8 | int(b[i+1]) - 1
		group := [3]int{v / 1600, v / 40 % 40, v % 40}
		for n, one := range group {
			switch {
			case n == 2 && one == 0 && last:
			case v < 0 || one < 3 || one-3 >= len(c40Alphabet):
				return "", bad
			default:
				out = append(out, c40Alphabet[one-3])
			}
		}
	}
	return string(out), nil
}

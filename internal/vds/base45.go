package vds

import (
	"strings"

	"jaliya/internal/fault"
)

// base45Alphabet is that of RFC 9285: the characters of the alphanumeric mode
// of QR codes.
const base45Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// encodeBase45 writes two bytes as three characters, a last one as two.
func encodeBase45(b []byte) string {
	var out strings.Builder
	for ; len(b) >= 2; b = b[2:] {
		n := int(b[0])<<8 | int(b[1])
		for _, digit := range []int{n % 45, n / 45 % 45, n / 2025} {
			out.WriteByte(base45Alphabet[digit])
		}
	}
	if len(b) == 1 {
		out.WriteByte(base45Alphabet[b[0]%45])
		out.WriteByte(base45Alphabet[b[0]/45])
	}
	return out.String()
}

// decodeBase45 refuses other characters and groups that no bytes give.
func decodeBase45(s string) ([]byte, error) {
	bad := fault.New(fault.Invalid, opDecode, "Base45", nil)
	if len(s)%3 == 1 {
		return nil, bad
	}
	var out []byte
	for len(s) > 0 {
		size := min(3, len(s))
		n, weight := 0, 1
		for i := range size {
			digit := strings.IndexByte(base45Alphabet, s[i])
			if digit < 0 {
				return nil, bad
			}
			n += digit * weight
			weight *= 45
		}
		switch {
		case size == 3 && n <= 0xFFFF:
			out = append(out, byte(n>>8), byte(n))
		case size == 2 && n <= 0xFF:
			out = append(out, byte(n))
		default:
			return nil, bad
		}
		s = s[size:]
	}
	return out, nil
}

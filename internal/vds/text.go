package vds

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"

	"jaliya/internal/fault"
)

// Text gives the content of the bar code: letters and digits that every reader
// passes on unharmed, 1.5 characters for a byte.
func Text(raw []byte) string { return prefix + encodeBase45(raw) }

// maxTyped caps what ParseText looks at, in bytes.
const maxTyped = 4 * MaxSeal

// ParseText finds a seal's bytes in what a bar code reader, a file or a person
// gives: our text, the bytes themselves, Base64 of either alphabet, or
// hexadecimal, with white space around it.
func ParseText(given []byte) ([]byte, error) {
	if len(given) > maxTyped {
		return nil, fault.New(fault.TooLarge, opDecode, "text", nil)
	}
	if len(given) > 1 && given[0] == magic && given[1] == version {
		return given, nil
	}
	text := strings.Trim(string(given), " \t\r\n")
	if rest, found := strings.CutPrefix(text, prefix); found {
		return ours(rest, string(given))
	}
	text = strings.Join(strings.Fields(text), "")
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if raw, err := decode(text); err == nil && len(raw) > 1 && raw[0] == magic {
			return raw, nil
		}
	}
	return nil, fault.New(fault.Invalid, opDecode, "no visible digital seal", nil)
}

// ours reads Base45, in which a space is a digit: one at the end was either
// printed or added by a reader, and the length tells.
func ours(trimmed, given string) ([]byte, error) {
	raw, err := decodeBase45(trimmed)
	if err == nil {
		if _, err = Decode(raw); err == nil {
			return raw, nil
		}
	}
	_, whole, _ := strings.Cut(strings.Trim(given, "\t\r\n"), prefix)
	if whole == trimmed {
		return raw, err
	}
	return decodeBase45(whole)
}

// ControlCode is printed beside the seal and is in no bar code: with it, and
// only with it, the seal confirms what the record says. 16 characters of 80
// random bits. It prints as "[control code]"; string(c) gives the value.
type ControlCode string

const (
	codeLength   = 16
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's: no I, L, O, U
)

// NewControlCode draws a code.
func NewControlCode(random io.Reader) (ControlCode, error) {
	var raw [codeLength]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fault.New(fault.Internal, "vds: draw control code", "", err)
	}
	for i, b := range raw {
		raw[i] = codeAlphabet[b%32]
	}
	return ControlCode(raw[:]), nil
}

// ParseControlCode reads what people type: groups, lower case, the letters
// that are taken for digits.
func ParseControlCode(s string) (ControlCode, error) {
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "", "‑", "").Replace(strings.ToUpper(strings.Join(strings.Fields(s), "")))
	if len(s) != codeLength || strings.Trim(s, codeAlphabet) != "" {
		return "", fault.New(fault.Invalid, "vds: read control code", "16 letters and digits", nil)
	}
	return ControlCode(s), nil
}

// Printed gives the code in groups of four.
func (c ControlCode) Printed() string {
	var groups []string
	for s := string(c); len(s) > 0; s = s[min(4, len(s)):] {
		groups = append(groups, s[:min(4, len(s))])
	}
	return strings.Join(groups, "-")
}

// String gives the placeholder, never the value.
func (ControlCode) String() string { return "[control code]" }

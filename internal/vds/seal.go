package vds

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strconv"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

const (
	magic   = 0xDC
	version = 0x03
	// MaxSeal caps a whole seal, in bytes: about what a QR code on 4 cm of
	// paper carries.
	MaxSeal = 1500
	// maxFeatures caps how many features one seal has.
	maxFeatures = 32
	// maxReference caps the certificate reference, in characters.
	maxReference = 32

	signatureTag    = 0xFF
	signatureLength = 64
	signerLength    = 4
)

// Header says who sealed what, and when.
type Header struct {
	Country    string        // three letters, "MAR"
	Signer     string        // two letters of the country and two of the signer, "MAPN"
	Reference  string        // of the certificate: its serial number, hexadecimal upper case
	Issued     consular.Date // of the document
	Signed     consular.Date
	Definition byte // which list of features
	Category   byte // which kind of document
}

// Feature is one value of the message.
type Feature struct {
	Tag   byte
	Value []byte
}

// Seal is a decoded seal. It proves nothing before Keys.Verify.
type Seal struct {
	Header
	Features  []Feature
	Signature []byte // r and s, 32 bytes each

	signed []byte // header and message as decoded
}

// Feature gives the value of a tag, nil when there is none.
func (s *Seal) Feature(tag byte) []byte {
	for _, f := range s.Features {
		if f.Tag == tag {
			return f.Value
		}
	}
	return nil
}

// Digest gives what the signature is over: SHA-256 of header and message.
func (s *Seal) Digest() [sha256.Size]byte { return sha256.Sum256(s.signed) }

// body encodes header and message.
func (h Header) body(features []Feature) ([]byte, error) {
	if len(h.Country) != 3 || len(h.Signer) != signerLength || h.Reference == "" || len(h.Reference) > maxReference {
		return nil, fault.New(fault.Invalid, opEncode, "country, signer and reference", nil)
	}
	country, err := encodeC40(h.Country)
	if err != nil {
		return nil, err
	}
	signer, err := encodeC40(h.Signer + fmt.Sprintf("%02X", len(h.Reference)) + h.Reference)
	if err != nil {
		return nil, err
	}
	issued, err := putDate(h.Issued)
	if err != nil {
		return nil, err
	}
	signed, err := putDate(h.Signed)
	if err != nil {
		return nil, err
	}
	out := append([]byte{magic, version}, country...)
	out = append(append(append(out, signer...), issued...), signed...)
	out = append(out, h.Definition, h.Category)
	if len(features) > maxFeatures {
		return nil, fault.New(fault.TooLarge, opEncode, "features", nil)
	}
	seen := [256]bool{signatureTag: true}
	for _, f := range features {
		if seen[f.Tag] {
			return nil, fault.New(fault.Invalid, opEncode, "tag", nil)
		}
		seen[f.Tag] = true
		out = append(append(append(out, f.Tag), derLength(len(f.Value))...), f.Value...)
	}
	if len(out)+2+signatureLength > MaxSeal {
		return nil, fault.New(fault.TooLarge, opEncode, "seal", nil)
	}
	return out, nil
}

// derLength writes a length as DER does. MaxSeal keeps it below 65536.
func derLength(n int) []byte {
	switch {
	case n < 0x80:
		return []byte{byte(n)} //nolint:gosec // below 128
	case n < 0x100:
		return []byte{0x81, byte(n)}
	default:
		return []byte{0x82, byte(n >> 8), byte(n)} //nolint:gosec // below 65536, and longer is refused by the caller
	}
}

// Decode reads a seal's bytes completely; anything after the signature, a
// feature twice, a length in more bytes than it needs is refused.
func Decode(raw []byte) (*Seal, error) {
	if len(raw) > MaxSeal {
		return nil, fault.New(fault.TooLarge, opDecode, "seal", nil)
	}
	r := &reader{rest: raw}
	if r.byte() != magic || r.short {
		return nil, fault.New(fault.Invalid, opDecode, "no visible digital seal", nil)
	}
	if v := r.byte(); v != version {
		return nil, fault.New(fault.Unsupported, opDecode, fmt.Sprintf("version %02x", v), nil)
	}
	s := &Seal{}
	if err := s.header(r); err != nil {
		return nil, err
	}
	if err := s.message(r, raw); err != nil {
		return nil, err
	}
	// Whatever a lenient reader would let pass shows here.
	again, err := s.body(s.Features)
	if err != nil || !bytes.Equal(again, s.signed) {
		return nil, fault.New(fault.Invalid, opDecode, "not in its shortest form", err)
	}
	return s, nil
}

func (s *Seal) header(r *reader) (err error) {
	if s.Country, err = decodeC40(r.take(2)); err != nil {
		return err
	}
	// Six characters say how long the rest of this text is.
	first := r.take(c40Length(signerLength + 2))
	text, err := decodeC40(first)
	if err != nil || len(text) != signerLength+2 {
		return fault.New(fault.Invalid, opDecode, "signer", err)
	}
	length, err := strconv.ParseUint(text[signerLength:], 16, 8)
	if err != nil || length == 0 || length > maxReference {
		return fault.New(fault.Invalid, opDecode, "length of the certificate reference", err)
	}
	rest, err := decodeC40(r.take(c40Length(int(length))))
	if err != nil || len(rest) != int(length) {
		return fault.New(fault.Invalid, opDecode, "certificate reference", err)
	}
	s.Signer, s.Reference = text[:signerLength], rest
	if s.Issued, err = takeDate(r.take(dateLength)); err != nil {
		return err
	}
	if s.Signed, err = takeDate(r.take(dateLength)); err != nil {
		return err
	}
	s.Definition, s.Category = r.byte(), r.byte()
	return nil
}

func (s *Seal) message(r *reader, raw []byte) error {
	for !r.short && len(s.Features) <= maxFeatures {
		at := len(raw) - len(r.rest)
		tag := r.byte()
		value := r.take(r.length())
		if r.short {
			break
		}
		if tag != signatureTag {
			s.Features = append(s.Features, Feature{tag, bytes.Clone(value)})
			continue
		}
		if len(value) != signatureLength || len(r.rest) != 0 {
			return fault.New(fault.Invalid, opDecode, "signature", nil)
		}
		s.Signature, s.signed = bytes.Clone(value), bytes.Clone(raw[:at])
		return nil
	}
	return fault.New(fault.Invalid, opDecode, "cut short", nil)
}

// reader takes bytes off the front; once too few are left it gives zeros and
// says so.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.short, r.rest = true, nil
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) length() int {
	switch b := r.byte(); {
	case b < 0x80:
		return int(b)
	case b == 0x81:
		return int(r.byte())
	case b == 0x82:
		return int(r.byte())<<8 | int(r.byte())
	default:
		r.short = true
		return 0
	}
}

package timestamp

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
)

const opParse = "timestamp: parse"

func broken(what string) error { return fault.New(fault.Invalid, opParse, what, nil) }

// Imprint is the digest that is stamped.
type Imprint struct {
	Hash   crypto.Hash
	Digest []byte
}

func (i Imprint) equal(o Imprint) bool { return i.Hash == o.Hash && bytes.Equal(i.Digest, o.Digest) }

func readImprint(s *cryptobyte.String) (Imprint, error) {
	var inner, digest cryptobyte.String
	if !s.ReadASN1(&inner, der.SEQUENCE) {
		return Imprint{}, broken("imprint")
	}
	hash, err := cms.ReadHash(&inner)
	if err != nil {
		return Imprint{}, err
	}
	if !inner.ReadASN1(&digest, der.OCTET_STRING) || !inner.Empty() || len(digest) != hash.Size() {
		return Imprint{}, broken("imprint")
	}
	return Imprint{hash, digest}, nil
}

// add writes an imprint; we ask and answer for SHA-256.
func (i Imprint) add(b *cryptobyte.Builder) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		cms.AddHash(b)
		b.AddASN1OctetString(i.Digest)
	})
}

// Request is a question to an authority.
type Request struct {
	Imprint Imprint
	Policy  asn1.ObjectIdentifier // nil for the authority's own
	Nonce   *big.Int              // nil for none
	Certs   bool                  // wants the certificates in the token
}

// Encode gives the DER.
func (r Request) Encode() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		r.Imprint.add(b)
		if r.Policy != nil {
			b.AddASN1ObjectIdentifier(r.Policy)
		}
		if r.Nonce != nil {
			b.AddASN1BigInt(r.Nonce)
		}
		if r.Certs {
			b.AddASN1Boolean(true)
		}
	})
	return b.Bytes()
}

// ParseRequest reads a question. Extensions are refused: none is defined that
// could be passed over.
func ParseRequest(raw []byte) (Request, error) {
	var r Request
	in := cryptobyte.String(raw)
	var body cryptobyte.String
	var version int64
	if !in.ReadASN1(&body, der.SEQUENCE) || !in.Empty() || !body.ReadASN1Integer(&version) || version != 1 {
		return r, broken("request")
	}
	var err error
	if r.Imprint, err = readImprint(&body); err != nil {
		return r, err
	}
	if body.PeekASN1Tag(der.OBJECT_IDENTIFIER) && !body.ReadASN1ObjectIdentifier(&r.Policy) {
		return r, broken("policy")
	}
	if r.Nonce, err = optionalInteger(&body); err != nil {
		return r, err
	}
	if body.PeekASN1Tag(der.BOOLEAN) && !body.ReadASN1Boolean(&r.Certs) || !body.Empty() {
		return r, broken("request")
	}
	return r, nil
}

func optionalInteger(s *cryptobyte.String) (*big.Int, error) {
	if !s.PeekASN1Tag(der.INTEGER) {
		return nil, nil //nolint:nilnil // an optional field
	}
	n := new(big.Int)
	if !s.ReadASN1Integer(n) {
		return nil, broken("number")
	}
	return n, nil
}

// Statuses of an answer (RFC 3161, 2.4.2).
const (
	granted         = 0
	grantedWithMods = 1
	rejection       = 2
)

// EncodeGranted gives an answer with a token.
func EncodeGranted(token []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(granted) })
		b.AddBytes(token)
	})
	return b.BytesOrPanic()
}

// Failure is why an authority refuses: the bit of PKIFailureInfo.
type Failure uint8

// The failures that an authority of ours gives.
const (
	BadAlgorithm  Failure = 0
	BadRequest    Failure = 2
	BadFormat     Failure = 5
	UnknownPolicy Failure = 15
)

// EncodeRejection gives an answer that refuses.
func EncodeRejection(why Failure) []byte {
	// A bit string ends with its last bit that is set; its first octet counts
	// the unused ones after it.
	bits := make([]byte, 2+why/8)
	bits[0] = 7 - byte(why%8)
	bits[1+why/8] = 0x80 >> (why % 8)
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(rejection)
			b.AddASN1(der.BIT_STRING, func(b *cryptobyte.Builder) { b.AddBytes(bits) })
		})
	})
	return b.BytesOrPanic()
}

// ParseResponse gives the token of an answer; Denied when the authority
// refused.
func ParseResponse(raw []byte) ([]byte, error) {
	in := cryptobyte.String(raw)
	var body, status, token cryptobyte.String
	var code int64
	if !in.ReadASN1(&body, der.SEQUENCE) || !in.Empty() || !body.ReadASN1(&status, der.SEQUENCE) || !status.ReadASN1Integer(&code) {
		return nil, broken("response")
	}
	if code != granted && code != grantedWithMods {
		return nil, fault.New(fault.Denied, opParse, "the authority refused", nil)
	}
	if !body.ReadASN1Element(&token, der.SEQUENCE) || !body.Empty() {
		return nil, broken("response")
	}
	return token, nil
}

// Info is what a token says (TSTInfo).
type Info struct {
	Policy  asn1.ObjectIdentifier
	Imprint Imprint
	Serial  *big.Int
	Time    time.Time
	Nonce   *big.Int // nil when none
}

const timeForm = "20060102150405Z"

func (i Info) encode() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1ObjectIdentifier(i.Policy)
		i.Imprint.add(b)
		b.AddASN1BigInt(i.Serial)
		b.AddASN1(der.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(i.Time.UTC().Format(timeForm))) })
		// Accuracy: the time is cut to a second.
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(1) })
		if i.Nonce != nil {
			b.AddASN1BigInt(i.Nonce)
		}
	})
	return b.Bytes()
}

func parseInfo(raw []byte) (Info, error) {
	var i Info
	in := cryptobyte.String(raw)
	var body, text cryptobyte.String
	var version int64
	i.Serial = new(big.Int)
	if !in.ReadASN1(&body, der.SEQUENCE) || !in.Empty() || !body.ReadASN1Integer(&version) || version != 1 ||
		!body.ReadASN1ObjectIdentifier(&i.Policy) {
		return i, broken("token")
	}
	var err error
	if i.Imprint, err = readImprint(&body); err != nil {
		return i, err
	}
	if !body.ReadASN1Integer(i.Serial) || !body.ReadASN1(&text, der.GeneralizedTime) {
		return i, broken("token")
	}
	at, err := time.Parse(timeForm, string(text)) // fractions of a second are read too
	if err != nil || !strings.HasSuffix(string(text), "Z") {
		return i, fault.New(fault.Invalid, opParse, "time", err)
	}
	i.Time = at
	// Accuracy and ordering are signed, and say nothing that we use.
	if !body.SkipOptionalASN1(der.SEQUENCE) || !body.SkipOptionalASN1(der.BOOLEAN) {
		return i, broken("token")
	}
	i.Nonce, err = optionalInteger(&body)
	return i, err
}

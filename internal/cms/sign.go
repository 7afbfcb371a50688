package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"jaliya/internal/fault"
)

// Signer is a key with its certificate and what leads from there to a root,
// the root itself left out: a reader has it or must not take it from us.
type Signer struct {
	Key   crypto.Signer
	Chain []*x509.Certificate
}

// Validate asks for an ECDSA key and its certificate, not self-signed.
func (s Signer) Validate() error {
	if s.Key == nil || len(s.Chain) == 0 {
		return fault.New(fault.Invalid, opSign, "no key or no certificate", nil)
	}
	key, ok := s.Key.Public().(*ecdsa.PublicKey)
	switch {
	case !ok || !key.Equal(s.Chain[0].PublicKey):
		return fault.New(fault.Invalid, opSign, "the key is not the certificate's", nil)
	case bytes.Equal(s.Chain[0].RawIssuer, s.Chain[0].RawSubject):
		return fault.New(fault.Invalid, opSign, "the certificate is self-signed", nil)
	}
	return nil
}

// Message is what is signed.
type Message struct {
	Type    asn1.ObjectIdentifier
	Content []byte // inside the message; nil for a detached signature
	Digest  []byte // SHA-256 of the content
	// Stamp gives a time-stamp token of the signature value; nil for none.
	Stamp func(signature []byte) ([]byte, error)
}

// Sign gives the DER of a signed message.
func (s Signer) Sign(m Message) ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	attributes := setOf(
		attribute(contentType(), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(m.Type) }),
		attribute(messageDigest(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(m.Digest) }),
		attribute(signingCertificate(), s.essCertificate),
	)
	digest := sha256.Sum256(wrap(der.SET, attributes))
	signature, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fault.New(fault.Internal, opSign, "signature", err)
	}
	var unsigned []byte
	if m.Stamp != nil {
		token, err := m.Stamp(signature)
		if err != nil {
			return nil, err
		}
		unsigned = attribute(timeStamp(), func(b *cryptobyte.Builder) { b.AddBytes(token) })
	}
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(signedData())
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(messageVersion(m.Type))
				b.AddASN1(der.SET, AddHash)
				b.AddASN1(der.SEQUENCE, m.content)
				b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddBytes(s.certificates()) })
				b.AddASN1(der.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { s.info(b, attributes, signature, unsigned) })
				})
			})
		})
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, fault.New(fault.Internal, opSign, "encoding", err)
	}
	return out, nil
}

// messageVersion is 1 for data and 3 for everything else (RFC 5652, 5.1).
func messageVersion(t asn1.ObjectIdentifier) int64 {
	if t.Equal(Data()) {
		return 1
	}
	return 3
}

func (m Message) content(b *cryptobyte.Builder) {
	b.AddASN1ObjectIdentifier(m.Type)
	if m.Content != nil {
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(m.Content) })
	}
}

func (s Signer) info(b *cryptobyte.Builder, signed, signature, unsigned []byte) {
	b.AddASN1Int64(1)
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(s.Chain[0].RawIssuer)
		b.AddASN1BigInt(s.Chain[0].SerialNumber)
	})
	AddHash(b)
	b.AddBytes(wrap(explicit(0), signed))
	addAlgorithm(b, signatures()[0].id)
	b.AddASN1OctetString(signature)
	if unsigned != nil {
		b.AddBytes(wrap(explicit(1), unsigned))
	}
}

func (s Signer) certificates() []byte {
	all := make([][]byte, 0, len(s.Chain))
	for _, c := range s.Chain {
		all = append(all, c.Raw)
	}
	return setOf(all...)
}

// essCertificate names the signer's certificate by its SHA-256 (RFC 5035), so
// that no other certificate of the same key can be put in its place.
func (s Signer) essCertificate(b *cryptobyte.Builder) {
	sum := sha256.Sum256(s.Chain[0].Raw)
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) })
		})
	})
}

// explicit gives a constructed context tag.
func explicit(n uint8) der.Tag { return der.Tag(n).ContextSpecific().Constructed() }

// attribute gives one attribute of one value.
func attribute(id asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id)
		b.AddASN1(der.SET, value)
	})
	return b.BytesOrPanic()
}

// setOf joins elements in the order that DER asks of a set.
func setOf(elements ...[]byte) []byte {
	slices.SortFunc(elements, bytes.Compare)
	return slices.Concat(elements...)
}

func wrap(tag der.Tag, inner []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(inner) })
	return b.BytesOrPanic()
}

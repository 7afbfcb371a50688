package cms

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"jaliya/internal/fault"
)

const (
	opSign   = "cms: sign"
	opParse  = "cms: parse"
	opVerify = "cms: verify"
)

// Data is the content type of a signed document.
func Data() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1} }

// TimeInfo is the content type of a time-stamp token.
func TimeInfo() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
}

func signedData() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2} }

// Attributes.
func contentType() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3} }

func messageDigest() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4} }

func signingCertificate() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
}

func timeStamp() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
}

// algorithm is a hash or signature algorithm by its identifier.
type algorithm struct {
	id   asn1.ObjectIdentifier
	hash crypto.Hash
	sign x509.SignatureAlgorithm
}

func hashes() []algorithm {
	sha2 := func(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, n} }
	return []algorithm{{id: sha2(1), hash: crypto.SHA256}, {id: sha2(2), hash: crypto.SHA384}, {id: sha2(3), hash: crypto.SHA512}}
}

func signatures() []algorithm {
	ec := func(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, n} }
	rsa := func(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, n} }
	return []algorithm{
		{ec(2), crypto.SHA256, x509.ECDSAWithSHA256},
		{ec(3), crypto.SHA384, x509.ECDSAWithSHA384},
		{ec(4), crypto.SHA512, x509.ECDSAWithSHA512},
		{rsa(11), crypto.SHA256, x509.SHA256WithRSA},
		{rsa(12), crypto.SHA384, x509.SHA384WithRSA},
		{rsa(13), crypto.SHA512, x509.SHA512WithRSA},
		// rsaEncryption: the hash is that of the digest algorithm.
		{rsa(1), crypto.SHA256, x509.SHA256WithRSA},
		{rsa(1), crypto.SHA384, x509.SHA384WithRSA},
		{rsa(1), crypto.SHA512, x509.SHA512WithRSA},
	}
}

// AddHash writes the identifier of SHA-256, without parameters (RFC 5754).
func AddHash(b *cryptobyte.Builder) { addAlgorithm(b, hashes()[0].id) }

func addAlgorithm(b *cryptobyte.Builder, id asn1.ObjectIdentifier) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(id) })
}

// ReadHash reads a hash algorithm; its parameters are absent or NULL.
func ReadHash(s *cryptobyte.String) (crypto.Hash, error) {
	id, err := readAlgorithm(s)
	if err != nil {
		return 0, err
	}
	for _, a := range hashes() {
		if a.id.Equal(id) {
			return a.hash, nil
		}
	}
	return 0, fault.New(fault.Unsupported, opParse, "hash", nil)
}

func readAlgorithm(s *cryptobyte.String) (asn1.ObjectIdentifier, error) {
	var inner, null cryptobyte.String
	var id asn1.ObjectIdentifier
	if !s.ReadASN1(&inner, der.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&id) {
		return nil, broken("algorithm")
	}
	if !inner.Empty() && (!inner.ReadASN1(&null, der.NULL) || !null.Empty() || !inner.Empty()) {
		return nil, broken("parameters")
	}
	return id, nil
}

func broken(what string) error { return fault.New(fault.Invalid, opParse, what, nil) }

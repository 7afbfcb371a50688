package vds

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"jaliya/internal/fault"
)

// Certificate names the signer of seals as 9303-13 asks: the subject's country
// and common name, two letters each, are the signer; the serial number in
// hexadecimal is the certificate reference.
func Certificate(c *x509.Certificate) (signer, reference string, err error) {
	bad := func(what string) error { return fault.New(fault.Invalid, "vds: read certificate", what, nil) }
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	switch {
	case !ok || key.Curve != elliptic.P256():
		return "", "", bad("the key is not on P-256")
	case c.IsCA || c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return "", "", bad("not for signatures")
	case len(c.ExtKeyUsage) > 0 || slices.ContainsFunc(c.UnknownExtKeyUsage, documentSigning):
		return "", "", bad("for another purpose than seals")
	case len(c.Subject.Country) != 1 || !twoLetters(c.Subject.Country[0]) || !twoLetters(c.Subject.CommonName):
		return "", "", bad("country and common name are not two letters each")
	}
	return c.Subject.Country[0] + c.Subject.CommonName, fmt.Sprintf("%X", c.SerialNumber), nil
}

// documentSigning takes the key usage of PDF signatures (RFC 9336): a key for
// them must never pass for a seal's.
func documentSigning(id asn1.ObjectIdentifier) bool {
	return id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36})
}

func twoLetters(s string) bool {
	return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// Keys are the certificates that seals are verified with, fixed after NewKeys.
type Keys struct {
	known map[string]*x509.Certificate
}

// NewKeys takes the certificates of seal signers. Each must chain to a root,
// at a time when it was valid itself; intermediates are looked for among certs
// too. A signer and reference twice is refused, as then neither could be
// trusted.
func NewKeys(roots *x509.CertPool, certs []*x509.Certificate) (*Keys, error) {
	const op = "vds: load keys"
	between := x509.NewCertPool()
	for _, c := range certs {
		if c.IsCA {
			between.AddCert(c)
		}
	}
	k := &Keys{known: make(map[string]*x509.Certificate)}
	for _, c := range certs {
		if c.IsCA {
			continue
		}
		signer, reference, err := Certificate(c)
		if err != nil {
			return nil, err
		}
		name := signer + reference
		if _, err := c.Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, CurrentTime: c.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		}); err != nil {
			return nil, fault.New(fault.Denied, op, name, err)
		}
		if old := k.known[name]; old != nil && !bytes.Equal(old.Raw, c.Raw) {
			return nil, fault.New(fault.Conflict, op, name, nil)
		}
		k.known[name] = c
	}
	if len(k.known) == 0 {
		return nil, fault.New(fault.NotFound, op, "no certificate of a seal signer", nil)
	}
	return k, nil
}

// Verify proves a seal and gives the certificate that did it. NotFound: nobody
// with that name is known; Expired: the certificate was not valid on the day
// of signature; Corrupt: the signature is not of these bytes.
func (k *Keys) Verify(s *Seal) (*x509.Certificate, error) {
	const op = "vds: verify"
	c := k.known[s.Signer+s.Reference]
	if c == nil {
		return nil, fault.New(fault.NotFound, op, "certificate "+s.Signer+" "+s.Reference, nil)
	}
	year, month, day := s.Signed.Split()
	begins, ends := time.Date(year, month, day, 0, 0, 0, 0, time.UTC), time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
	if !begins.Before(c.NotAfter) || !ends.After(c.NotBefore) {
		return nil, fault.New(fault.Expired, op, "certificate "+s.Signer+" "+s.Reference, nil)
	}
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	if !ok || len(s.Signature) != signatureLength {
		return nil, fault.New(fault.Internal, op, "key", nil)
	}
	digest := s.Digest()
	half := signatureLength / 2
	if !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(s.Signature[:half]), new(big.Int).SetBytes(s.Signature[half:])) {
		return nil, fault.New(fault.Corrupt, op, "signature", nil)
	}
	return c, nil
}

// Signer holds the key of a seal signer.
type Signer struct {
	key       *ecdsa.PrivateKey
	name, ref string
	begins    time.Time
	ends      time.Time
}

// NewSigner joins key and certificate.
func NewSigner(key *ecdsa.PrivateKey, c *x509.Certificate) (*Signer, error) {
	name, ref, err := Certificate(c)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(c.PublicKey) {
		return nil, fault.New(fault.Invalid, "vds: load signer", "the key is not the certificate's", nil)
	}
	return &Signer{key: key, name: name, ref: ref, begins: c.NotBefore, ends: c.NotAfter}, nil
}

// Sign makes a seal; signer and reference of the header are filled in. A day
// outside the certificate's life is refused: no reader would take the seal.
func (s *Signer) Sign(h Header, features []Feature) ([]byte, error) {
	h.Signer, h.Reference = s.name, s.ref
	body, err := h.body(features)
	if err != nil {
		return nil, err
	}
	year, month, day := h.Signed.Split()
	at := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if !at.Before(s.ends) || !at.Add(24*time.Hour).After(s.begins) {
		return nil, fault.New(fault.Expired, opEncode, "certificate "+s.name+" "+s.ref, nil)
	}
	seal := &Seal{signed: body}
	digest := seal.Digest()
	r, v, err := signRaw(rand.Reader, s.key, digest[:])
	if err != nil {
		return nil, fault.New(fault.Internal, opEncode, "sign", err)
	}
	out := append(body, signatureTag, signatureLength)
	return append(append(out, r...), v...), nil
}

// signRaw gives r and s of fixed length instead of their DER.
func signRaw(random io.Reader, key *ecdsa.PrivateKey, digest []byte) (r, s []byte, err error) {
	der, err := ecdsa.SignASN1(random, key, digest)
	if err != nil {
		return nil, nil, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, nil, err
	}
	half := signatureLength / 2
	return pair.R.FillBytes(make([]byte, half)), pair.S.FillBytes(make([]byte, half)), nil
}

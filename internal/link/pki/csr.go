package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"

	"jaliya/internal/fault"
)

// MaxCSR bounds the size of a signing request in bytes; a P-256 one has about
// 200.
const MaxCSR = 4 << 10

// NewCSR makes a signing request (PKCS #10, DER) that proves possession of the
// key and claims nothing else.
func NewCSR(key crypto.Signer) ([]byte, error) {
	const op = "pki: new csr"
	if err := checkPublicKey(op, key.Public()); err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	return der, nil
}

// ParseCSR checks a signing request's signature and gives its public key, the
// only part of it that binds.
func ParseCSR(der []byte) (crypto.PublicKey, error) {
	const op = "pki: parse csr"
	if len(der) > MaxCSR {
		return nil, fault.New(fault.TooLarge, op, "", nil)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "", err)
	}
	if err := checkPublicKey(op, csr.PublicKey); err != nil {
		return nil, err
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fault.New(fault.Denied, op, "no proof of possession", err)
	}
	return csr.PublicKey, nil
}

package cms

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"

	"jaliya/internal/fault"
)

// Check proves that the signer's key signed these bytes, given in parts; for a
// message that holds its content, give that. Corrupt: they are not the ones.
func (s *Signed) Check(parts ...[]byte) error {
	h := s.hash.New()
	for _, p := range parts {
		h.Write(p)
	}
	if !bytes.Equal(h.Sum(nil), s.digest) {
		return fault.New(fault.Corrupt, opVerify, "digest", nil)
	}
	if err := s.Signer.CheckSignature(s.algorithm, s.attributes, s.Signature); err != nil {
		return fault.New(fault.Corrupt, opVerify, "signature", err)
	}
	return nil
}

// Chain proves that the signer's certificate leads to a root and was valid at
// a time, and that the message brings no other certificates. Expired: it was
// not valid then; Denied: it leads to none of the roots.
func (s *Signed) Chain(roots *x509.CertPool, at time.Time, usage x509.ExtKeyUsage) ([]*x509.Certificate, error) {
	between := x509.NewCertPool()
	for _, c := range s.Certificates {
		if c != s.Signer {
			between.AddCert(c)
		}
	}
	chains, err := s.Signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		kind := fault.Denied
		if at.After(s.Signer.NotAfter) || at.Before(s.Signer.NotBefore) {
			kind = fault.Expired
		}
		return nil, fault.New(kind, opVerify, "certificate", err)
	}
	for _, chain := range chains {
		if s.uses(chain) {
			return chain, nil
		}
	}
	return nil, fault.New(fault.Invalid, opVerify, "a certificate too many", nil)
}

// uses reports whether every certificate of the message is in the chain.
func (s *Signed) uses(chain []*x509.Certificate) bool {
	for _, c := range s.Certificates {
		if !slices.ContainsFunc(chain, c.Equal) {
			return false
		}
	}
	return true
}

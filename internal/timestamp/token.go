package timestamp

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"jaliya/internal/cms"
	"jaliya/internal/fault"
)

const opVerify = "timestamp: verify"

// Proved is a token that was proved.
type Proved struct {
	Info
	By    *x509.Certificate
	Chain []*x509.Certificate // from By to the root
}

// Verify proves a token of content, given in parts: who gave it, over what and
// when.
func Verify(token []byte, roots *x509.CertPool, content ...[]byte) (Proved, error) {
	p, err := open(token, roots)
	if err != nil {
		return p, err
	}
	h := p.Imprint.Hash.New()
	for _, part := range content {
		h.Write(part)
	}
	if !p.Imprint.equal(Imprint{p.Imprint.Hash, h.Sum(nil)}) {
		return p, fault.New(fault.Corrupt, opVerify, "the token is of something else", nil)
	}
	return p, nil
}

// open proves a token whatever it is of.
func open(token []byte, roots *x509.CertPool) (Proved, error) {
	var p Proved
	s, err := cms.Parse(token)
	if err != nil {
		return p, err
	}
	if !s.Type.Equal(cms.TimeInfo()) || s.Content == nil || s.Token != nil {
		return p, fault.New(fault.Invalid, opVerify, "no time-stamp token", nil)
	}
	if err := s.Check(s.Content); err != nil {
		return p, err
	}
	if p.Info, err = parseInfo(s.Content); err != nil {
		return p, err
	}
	if !onlyForTime(s.Signer) {
		return p, fault.New(fault.Denied, opVerify, "the certificate is not for time stamps alone", nil)
	}
	if p.Chain, err = s.Chain(roots, p.Time, x509.ExtKeyUsageTimeStamping); err != nil {
		return p, err
	}
	p.By = s.Signer
	return p, nil
}

// onlyForTime asks for the extended key usage timeStamping, alone and critical
// (RFC 3161, 2.3).
func onlyForTime(c *x509.Certificate) bool {
	usage := asn1.ObjectIdentifier{2, 5, 29, 37}
	for _, e := range c.Extensions {
		if e.Id.Equal(usage) && !e.Critical {
			return false
		}
	}
	return !c.IsCA && len(c.UnknownExtKeyUsage) == 0 && slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping})
}

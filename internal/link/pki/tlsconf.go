package pki

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"time"

	"jaliya/internal/fault"
)

// serverName stands in every ClientHello. Identity is the URI in the
// certificate, so the name tells an observer nothing.
const serverName = "jaliya"

// CertSource gives the certificate to present now; Keyring.Source makes one.
type CertSource func() (*tls.Certificate, error)

// base is what all sessions share: TLS 1.3, no tickets and so no resumption
// (D29), the hybrid key exchange first (S5); P-256 is for modules without it.
func base(now func() time.Time, alpns []string) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		MaxVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		CurvePreferences:       []tls.CurveID{tls.X25519MLKEM768, tls.CurveP256},
		NextProtos:             slices.Clone(alpns),
		ServerName:             serverName,
		Time:                   now,
	}
}

// MutualServer configures a listener that demands a certificate which v
// accepts. v must have a denylist: a server without one would fail open (S19).
func MutualServer(cert CertSource, v *Verifier, alpns ...string) (*tls.Config, error) {
	const op = "pki: mutual server"
	if err := checkBuilder(op, cert, v); err != nil {
		return nil, err
	}
	if v.Denied == nil {
		return nil, fault.New(fault.Invalid, op, "no denylist", nil)
	}
	c := base(v.Now, alpns)
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert() }
	c.ClientAuth = tls.RequireAnyClientCert // verified below, by role
	c.VerifyConnection = v.verifyConnection(x509.ExtKeyUsageClientAuth)
	return c, nil
}

// MutualClient configures a dialer that presents cert and accepts only a
// server which v accepts.
func MutualClient(cert CertSource, v *Verifier, alpns ...string) (*tls.Config, error) {
	const op = "pki: mutual client"
	if err := checkBuilder(op, cert, v); err != nil {
		return nil, err
	}
	c := base(v.Now, alpns)
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert() }
	c.InsecureSkipVerify = true // the standard check is by DNS name; VerifyConnection checks by role
	c.VerifyConnection = v.verifyConnection(x509.ExtKeyUsageServerAuth)
	return c, nil
}

// JoinServer configures the one handshake without a client certificate. It
// presents the root as well, for the joiner to compare with its invitation.
func JoinServer(cert CertSource, root *x509.Certificate, alpns ...string) (*tls.Config, error) {
	const op = "pki: join server"
	if cert == nil || root == nil || len(alpns) == 0 {
		return nil, fault.New(fault.Invalid, op, "certificate, root or protocol missing", nil)
	}
	c := base(nil, alpns)
	c.ClientAuth = tls.NoClientCert
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		own, err := cert()
		if err != nil {
			return nil, err
		}
		withRoot := *own
		withRoot.Certificate = append(slices.Clone(own.Certificate), root.Raw)
		return &withRoot, nil
	}
	return c, nil
}

// JoinClient configures the joiner: it accepts a member whose presented root
// has the invitation's fingerprint.
func JoinClient(pin Fingerprint, now func() time.Time, alpns ...string) (*tls.Config, error) {
	if now == nil || len(alpns) == 0 {
		return nil, fault.New(fault.Invalid, "pki: join client", "clock or protocol missing", nil)
	}
	c := base(now, alpns)
	c.InsecureSkipVerify = true // the root is the pinned one; VerifyConnection checks role and chain
	c.VerifyConnection = func(cs tls.ConnectionState) error {
		i := slices.IndexFunc(cs.PeerCertificates, func(c *x509.Certificate) bool { return FingerprintOf(c) == pin })
		if i < 1 {
			return refuse(fault.Denied, "the root is not the invitation's", alertUnknownCA, nil)
		}
		v := &Verifier{Trust: &TrustBundle{Root: cs.PeerCertificates[i]}, Roles: []Role{Member}, Now: now}
		return v.verifyConnection(x509.ExtKeyUsageServerAuth)(cs)
	}
	return c, nil
}

func (v *Verifier) verifyConnection(usage x509.ExtKeyUsage) func(tls.ConnectionState) error {
	return func(cs tls.ConnectionState) error {
		if cs.DidResume {
			return refuse(fault.Denied, "resumed session", alertAccessDenied, nil)
		}
		_, err := v.Verify(cs.PeerCertificates, usage)
		return err
	}
}

func checkBuilder(op string, cert CertSource, v *Verifier) error {
	if cert == nil {
		return fault.New(fault.Invalid, op, "no certificate source", nil)
	}
	return v.Validate()
}

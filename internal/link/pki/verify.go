package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"jaliya/internal/fault"
)

// Verifier decides, at each handshake, whether a peer is who may come. Its
// errors are of three kinds: fault.Expired (out of its time), fault.Denied
// (another CA or role, or revoked) and fault.Invalid (malformed). Over QUIC
// the peer learns the kind by the TLS alert.
type Verifier struct {
	Trust *TrustBundle
	Roles []Role           // accepted roles, exactly
	Name  string           // if set, the only accepted name
	Now   func() time.Time // best known hub time (design.md section 7)
	// Denied tells whether an identity or a serial number is revoked; it is
	// asked for the certificate and for its intermediate. It answers true when
	// it cannot know (S19). A nil Denied is for dialers without a denylist.
	Denied func(id Identity, serial string) bool
}

// Peer is who was verified.
type Peer struct {
	Identity     Identity
	Serial       string    // of its certificate
	NotAfter     time.Time // end of its certificate
	Issuer       Identity  // the intermediate that issued it
	IssuerSerial string
}

// TLS alerts of RFC 8446 section 6.2 that tell a refused peer why.
const (
	alertBadCertificate = 42
	alertRevoked        = 44
	alertExpired        = 45
	alertUnknownCA      = 48
	alertAccessDenied   = 49
)

// maxPresented bounds the certificates looked at in a handshake (D31).
const maxPresented = 4

// Validate names what is missing.
func (v *Verifier) Validate() error {
	const op = "pki: validate verifier"
	switch {
	case v == nil || v.Trust == nil || v.Trust.Root == nil:
		return fault.New(fault.Invalid, op, "no trust bundle", nil)
	case len(v.Roles) == 0:
		return fault.New(fault.Invalid, op, "no role accepted", nil)
	case v.Now == nil:
		return fault.New(fault.Invalid, op, "no clock", nil)
	}
	return nil
}

// Verify checks a presented chain, the peer's certificate and then the
// intermediate that issued it, for one usage: client when we serve, server when we dial.
func (v *Verifier) Verify(chain []*x509.Certificate, usage x509.ExtKeyUsage) (Peer, error) {
	const op = "pki: verify"
	if err := v.Validate(); err != nil {
		return Peer{}, err
	}
	if len(chain) < 2 || len(chain) > maxPresented {
		return Peer{}, refuse(fault.Invalid, "number of certificates", alertBadCertificate, nil)
	}
	leaf := chain[0]
	id, err := IdentityOf(leaf)
	if err != nil {
		return Peer{}, refuse(fault.Invalid, "", alertBadCertificate, err)
	}
	if leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature {
		return Peer{}, refuse(fault.Invalid, "purpose", alertBadCertificate, nil)
	}
	if err := checkPublicKey(op, leaf.PublicKey); err != nil {
		return Peer{}, refuse(fault.Invalid, "key", alertBadCertificate, err)
	}
	if !slices.Contains(v.Roles, id.Role) || (v.Name != "" && v.Name != id.Name) {
		return Peer{}, refuse(fault.Denied, "role "+string(id.Role)+" not accepted here", alertAccessDenied, nil)
	}
	if err := v.signed(chain, usage); err != nil {
		return Peer{}, refuse(fault.Denied, "", alertUnknownCA, err)
	}
	return v.accept(id, chain)
}

// signed checks the way from the certificate over its intermediate to the
// root. It judges them at the certificate's end, where every sound way is
// valid (setValidity), so that "expired" is said only of certificates that
// were ours.
func (v *Verifier) signed(chain []*x509.Certificate, usage x509.ExtKeyUsage) error {
	opts := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		CurrentTime:   chain[0].NotAfter,
		KeyUsages:     []x509.ExtKeyUsage{usage},
	}
	opts.Roots.AddCert(v.Trust.Root)
	opts.Intermediates.AddCert(chain[1])
	paths, err := chain[0].Verify(opts)
	if err != nil {
		return err
	}
	if len(paths) != 1 || len(paths[0]) != 3 {
		return fault.New(fault.Denied, "pki: verify", "not issued by one intermediate", nil)
	}
	return nil
}

// accept judges a signed chain: issued by the role's own intermediate, in time,
// not revoked.
func (v *Verifier) accept(id Identity, chain []*x509.Certificate) (Peer, error) {
	role, err := intermediateRole(chain[1])
	if err != nil {
		return Peer{}, refuse(fault.Denied, "", alertUnknownCA, err)
	}
	if role != id.Role.Issuer() {
		return Peer{}, refuse(fault.Denied, "issued by the "+string(role)+" intermediate", alertUnknownCA, nil)
	}
	now := v.Now()
	for _, c := range []*x509.Certificate{chain[0], chain[1], v.Trust.Root} {
		if now.Before(c.NotBefore) {
			return Peer{}, refuse(fault.Expired, "not valid yet", alertExpired, nil)
		}
		if now.After(c.NotAfter) {
			return Peer{}, refuse(fault.Expired, "", alertExpired, nil)
		}
	}
	peer, err := peerOf(chain)
	if err != nil {
		return Peer{}, refuse(fault.Invalid, "", alertBadCertificate, err)
	}
	if v.Denied != nil && peer.Matches(v.Denied) {
		return Peer{}, refuse(fault.Denied, "revoked", alertRevoked, nil)
	}
	return peer, nil
}

// Matches tells whether a denylist names the peer's certificate or identity,
// or those of the intermediate that issued it.
func (p Peer) Matches(denied func(id Identity, serial string) bool) bool {
	return denied(p.Identity, p.Serial) || denied(p.Issuer, p.IssuerSerial)
}

// refuse builds a fault that carries the TLS alert for the peer: quic-go sends
// the first tls.AlertError it finds in the handshake's error.
func refuse(kind fault.Kind, subject string, alert uint8, cause error) error {
	return fault.New(kind, "pki: verify", subject, errors.Join(cause, tls.AlertError(alert)))
}

// PeerOf reads who the peer of a completed handshake is. It must be used only
// with connections of this package's configurations, which have verified it;
// a connection without client certificate gives the zero Peer.
func PeerOf(cs tls.ConnectionState) (Peer, error) {
	if len(cs.PeerCertificates) == 0 {
		return Peer{}, nil
	}
	return peerOf(cs.PeerCertificates)
}

// peerOf reads a chain whose second certificate issued the first.
func peerOf(chain []*x509.Certificate) (Peer, error) {
	const op = "pki: peer of chain"
	if len(chain) < 2 {
		return Peer{}, fault.New(fault.Invalid, op, "no intermediate", nil)
	}
	id, err := IdentityOf(chain[0])
	if err != nil {
		return Peer{}, err
	}
	issuer, err := IdentityOf(chain[1])
	if err != nil {
		return Peer{}, err
	}
	return Peer{
		Identity: id, Serial: SerialOf(chain[0]), NotAfter: chain[0].NotAfter,
		Issuer: issuer, IssuerSerial: SerialOf(chain[1]),
	}, nil
}

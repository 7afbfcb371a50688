package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"net"
	"slices"
	"time"

	"jaliya/internal/fault"
)

// Authority is an intermediate CA with its key: it issues for one role, the
// node's for device as well. Members hold it.
type Authority struct {
	Role Role // the role it issues for
	Cert *x509.Certificate
	key  crypto.Signer
}

// Request is what an Authority is asked to certify. The issuer decides the
// identity; the applicant brings only the public key.
type Request struct {
	Identity  Identity
	PublicKey crypto.PublicKey
	Life      time.Duration // 0 means the role's life
	Now       time.Time     // the issuer's best known time
	DNSNames  []string      // members and desks only
	Addresses []net.IP      // members and desks only
}

// NewAuthority joins an intermediate's certificate with its key, which may be
// in a token.
func NewAuthority(cert *x509.Certificate, key crypto.Signer) (*Authority, error) {
	const op = "pki: new authority"
	role, err := intermediateRole(cert)
	if err != nil {
		return nil, err
	}
	if !samePublicKey(cert, key) {
		return nil, fault.New(fault.Invalid, op, "the key is not the certificate's", nil)
	}
	return &Authority{Role: role, Cert: cert, key: key}, nil
}

// ParseAuthority reads what Marshal wrote.
func ParseAuthority(data []byte) (*Authority, error) {
	key, certs, err := parseKeyAndCerts(data)
	if err != nil {
		return nil, err
	}
	if len(certs) != 1 {
		return nil, fault.New(fault.Invalid, "pki: parse authority", "not exactly one certificate", nil)
	}
	return NewAuthority(certs[0], key)
}

// Marshal gives key and certificate as PEM. The caller keeps it secret.
func (a *Authority) Marshal() ([]byte, error) { return marshalKeyAndCerts(a.key, a.Cert) }

// Life gives how long a role's certificates live (design.md section 7).
func (r Role) Life() time.Duration {
	switch r {
	case Device:
		return DeviceLife
	case Desk:
		return DeskLife
	case CA:
		return IntermediateLife
	case Node, Member, Portal, Office, Witness:
		return WorkingLife
	default:
		return WorkingLife
	}
}

// Issue certifies a request and gives the chain to present: the certificate,
// then the intermediate. It refuses an identity of another role's
// intermediate.
func (a *Authority) Issue(req Request) ([]*x509.Certificate, error) {
	const op = "pki: issue certificate"
	if err := a.check(req); err != nil {
		return nil, err
	}
	uri, err := req.Identity.url()
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           usages(req.Identity.Role),
		DNSNames:              slices.Clone(req.DNSNames),
		IPAddresses:           slices.Clone(req.Addresses),
	}
	tmpl.URIs = append(tmpl.URIs, uri)
	v := validity{now: req.Now, life: req.Life}
	if v.life == 0 {
		v.life = req.Identity.Role.Life()
	}
	if err := setValidity(op, tmpl, a.Cert, v); err != nil {
		return nil, err
	}
	cert, err := signCertificate(op, tmpl, a.Cert, req.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return []*x509.Certificate{cert, a.Cert}, nil
}

// IssueCSR certifies the public key of a signing request. Every other field of
// the request is ignored: names are the issuer's to give.
func (a *Authority) IssueCSR(csr []byte, req Request) ([]*x509.Certificate, error) {
	pub, err := ParseCSR(csr)
	if err != nil {
		return nil, err
	}
	req.PublicKey = pub
	return a.Issue(req)
}

func (a *Authority) check(req Request) error {
	const op = "pki: issue certificate"
	if err := req.Identity.Validate(); err != nil {
		return err
	}
	if req.Identity.Role.Issuer() != a.Role {
		return fault.New(fault.Denied, op, string(a.Role)+" intermediate asked for "+string(req.Identity.Role), nil)
	}
	if len(req.DNSNames)+len(req.Addresses) > 0 && !req.Identity.Role.mayServe() {
		return fault.New(fault.Denied, op, "a DNS name or address on "+string(req.Identity.Role), nil)
	}
	if req.Now.IsZero() || req.Life < 0 {
		return fault.New(fault.Invalid, op, "time or life", nil)
	}
	return checkPublicKey(op, req.PublicKey)
}

// usages are the purposes of a role's certificate. A node can never serve with
// its own, a desk never dial with its own.
func usages(r Role) []x509.ExtKeyUsage {
	switch r {
	case Member:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	case Desk:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	case Node, Device, Portal, Office, Witness, CA:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	default:
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
}

type validity struct {
	now  time.Time
	life time.Duration
}

// setValidity keeps a certificate inside its issuer's own time, so that a chain
// that was ever valid is valid at the certificate's end.
func setValidity(op string, tmpl, issuer *x509.Certificate, v validity) error {
	if !v.now.Before(issuer.NotAfter) {
		return fault.New(fault.Expired, op, "the issuer", nil)
	}
	tmpl.NotBefore = v.now.Add(-Backdate)
	if tmpl.NotBefore.Before(issuer.NotBefore) {
		tmpl.NotBefore = issuer.NotBefore
	}
	tmpl.NotAfter = v.now.Add(v.life)
	if tmpl.NotAfter.After(issuer.NotAfter) {
		tmpl.NotAfter = issuer.NotAfter
	}
	return nil
}

func signCertificate(op string, tmpl, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) { //nolint:revive // argument-limit: the four of x509.CreateCertificate and the operation
	if tmpl.SerialNumber == nil {
		serial, err := newSerial()
		if err != nil {
			return nil, err
		}
		tmpl.SerialNumber = serial
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, pub, key)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	return cert, nil
}

// intermediateRole reads the role that an intermediate may issue for.
func intermediateRole(cert *x509.Certificate) (Role, error) {
	const op = "pki: role of intermediate"
	id, err := IdentityOf(cert)
	if err != nil {
		return "", err
	}
	role := Role(id.Name)
	if id.Role != CA || !cert.IsCA || role.Issuer() != role {
		return "", fault.New(fault.Invalid, op, "not an intermediate", nil)
	}
	return role, nil
}

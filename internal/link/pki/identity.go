package pki

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"jaliya/internal/fault"
)

// Role says what a holder of a certificate is, and so which doors open to it.
type Role string

// The roles. CA is the role of an intermediate itself: its Name is the role it
// issues for.
const (
	Node    Role = "node"    // a post's machine, for its daily work
	Device  Role = "device"  // the same machine, for renewal only (D51)
	Member  Role = "member"  // a machine of the hub
	Portal  Role = "portal"  // the citizens' process
	Office  Role = "office"  // a record office's process
	Desk    Role = "desk"    // the LAN server of a post, for workstations
	Witness Role = "witness" // who countersigns checkpoints
	CA      Role = "ca"      // an intermediate
)

// IssuerRoles are the roles that have an intermediate of their own, in the
// order in which a bundle lists them.
var issuerRoles = [...]Role{Node, Member, Portal, Office, Desk, Witness}

// IssuerRoles gives the roles that have an intermediate of their own.
func IssuerRoles() []Role { return append([]Role(nil), issuerRoles[:]...) }

// Issuer gives the role whose intermediate issues for r: the node's for node
// and device, its own for each other. It is empty for an unknown role and CA.
func (r Role) Issuer() Role {
	switch r {
	case Node, Device:
		return Node
	case Member, Portal, Office, Desk, Witness:
		return r
	case CA:
		return ""
	default:
		return ""
	}
}

// Validate tells whether r is one of the roles.
func (r Role) Validate() error {
	if r == CA || r.Issuer() != "" {
		return nil
	}
	return fault.New(fault.Invalid, "pki: validate role", "unknown role", nil)
}

// mayServe tells whether the role answers TLS connections, and so may hold a
// server certificate with DNS names and addresses.
func (r Role) mayServe() bool { return r == Member || r == Desk }

// Identity is who a certificate speaks for: a role, the post id or member name,
// and a random id that a replaced machine does not keep.
type Identity struct {
	Role Role
	Name string // post id ("FR-LYO") or member name ("hub-1")
	ID   string // 16 random bytes in lower-case hex
}

const (
	idBytes        = 16
	identityPrefix = "spiffe://jaliya/"
)

var identityName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)

// NewID gives a fresh random id for an Identity.
func NewID() (string, error) {
	b := make([]byte, idBytes)
	if _, err := rand.Read(b); err != nil {
		return "", fault.New(fault.Internal, "pki: new id", "", err)
	}
	return hex.EncodeToString(b), nil
}

// ParseIdentity reads spiffe://jaliya/<role>/<name>/<id>, strictly: one text
// for one identity.
func ParseIdentity(s string) (Identity, error) {
	const op = "pki: parse identity"
	rest, ok := strings.CutPrefix(s, identityPrefix)
	if !ok {
		return Identity{}, fault.New(fault.Invalid, op, "other scheme or trust domain", nil)
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return Identity{}, fault.New(fault.Invalid, op, "not role, name and id", nil)
	}
	id := Identity{Role: Role(parts[0]), Name: parts[1], ID: parts[2]}
	return id, id.Validate()
}

// Validate names the field that breaks a rule.
func (id Identity) Validate() error {
	const op = "pki: validate identity"
	if err := id.Role.Validate(); err != nil {
		return fault.New(fault.Invalid, op, "role", err)
	}
	if !identityName.MatchString(id.Name) {
		return fault.New(fault.Invalid, op, "name", nil)
	}
	raw, err := hex.DecodeString(id.ID)
	if err != nil || len(raw) != idBytes || strings.ToLower(id.ID) != id.ID {
		return fault.New(fault.Invalid, op, "id", err)
	}
	return nil
}

// String gives the URI. It is also the key under which sessions are counted.
func (id Identity) String() string {
	return identityPrefix + string(id.Role) + "/" + id.Name + "/" + id.ID
}

// IsZero tells whether there is no identity, as in the join handshake.
func (id Identity) IsZero() bool { return id == Identity{} }

func (id Identity) url() (*url.URL, error) {
	u, err := url.Parse(id.String())
	if err != nil {
		return nil, fault.New(fault.Invalid, "pki: identity url", "", err)
	}
	return u, nil
}

// IdentityOf reads the identity out of a certificate: exactly one URI, no mail
// address, and DNS names or addresses only where the role serves.
func IdentityOf(cert *x509.Certificate) (Identity, error) {
	const op = "pki: identity of certificate"
	if len(cert.URIs) != 1 {
		return Identity{}, fault.New(fault.Invalid, op, "not exactly one URI", nil)
	}
	id, err := ParseIdentity(cert.URIs[0].String())
	if err != nil {
		return Identity{}, fault.New(fault.Invalid, op, "", err)
	}
	if len(cert.EmailAddresses) > 0 {
		return Identity{}, fault.New(fault.Invalid, op, "a mail address", nil)
	}
	if len(cert.DNSNames)+len(cert.IPAddresses) > 0 && !id.Role.mayServe() {
		return Identity{}, fault.New(fault.Invalid, op, "a DNS name or address on "+string(id.Role), nil)
	}
	return id, nil
}

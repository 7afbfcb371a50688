package hub

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
)

const opAuthorities = "hub: renew authorities"

// RenewOptions say with which root.
type RenewOptions struct {
	Root       string // the root's file, brought from its offline place
	Passphrase string
	Now        time.Time
}

// AuthoritiesRequest brings fresh intermediates to a running member: it alone
// may have what wraps keys at rest. The root's key stays with the command.
type AuthoritiesRequest struct {
	Authorities map[pki.Role][]byte `json:"authorities"` // key and certificate, PEM
	Trust       []byte              `json:"trust"`       // bundle, PEM
}

// AuthoritiesReply says until when they hold.
type AuthoritiesReply struct {
	Until map[pki.Role]time.Time `json:"until"`
	Live  bool                   `json:"live"` // a running member uses them already
}

// RenewAuthorities makes a fresh intermediate for each role with the offline
// root, and gives them to the running member, or to the directory of one that is
// stopped. Certificates that older ones issued hold to their own end: each peer
// presents its intermediate, and the root is the same.
func RenewAuthorities(ctx context.Context, c Config, o RenewOptions) (AuthoritiesReply, error) {
	c = c.WithDefaults()
	raw, err := os.ReadFile(c.keyPath(fileTrust))
	if err != nil {
		return AuthoritiesReply{}, fault.New(fault.NotFound, opAuthorities, "run `hub init` first", err)
	}
	held, err := pki.ParseTrustBundle(raw)
	if err != nil {
		return AuthoritiesReply{}, err
	}
	root, err := pki.OpenRoot(o.Root, o.Passphrase)
	if err != nil {
		return AuthoritiesReply{}, err
	}
	if pki.FingerprintOf(root.Cert) != held.Fingerprint() {
		return AuthoritiesReply{}, fault.New(fault.Denied, opAuthorities, "this is the root of another network", nil)
	}
	fresh, trust, err := root.IssueAll(o.Now)
	if err != nil {
		return AuthoritiesReply{}, err
	}
	in := AuthoritiesRequest{Authorities: make(map[pki.Role][]byte), Trust: trust.Marshal()}
	for role, a := range fresh {
		if in.Authorities[role], err = a.Marshal(); err != nil {
			return AuthoritiesReply{}, err
		}
		defer clear(in.Authorities[role])
	}
	out, err := AskAuthorities(ctx, c, in)
	if !fault.Is(err, fault.Unavailable) {
		return out, err
	}
	if err := stopped(c); err != nil {
		return out, err
	}
	box, err := c.custody(false)
	if err != nil {
		return out, err
	}
	_, out, err = c.saveAuthorities(box, held, in)
	return out, err
}

// stopped makes sure that no member runs here whose socket does not answer: it
// would go on with the old intermediates. A running one holds its ledger open.
func stopped(c Config) error {
	db, err := kv.Open(filepath.Join(c.Dir, "ledger.db"), kv.Options{ReadOnly: true, LockTimeout: time.Second})
	switch {
	case fault.Is(err, fault.NotFound): // it never ran
		return nil
	case err != nil:
		return fault.New(fault.KindOf(err), opAuthorities, "a member runs here, and its admin socket does not answer", err)
	}
	return db.Close()
}

// takeAuthorities swaps the intermediates of this running member: the next
// certificate that it issues is of the fresh ones.
func (h *Hub) takeAuthorities(in AuthoritiesRequest) (AuthoritiesReply, error) {
	box, err := h.cfg.custody(false)
	if err != nil {
		return AuthoritiesReply{}, err
	}
	fresh, out, err := h.cfg.saveAuthorities(box, h.keys.trust, in)
	if err != nil {
		return out, err
	}
	h.keys.mu.Lock()
	h.keys.authorities, h.keys.handed = fresh, in.Trust
	h.keys.mu.Unlock()
	out.Live = true
	return out, nil
}

// saveAuthorities proves that each intermediate is of the held root and that
// none is missing, and only then writes any. A crash between two files leaves a
// mixture in which each is good.
func (c Config) saveAuthorities(box seal.Custody, held *pki.TrustBundle, in AuthoritiesRequest) (map[pki.Role]*pki.Authority, AuthoritiesReply, error) {
	out := AuthoritiesReply{Until: make(map[pki.Role]time.Time)}
	trust, err := pki.ParseTrustBundle(in.Trust)
	if err != nil {
		return nil, out, err
	}
	if trust.Fingerprint() != held.Fingerprint() {
		return nil, out, fault.New(fault.Denied, opAuthorities, "this is the root of another network", nil)
	}
	fresh := make(map[pki.Role]*pki.Authority)
	for _, role := range pki.IssuerRoles() {
		a, err := pki.ParseAuthority(in.Authorities[role])
		if err != nil {
			return nil, out, fault.New(fault.Invalid, opAuthorities, string(role), err)
		}
		if a.Role != role || a.Cert.CheckSignatureFrom(held.Root) != nil {
			return nil, out, fault.New(fault.Denied, opAuthorities, string(role)+" is not of this root", nil)
		}
		fresh[role], out.Until[role] = a, a.Cert.NotAfter.UTC()
	}
	for role := range fresh {
		if err := seal.SaveSecret(c.keyPath(authorityFile(role)), box, purposeAuthority, in.Authorities[role]); err != nil {
			return nil, out, err
		}
	}
	return fresh, out, writePublic(c.keyPath(fileTrust), in.Trust)
}

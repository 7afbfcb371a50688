package portal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"time"

	"jaliya/hub/rpc"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

const (
	ringDir     = "keys"
	fileTrust   = "trust.pem"
	typeRequest = "CERTIFICATE REQUEST"
	// renewRound is how often the age of the certificate is looked at.
	renewRound = 10 * time.Minute
)

// Reply is what a member gives for a signing request; hub.CertifyReply is
// written in this form.
type Reply struct {
	Identity string `json:"identity"`
	Chain    []byte `json:"chain"`
	Trust    []byte `json:"trust"`
}

func openRing(c Config) (*pki.Keyring, error) {
	store, err := pki.NewFileKeys(c.path(ringDir))
	if err != nil {
		return nil, err
	}
	return pki.OpenKeyring(c.path(ringDir), store)
}

// Request makes this process's key and gives the signing request, as PEM. Asked
// again before Install, it gives one for the same key.
func Request(c Config) ([]byte, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fault.New(fault.Storage, "portal: request certificate", c.Dir, err)
	}
	ring, err := openRing(c)
	if err != nil {
		return nil, err
	}
	pending, err := ring.Prepare(pki.SlotWorking)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: typeRequest, Bytes: pending.CSR}), nil
}

// Install puts a member's reply in place and gives who this process is now.
// Whoever carried the reply says that it is the nation's; a later one must be
// of the same root.
func Install(c Config, r Reply, now time.Time) (pki.Identity, error) {
	const op = "portal: install certificate"
	trust, err := pki.ParseTrustBundle(r.Trust)
	if err != nil {
		return pki.Identity{}, err
	}
	held, err := loadTrust(c)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return pki.Identity{}, err
	}
	if err == nil && held.Fingerprint() != trust.Fingerprint() {
		return pki.Identity{}, fault.New(fault.Denied, op, "another root than the one that is installed", nil)
	}
	ring, err := openRing(c)
	if err != nil {
		return pki.Identity{}, err
	}
	pending, err := ring.Prepare(pki.SlotWorking)
	if err != nil {
		return pki.Identity{}, err
	}
	if err := install(ring, pending, offer{chain: r.Chain, trust: trust, now: now}); err != nil {
		return pki.Identity{}, err
	}
	if err := durable.WriteFile(c.path(fileTrust), r.Trust, 0o600); err != nil {
		return pki.Identity{}, fault.New(fault.Storage, op, fileTrust, err)
	}
	own, err := ring.Credential(pki.SlotWorking)
	if err != nil {
		return pki.Identity{}, err
	}
	return own.Identity, nil
}

func loadTrust(c Config) (*pki.TrustBundle, error) {
	raw, err := os.ReadFile(c.path(fileTrust))
	if err != nil {
		return nil, fault.New(fault.NotFound, "portal: load trust", "run `hub portal request`, `hub certify` and `hub portal install` first", err)
	}
	return pki.ParseTrustBundle(raw)
}

// offer is a chain that came, and what it is judged by.
type offer struct {
	chain []byte
	trust *pki.TrustBundle
	now   time.Time
}

// install verifies a chain before it is used: a portal's, of this nation.
func install(ring *pki.Keyring, pending *pki.Pending, o offer) error {
	chain, err := pki.DecodeChain(o.chain)
	if err != nil {
		return err
	}
	v := &pki.Verifier{Trust: o.trust, Roles: []pki.Role{pki.Portal}, Now: func() time.Time { return o.now }}
	if _, err := v.Verify(chain, x509.ExtKeyUsageClientAuth); err != nil {
		return err
	}
	return ring.Install(pending, chain)
}

// identity is who this process is towards members, renewed while it runs.
type identity struct {
	ring  *pki.Keyring
	trust *pki.TrustBundle
	now   func() time.Time
}

func loadIdentity(c Config) (*identity, error) {
	trust, err := loadTrust(c)
	if err != nil {
		return nil, err
	}
	ring, err := openRing(c)
	if err != nil {
		return nil, err
	}
	if _, err := ring.Credential(pki.SlotWorking); err != nil {
		return nil, err
	}
	return &identity{ring: ring, trust: trust, now: time.Now}, nil
}

// tls speaks to members of this nation and to nobody else.
func (i *identity) tls() (*tls.Config, error) {
	v := &pki.Verifier{Trust: i.trust, Roles: []pki.Role{pki.Member}, Now: i.now}
	return pki.MutualClient(i.ring.Source(pki.SlotWorking), v, "http/1.1")
}

// certificate is the state of the own certificate, for operators.
func (i *identity) certificate() error {
	own, err := i.ring.Credential(pki.SlotWorking)
	if err == nil && i.now().After(own.Leaf.NotAfter) {
		err = fault.New(fault.Expired, "portal: look at certificate", "ask a member for a new one: `hub portal request`", nil)
	}
	return err
}

// renew gets the next certificate when a third of this one's life is over.
func (i *identity) renew(ctx context.Context, m rpc.Member) (bool, error) {
	own, err := i.ring.Credential(pki.SlotWorking)
	if err != nil || i.now().Before(pki.RenewAt(own.Leaf)) {
		return false, err
	}
	pending, err := i.ring.Prepare(pki.SlotWorking)
	if err != nil {
		return false, err
	}
	fresh, err := m.Renew(ctx, rpc.RenewQuestion{CSR: pending.CSR})
	if err != nil {
		return false, err
	}
	if err := install(i.ring, pending, offer{chain: fresh.Chain, trust: i.trust, now: i.now()}); err != nil {
		return false, err
	}
	return true, nil
}

// keep renews until ctx ends. What fails is tried again at the next turn: there
// are days left.
func (i *identity) keep(ctx context.Context, m rpc.Member, log *slog.Logger) error {
	t := time.NewTicker(renewRound)
	defer t.Stop()
	for {
		renewed, err := i.renew(ctx, m)
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("certificate not renewed", slog.String("kind", fault.KindOf(err).String()))
		case renewed:
			log.Info("certificate renewed")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

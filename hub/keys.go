package hub

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Files under keys/ in the data directory. The root is meant to be taken away
// to an offline place after init.
const (
	fileRoot     = "root.age"
	fileTrust    = "trust.pem"
	fileReceipt  = "receipt.key"
	fileIntake   = "intake.key"
	fileIndex    = "index.key"
	fileCluster  = "cluster.id"
	fileMember   = "member.id"
	fileRestored = "restored" // of one that goes on from a backup, until the ledger knows
	fileJoined   = "joined"   // of a member that came to a hub that was there before it

	purposeAuthority = "authority"
	purposeIndex     = "index"
)

// keys is everything secret that a member holds (design.md section 7).
type keys struct {
	cluster wire.ClusterID
	member  pki.Identity
	trust   *pki.TrustBundle
	receipt atomic.Pointer[seal.SigningKey]
	intake  *seal.IntakeKeys
	index   []byte // HMAC key of the ledger's index
	ring    *pki.Keyring

	mu          sync.RWMutex // guards the two below, which hub ca renew replaces
	authorities map[pki.Role]*pki.Authority
	handed      []byte // bundle of trust that joiners get
}

// custody opens what wraps the keys at rest; create makes the key file.
func (c Config) custody(create bool) (seal.Custody, error) {
	c = c.WithDefaults()
	switch {
	case c.Custody.Credential != "":
		return seal.SystemdCredential(c.Custody.Credential)
	case create:
		return seal.CreateKeyFile(c.Custody.KeyFile)
	}
	return seal.OpenKeyFile(c.Custody.KeyFile)
}

func (c Config) keyPath(name string) string { return filepath.Join(c.Dir, "keys", name) }

func authorityFile(role pki.Role) string { return "authority-" + string(role) + ".key" }

// loadKeys reads what Init wrote.
func loadKeys(c Config) (*keys, error) {
	const op = "hub: load keys"
	k := &keys{authorities: make(map[pki.Role]*pki.Authority)}
	raw, err := os.ReadFile(c.keyPath(fileCluster))
	if err != nil {
		return nil, fault.New(fault.NotFound, op, "run `hub init` first, or `hub join` again", err)
	}
	box, err := c.custody(false)
	if err != nil {
		return nil, err
	}
	if k.cluster, err = wire.ParseClusterID(string(raw)); err != nil {
		return nil, err
	}
	if raw, err = os.ReadFile(c.keyPath(fileMember)); err != nil {
		return nil, fault.New(fault.NotFound, op, fileMember, err)
	}
	if k.member, err = pki.ParseIdentity(string(raw)); err != nil {
		return nil, err
	}
	if err := k.loadTrust(c, box); err != nil {
		return nil, err
	}
	return k, k.loadSecrets(c, box)
}

func (k *keys) loadTrust(c Config, box seal.Custody) error {
	const op = "hub: load trust"
	raw, err := os.ReadFile(c.keyPath(fileTrust))
	if err != nil {
		return fault.New(fault.NotFound, op, fileTrust, err)
	}
	if k.trust, err = pki.ParseTrustBundle(raw); err != nil {
		return err
	}
	k.handed = raw
	for _, role := range pki.IssuerRoles() {
		secret, err := seal.LoadSecret(c.keyPath(authorityFile(role)), box, purposeAuthority)
		if err != nil {
			return err
		}
		if k.authorities[role], err = pki.ParseAuthority(secret); err != nil {
			return err
		}
	}
	return nil
}

func (k *keys) loadSecrets(c Config, box seal.Custody) error {
	dicts, err := seal.BuiltIn()
	if err != nil {
		return err
	}
	receipt, err := seal.LoadSigningKey(c.keyPath(fileReceipt), box)
	if err != nil {
		return err
	}
	k.receipt.Store(receipt)
	if k.intake, err = seal.LoadIntakeKeys(c.keyPath(fileIntake), box, dicts); err != nil {
		return err
	}
	if k.index, err = seal.LoadSecret(c.keyPath(fileIndex), box, purposeIndex); err != nil {
		return err
	}
	store, err := pki.NewFileKeys(c.keyPath("member"))
	if err != nil {
		return err
	}
	k.ring, err = pki.OpenKeyring(c.keyPath("member"), store)
	return err
}

// authority gives the intermediate that issues for a role.
func (k *keys) authority(role pki.Role) *pki.Authority {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.authorities[role]
}

// trustPEM gives the bundle of trust for whoever joins.
func (k *keys) trustPEM() []byte {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.handed
}

// signer gives the key that signs receipts now.
func (k *keys) signer() *seal.SigningKey { return k.receipt.Load() }

// intakeKeys gives the public halves in the form that welcomes carry.
func (k *keys) intakeKeys() []wire.IntakeKey {
	public := k.intake.Public()
	return []wire.IntakeKey{{Number: public.ID, Public: public.Encode()}}
}

// newSecret draws 32 random bytes and keeps them wrapped.
func newSecret(path string, box seal.Custody, purpose string) error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return fault.New(fault.Internal, "hub: new secret", purpose, err)
	}
	defer clear(secret)
	return seal.SaveSecret(path, box, purpose, secret)
}

func writePublic(path string, data []byte) error {
	if err := durable.WriteFile(path, data, 0o600); err != nil {
		return fault.New(fault.Storage, "hub: write file", path, err)
	}
	return nil
}

package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"jaliya/internal/fault"
)

// Slot names a place for one credential in a keyring.
type Slot string

// The slots of a node; a member, portal or office has Working alone.
const (
	SlotWorking Slot = "working"
	SlotDevice  Slot = "device"
	SlotDesk    Slot = "desk"
)

var slotName = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)

// keyHeader is the PEM header that ties a chain to the label of its key.
const keyHeader = "Key"

// maxLabel bounds the file that names a waiting key, in bytes.
const maxLabel = 64

// Credential is a certificate with its intermediate and its key. It does not
// change once made.
type Credential struct {
	Identity Identity
	Leaf     *x509.Certificate
	Chain    []*x509.Certificate // as presented: leaf, then intermediate
	Signer   crypto.Signer
	label    string
	tls      tls.Certificate
}

// Keyring holds the credentials of one machine: one file for each slot's
// chain, the keys in a KeyStore. Credentials are replaced while in use; the
// next handshake presents the new one.
type Keyring struct {
	dir  string
	keys KeyStore
	mu   sync.RWMutex
	held map[Slot]*Credential // guarded by mu
}

// OpenKeyring reads all credentials of dir, making it if it is missing. A
// chain whose key is missing is an error: the machine has lost its identity.
func OpenKeyring(dir string, keys KeyStore) (*Keyring, error) {
	const op = "pki: open keyring"
	if keys == nil {
		return nil, fault.New(fault.Invalid, op, "no key store", nil)
	}
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.New(fault.Storage, op, dir, err)
	}
	k := &Keyring{dir: dir, keys: keys, held: make(map[Slot]*Credential)}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".pem")
		if !ok || !slotName.MatchString(name) {
			continue
		}
		c, err := k.load(Slot(name))
		if err != nil {
			return nil, err
		}
		k.held[Slot(name)] = c
	}
	return k, nil
}

func (k *Keyring) path(slot Slot) string { return filepath.Join(k.dir, string(slot)+".pem") }

func (k *Keyring) load(slot Slot) (*Credential, error) {
	const op = "pki: load credential"
	data, err := readFile(op, k.path(slot), MaxChain)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fault.New(fault.Corrupt, op, string(slot), nil)
	}
	chain, err := parseCerts(data)
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, string(slot), err)
	}
	label := block.Headers[keyHeader]
	key, err := k.keys.Open(label)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), op, string(slot), err)
	}
	return newCredential(label, key, chain)
}

func newCredential(label string, key crypto.Signer, chain []*x509.Certificate) (*Credential, error) {
	const op = "pki: new credential"
	if len(chain) != 2 {
		return nil, fault.New(fault.Invalid, op, "not a certificate and its intermediate", nil)
	}
	id, err := IdentityOf(chain[0])
	if err != nil {
		return nil, err
	}
	if !samePublicKey(chain[0], key) {
		return nil, fault.New(fault.Invalid, op, "the certificate is for another key", nil)
	}
	if err := chain[0].CheckSignatureFrom(chain[1]); err != nil {
		return nil, fault.New(fault.Invalid, op, "the intermediate is another's", err)
	}
	return &Credential{
		Identity: id, Leaf: chain[0], Chain: chain, Signer: key, label: label,
		tls: tls.Certificate{
			Certificate: [][]byte{chain[0].Raw, chain[1].Raw},
			PrivateKey:  key,
			Leaf:        chain[0],
		},
	}, nil
}

// Pending is a new key that waits for its certificate.
type Pending struct {
	Slot  Slot
	CSR   []byte // what the issuer is sent
	label string
	key   crypto.Signer
}

// Prepare makes a new key for a slot; it is durable when Prepare returns. The
// slot's present credential stays in use. A key that was prepared and got no
// certificate, because the machine or the link went down in between, is given
// again: asking twice for one key is what makes a join safe to repeat.
func (k *Keyring) Prepare(slot Slot) (*Pending, error) {
	const op = "pki: prepare key"
	if !slotName.MatchString(string(slot)) {
		return nil, fault.New(fault.Invalid, op, "slot", nil)
	}
	label, key, err := k.waiting(slot)
	if err != nil {
		return nil, err
	}
	if key == nil {
		if label, key, err = k.fresh(slot); err != nil {
			return nil, err
		}
	}
	csr, err := NewCSR(key)
	if err != nil {
		return nil, err
	}
	return &Pending{Slot: slot, CSR: csr, label: label, key: key}, nil
}

// Again gives the key that a slot holds, for a fresh certificate: who knows the
// machine by that key knows it still.
func (k *Keyring) Again(slot Slot) (*Pending, error) {
	c, err := k.Credential(slot)
	if err != nil {
		return nil, err
	}
	csr, err := NewCSR(c.Signer)
	if err != nil {
		return nil, err
	}
	return &Pending{Slot: slot, CSR: csr, label: c.label, key: c.Signer}, nil
}

func (k *Keyring) waitingPath(slot Slot) string { return filepath.Join(k.dir, string(slot)+".waiting") }

// waiting opens the key that waits for a slot's certificate, nil when there is
// none. A label without a key is left over from a crash before the key was made.
func (k *Keyring) waiting(slot Slot) (string, crypto.Signer, error) {
	const op = "pki: open waiting key"
	data, err := readFile(op, k.waitingPath(slot), maxLabel)
	if fault.Is(err, fault.NotFound) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	key, err := k.keys.Open(string(data))
	if fault.Is(err, fault.NotFound) {
		return "", nil, nil
	}
	return string(data), key, err
}

// fresh writes the label down before the key is made, so that no key is ever
// without a name that leads to it.
func (k *Keyring) fresh(slot Slot) (string, crypto.Signer, error) {
	suffix := make([]byte, 8)
	if _, err := rand.Read(suffix); err != nil {
		return "", nil, fault.New(fault.Internal, "pki: prepare key", "", err)
	}
	label := string(slot) + "-" + hex.EncodeToString(suffix)
	if err := WriteSecret(k.waitingPath(slot), []byte(label)); err != nil {
		return "", nil, err
	}
	key, err := k.keys.Create(label)
	return label, key, err
}

// Discard destroys a key that got no certificate. One that is in use it keeps.
func (k *Keyring) Discard(p *Pending) error {
	if c, err := k.Credential(p.Slot); err == nil && c.label == p.label {
		return nil
	}
	if err := removeFile(k.waitingPath(p.Slot)); err != nil {
		return err
	}
	return k.keys.Delete(p.label)
}

// Install puts a new chain into its slot: on disk and synced first, then in
// use, then the key before it is destroyed. An error of that last step is
// returned although the new certificate is in use. The caller has verified
// the chain.
func (k *Keyring) Install(p *Pending, chain []*x509.Certificate) error {
	c, err := newCredential(p.label, p.key, chain)
	if err != nil {
		return err
	}
	out := pem.EncodeToMemory(&pem.Block{
		Type: pemCertificate, Headers: map[string]string{keyHeader: p.label}, Bytes: chain[0].Raw,
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := WriteSecret(k.path(p.Slot), append(out, marshalCerts(chain[1:]...)...)); err != nil {
		return err
	}
	old := k.held[p.Slot]
	k.held[p.Slot] = c
	if err := removeFile(k.waitingPath(p.Slot)); err != nil {
		return err
	}
	if old != nil && old.label != c.label {
		return k.keys.Delete(old.label)
	}
	return nil
}

// Credential gives a slot's present credential, or fault.NotFound.
func (k *Keyring) Credential(slot Slot) (*Credential, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if c, ok := k.held[slot]; ok {
		return c, nil
	}
	return nil, fault.New(fault.NotFound, "pki: credential", string(slot), nil)
}

// Source gives the slot's present certificate to each handshake.
func (k *Keyring) Source(slot Slot) CertSource {
	return func() (*tls.Certificate, error) {
		c, err := k.Credential(slot)
		if err != nil {
			return nil, err
		}
		return &c.tls, nil
	}
}

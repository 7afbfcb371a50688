package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// KeyStore makes and keeps private keys under labels. Files keep them today; a
// token or a TPM can, since only a crypto.Signer ever leaves.
type KeyStore interface {
	// Create makes a new P-256 key; it is durable when Create returns.
	Create(label string) (crypto.Signer, error)
	// Open gives the key of a label, or fault.NotFound.
	Open(label string) (crypto.Signer, error)
	// Delete destroys a key; deleting a missing one is no error.
	Delete(label string) error
}

var keyLabel = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,79}$`)

func checkLabel(op, label string) error {
	if keyLabel.MatchString(label) {
		return nil
	}
	return fault.New(fault.Invalid, op, "label", nil)
}

// FileKeys keeps keys as PKCS #8 files of mode 0600 in one directory.
type FileKeys struct{ dir string }

// NewFileKeys uses dir, making it with mode 0700 if it is missing.
func NewFileKeys(dir string) (*FileKeys, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	return &FileKeys{dir: dir}, nil
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Storage, "pki: make directory", dir, err)
	}
	if err := durable.SyncDir(filepath.Dir(dir)); err != nil {
		return fault.New(fault.Storage, "pki: make directory", dir, err)
	}
	return nil
}

func (f *FileKeys) path(label string) string { return filepath.Join(f.dir, label+".key") }

// Create makes a key and returns after its file and directory are synced.
func (f *FileKeys) Create(label string) (crypto.Signer, error) {
	const op = "pki: create key"
	if err := checkLabel(op, label); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(f.path(label)); err == nil {
		return nil, fault.New(fault.Exists, op, label, nil)
	}
	key, err := newKey(op)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fault.New(fault.Internal, op, label, err)
	}
	return key, WriteSecret(f.path(label), pem.EncodeToMemory(&pem.Block{Type: pemPrivateKey, Bytes: der}))
}

// Open reads the key of a label.
func (f *FileKeys) Open(label string) (crypto.Signer, error) {
	const op = "pki: open key"
	if err := checkLabel(op, label); err != nil {
		return nil, err
	}
	data, err := readFile(op, f.path(label), MaxChain)
	if err != nil {
		return nil, err
	}
	key, certs, err := parseKeyAndCerts(data)
	if err != nil {
		return nil, fault.New(fault.Corrupt, op, label, err)
	}
	if len(certs) != 0 {
		return nil, fault.New(fault.Corrupt, op, label, nil)
	}
	return key, nil
}

// Delete removes the file of a label.
func (f *FileKeys) Delete(label string) error {
	if err := checkLabel("pki: delete key", label); err != nil {
		return err
	}
	return removeFile(f.path(label))
}

// MemoryKeys keeps keys for the life of the process, for tests and tools.
type MemoryKeys struct {
	mu   sync.Mutex
	keys map[string]crypto.Signer // guarded by mu
}

// NewMemoryKeys makes an empty store.
func NewMemoryKeys() *MemoryKeys { return &MemoryKeys{keys: map[string]crypto.Signer{}} }

// Create makes a key.
func (m *MemoryKeys) Create(label string) (crypto.Signer, error) {
	const op = "pki: create key"
	if err := checkLabel(op, label); err != nil {
		return nil, err
	}
	key, err := newKey(op)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.keys[label]; ok {
		return nil, fault.New(fault.Exists, op, label, nil)
	}
	m.keys[label] = key
	return key, nil
}

// Open gives the key of a label.
func (m *MemoryKeys) Open(label string) (crypto.Signer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if key, ok := m.keys[label]; ok {
		return key, nil
	}
	return nil, fault.New(fault.NotFound, "pki: open key", label, nil)
}

// Delete forgets the key of a label.
func (m *MemoryKeys) Delete(label string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.keys, label)
	return nil
}

func newKey(op string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	return key, nil
}

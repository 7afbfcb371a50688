package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

const opKeys = "outside/identity: keys"

// Keys are the provider's signing keys, the newest of which signs, and the salt
// of the pairwise subjects. Older keys stay published, since receipts are
// checked years later. Safe for concurrent use.
type Keys struct {
	dir  string // empty: in memory
	salt []byte

	mu   sync.Mutex // guards list
	list []jose.JSONWebKey
}

// OpenKeys reads the keys in a directory and makes what is missing. Without a
// directory they are in memory, for tests.
func OpenKeys(dir string) (*Keys, error) {
	k := &Keys{dir: dir}
	if dir == "" {
		k.salt = random(32)
		return k, k.Rotate()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.New(fault.Storage, opKeys, "directory", err)
	}
	if err := k.openSalt(); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "signing-*.pem"))
	if err != nil {
		return nil, fault.New(fault.Invalid, opKeys, "directory", err)
	}
	slices.Sort(names)
	for _, name := range names {
		key, err := ReadKey(name)
		if err != nil {
			return nil, err
		}
		if err := k.add(key); err != nil {
			return nil, err
		}
	}
	if len(k.list) == 0 {
		return k, k.Rotate()
	}
	return k, nil
}

func (k *Keys) openSalt() error {
	path := filepath.Join(k.dir, "pairwise.salt")
	salt, err := os.ReadFile(path) //nolint:gosec // the operator names the directory
	if errors.Is(err, fs.ErrNotExist) {
		salt = random(32)
		err = durable.WriteFile(path, salt, 0o600)
	}
	if err != nil {
		return fault.New(fault.Storage, opKeys, "salt", err)
	}
	k.salt = salt
	return nil
}

// Rotate makes a new key, which signs from now on.
func (k *Keys) Rotate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fault.New(fault.Internal, opKeys, "generate", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dir != "" {
		if err := WriteKey(filepath.Join(k.dir, fmt.Sprintf("signing-%04d.pem", len(k.list)+1)), key); err != nil {
			return err
		}
	}
	return k.add(key)
}

func (k *Keys) add(key *ecdsa.PrivateKey) error {
	one := jose.JSONWebKey{Key: key, Algorithm: string(jose.ES256), Use: "sig"}
	thumbprint, err := one.Thumbprint(crypto.SHA256)
	if err != nil {
		return fault.New(fault.Internal, opKeys, "thumbprint", err)
	}
	one.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	k.list = append(k.list, one)
	return nil
}

// signing gives the key that signs now.
func (k *Keys) signing() jose.JSONWebKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.list[len(k.list)-1]
}

// public gives what is published.
func (k *Keys) public() jose.JSONWebKeySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, one := range k.list {
		set.Keys = append(set.Keys, one.Public())
	}
	return set
}

// subject gives the pairwise subject of a person for a sector.
func (k *Keys) subject(sector, person string) string {
	mac := hmac.New(sha256.New, k.salt)
	_, _ = mac.Write([]byte(sector + "\n" + person)) // a hash takes everything
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func random(n int) []byte {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // crypto/rand ends the process instead of failing
	return raw
}

// WriteKey writes a private key as PEM.
func WriteKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fault.New(fault.Internal, opKeys, filepath.Base(path), err)
	}
	if err := durable.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return fault.New(fault.Storage, opKeys, filepath.Base(path), err)
	}
	return nil
}

// ReadKey reads what WriteKey wrote. NotFound when there is no such file.
func ReadKey(path string) (*ecdsa.PrivateKey, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, opKeys, filepath.Base(path), nil)
	}
	if err != nil {
		return nil, fault.New(fault.Storage, opKeys, filepath.Base(path), err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fault.New(fault.Corrupt, opKeys, filepath.Base(path), errors.New("no PEM"))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fault.New(fault.Corrupt, opKeys, filepath.Base(path), err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fault.New(fault.Corrupt, opKeys, filepath.Base(path), errors.New("not an EC key"))
	}
	return key, nil
}

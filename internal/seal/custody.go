package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"jaliya/internal/fault"
)

// Custody wraps secrets for the disk under a key that lies elsewhere: a key
// file, a systemd credential, a PKCS#11 token or a TPM. The purpose is bound,
// so a secret wrapped for one cannot be loaded as another. Implementations are
// safe for concurrent use and give Corrupt for a wrapping that is not theirs.
type Custody interface {
	Wrap(purpose string, secret []byte) ([]byte, error)
	Unwrap(purpose string, wrapped []byte) ([]byte, error)
}

// The purposes of secrets that this package itself keeps.
const (
	PurposeData    = "data-key"
	PurposeIntake  = "intake-keys"
	PurposePost    = "post-key"
	PurposeSigning = "signing-key"
)

// LocalCustody is custody under 32 or more secret bytes that this process can
// read.
type LocalCustody struct{ key *DataKey }

// NewLocalCustody takes the secret bytes themselves, at least 32, random.
// A member that hands keys to another over their mutual session uses a fresh
// one. Errors: Invalid.
func NewLocalCustody(secret []byte) (*LocalCustody, error) {
	const op = "seal: new custody"
	if len(secret) < KeySize {
		return nil, fault.New(fault.Invalid, op, fmt.Sprintf("%d bytes of secret, at least %d needed", len(secret), KeySize), nil)
	}
	master, err := hkdf.Key(sha256.New, secret, nil, "jaliya/custody/1", KeySize)
	if err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	key, err := dataKey(op, master)
	if err != nil {
		return nil, err
	}
	return &LocalCustody{key: key}, nil
}

// Wrap encrypts the secret for a purpose.
func (c *LocalCustody) Wrap(purpose string, secret []byte) ([]byte, error) {
	return c.key.Seal([]byte("jaliya/wrap/1"+purpose), secret)
}

// Unwrap decrypts what Wrap gave for the same purpose. Errors: Corrupt.
func (c *LocalCustody) Unwrap(purpose string, wrapped []byte) ([]byte, error) {
	return c.key.Open([]byte("jaliya/wrap/1"+purpose), wrapped)
}

// CreateKeyFile writes a new custody key of 32 random bytes, mode 0600, and
// returns after it is on disk. It never replaces one: Errors: Exists.
func CreateKeyFile(path string) (*LocalCustody, error) {
	secret := make([]byte, KeySize)
	if _, err := rand.Read(secret); err != nil {
		return nil, fault.New(fault.Internal, "seal: create key file", "", err)
	}
	defer clear(secret)
	if err := writePrivate(path, secret, false); err != nil {
		return nil, err
	}
	return NewLocalCustody(secret)
}

// OpenKeyFile is custody under a key file. Errors: NotFound; Denied when group
// or others may read or write it; Corrupt when it is not 32 bytes.
func OpenKeyFile(path string) (*LocalCustody, error) {
	secret, err := readPrivate(path, 0o077, KeySize+1)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	if len(secret) != KeySize {
		return nil, fault.New(fault.Corrupt, "seal: open key file", path, fmt.Errorf("%d bytes, want %d", len(secret), KeySize))
	}
	return NewLocalCustody(secret)
}

// maxCredential is systemd's own limit for one credential.
const maxCredential = 1 << 20

// SystemdCredential is custody under the credential that systemd loaded for
// this service (LoadCredentialEncrypted= binds it to the machine's TPM). The
// group bits are not looked at, because systemd grants the service user by
// access list, which shows there. Errors: NotFound, Denied, Invalid.
func SystemdCredential(name string) (*LocalCustody, error) {
	const op = "seal: open systemd credential"
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return nil, fault.New(fault.NotFound, op, "CREDENTIALS_DIRECTORY is not set: not started by systemd with a credential", nil)
	}
	if name == "" || name != filepath.Base(name) {
		return nil, fault.New(fault.Invalid, op, "credential name", nil)
	}
	secret, err := readPrivate(filepath.Join(dir, name), 0o007, maxCredential)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return NewLocalCustody(secret)
}

// WrapDataKey wraps a data key for the disk.
func WrapDataKey(c Custody, k *DataKey) ([]byte, error) {
	if k.aead == nil {
		return nil, fault.New(fault.Used, "seal: wrap data key", "key is destroyed", nil)
	}
	return c.Wrap(PurposeData, k.secret)
}

// UnwrapDataKey gives the data key that WrapDataKey wrapped. Errors: Corrupt.
func UnwrapDataKey(c Custody, wrapped []byte) (*DataKey, error) {
	secret, err := c.Unwrap(PurposeData, wrapped)
	if err != nil {
		return nil, err
	}
	return dataKey("seal: unwrap data key", secret)
}

// LoadOrCreateDataKey reads the data key from its file, or makes and saves one
// when there is no file; it never replaces one. A caller that already holds
// sealed values uses LoadDataKey instead, as a fresh key would not open
// them. Errors as LoadSecret and SaveSecret.
func LoadOrCreateDataKey(path string, c Custody) (*DataKey, error) {
	k, err := LoadDataKey(path, c)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = NewDataKey(); err != nil {
		return nil, err
	}
	wrapped, err := WrapDataKey(c, k)
	if err != nil {
		return nil, err
	}
	if err := writePrivate(path, wrapped, false); err != nil {
		return nil, err
	}
	return k, nil
}

// LoadDataKey reads the data key from its file. Errors as LoadSecret.
func LoadDataKey(path string, c Custody) (*DataKey, error) {
	secret, err := LoadSecret(path, c, PurposeData)
	if err != nil {
		return nil, err
	}
	return dataKey("seal: load data key", secret)
}

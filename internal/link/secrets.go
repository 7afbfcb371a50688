package link

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// Secrets are the keys of one socket: Reset lets peers notice at once that we
// restarted, Token lets them prove their address. They are each member's own,
// never shared (RFC 9000 section 10.3, D28).
type Secrets struct {
	Reset [32]byte
	Token [32]byte
	Made  time.Time // when Token was made
}

// tokenLife is how long a token key is used (D28: rotated monthly).
const tokenLife = 30 * 24 * time.Hour

const secretsSize = 8 + 32 + 32

// LoadSecrets reads the secrets of a file, makes them when it is missing and
// replaces the token key when it is a month old. It returns after any change
// is synced.
func LoadSecrets(path string, now time.Time) (*Secrets, error) {
	const op = "link: load secrets"
	data, err := os.ReadFile(path) //nolint:gosec // G304: the path is the operator's configuration
	s := &Secrets{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := rand.Read(s.Reset[:]); err != nil {
			return nil, fault.New(fault.Internal, op, "", err)
		}
	case err != nil:
		return nil, fault.New(fault.Storage, op, path, err)
	case len(data) != secretsSize:
		return nil, fault.New(fault.Corrupt, op, path, nil)
	default:
		s.Made = time.Unix(int64(binary.BigEndian.Uint64(data)), 0) //nolint:gosec // G115: written by us from an int64
		copy(s.Reset[:], data[8:40])
		copy(s.Token[:], data[40:])
		if age := now.Sub(s.Made); age >= 0 && age < tokenLife {
			return s, nil
		}
	}
	if _, err := rand.Read(s.Token[:]); err != nil {
		return nil, fault.New(fault.Internal, op, "", err)
	}
	s.Made = now
	out := binary.BigEndian.AppendUint64(nil, uint64(now.Unix())) //nolint:gosec // G115: read back as an int64
	out = append(append(out, s.Reset[:]...), s.Token[:]...)
	return s, pki.WriteSecret(path, out)
}

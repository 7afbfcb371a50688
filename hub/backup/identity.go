package backup

import (
	"errors"
	"io"
	"os"
	"strings"

	"filippo.io/age"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// maxKeyFile bounds a file with a recipient or an identity, in bytes.
const maxKeyFile = 64 << 10

// NewIdentity writes a fresh identity to a file that is not there yet, mode 0600,
// and gives the recipient to encrypt to. Like what posts seal, it is a hybrid of
// ML-KEM-768 and X25519: a copy that is stolen today waits for tomorrow's machines.
func NewIdentity(path string) (recipient string, err error) {
	const op = "backup: make identity"
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", fault.New(fault.Internal, op, "", err)
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fault.New(fault.Exists, op, path+" is there already", nil)
	}
	text := "# Opens backups. Keep it in an offline place, and a second copy in another.\n" + id.String() + "\n"
	if err := durable.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fault.New(kindOf(err), op, path, err)
	}
	return id.Recipient().String(), nil
}

// ReadIdentity reads a file of NewIdentity, or one with an X25519 identity.
// Errors: NotFound, Denied when others may read it, Invalid.
func ReadIdentity(path string) (age.Identity, error) {
	const op = "backup: read identity"
	text, info, err := readKey(op, path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Denied, op, path+": others may read it; chmod 600", nil)
	}
	list, err := age.ParseIdentities(strings.NewReader(text))
	if err == nil && len(list) != 1 {
		err = errors.New("more than one")
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, op, path, err)
	}
	return list[0], nil
}

// ReadRecipient reads a file with one recipient, as keygen prints it, and gives
// its text. Errors: NotFound, Invalid.
func ReadRecipient(path string) (string, error) {
	const op = "backup: read recipient"
	text, _, err := readKey(op, path)
	if err != nil {
		return "", err
	}
	if _, err := Recipients(text); err != nil {
		return "", fault.New(fault.Invalid, op, path, err)
	}
	return text, nil
}

// Recipients reads the text of ReadRecipient.
func Recipients(text string) ([]age.Recipient, error) {
	list, err := age.ParseRecipients(strings.NewReader(text))
	if err == nil && len(list) != 1 {
		err = errors.New("more than one")
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "backup: read recipient", "", err)
	}
	return list, nil
}

// WithWitness adds a recipient whose identity lives in this process alone: so
// what was written can be read back and proved where the offline identity is not.
// age mixes no kinds, for the weaker one would be what counts.
func WithWitness(to []age.Recipient) ([]age.Recipient, age.Identity, error) {
	const op = "backup: make witness"
	if _, ok := to[0].(*age.HybridRecipient); ok {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			return nil, nil, fault.New(fault.Internal, op, "", err)
		}
		return append(to, id.Recipient()), id, nil
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, fault.New(fault.Internal, op, "", err)
	}
	return append(to, id.Recipient()), id, nil
}

func readKey(op, path string) (string, os.FileInfo, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", nil, fault.New(fault.NotFound, op, path, err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	info, stat := f.Stat()
	if err := errors.Join(err, stat, f.Close()); err != nil {
		return "", nil, fault.New(fault.Storage, op, path, err)
	}
	if len(raw) > maxKeyFile {
		return "", nil, fault.New(fault.TooLarge, op, path, nil)
	}
	return string(raw), info, nil
}

package hub

import (
	"errors"
	"io/fs"
	"os"

	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
)

// sharedKey is a secret that all members hold alike (design.md section 7).
type sharedKey struct{ file, purpose string }

// sharedKeys are those secrets. Keys of one machine are not among them: its
// identity, its sockets' secrets, what wraps its files.
func sharedKeys() []sharedKey {
	list := []sharedKey{
		{fileReceipt, seal.PurposeSigning},
		{fileIntake, seal.PurposeIntake},
		{fileIndex, purposeIndex},
		{fileOfficers, seal.PurposeData},
	}
	for _, role := range pki.IssuerRoles() {
		list = append(list, sharedKey{authorityFile(role), purposeAuthority})
	}
	return list
}

// secretFile is one of them on its way to another member.
type secretFile struct {
	Name   string `cbor:"1,keyasint"`
	Secret []byte `cbor:"2,keyasint"`
}

// readShared unwraps the secrets for another member.
func (c Config) readShared(box seal.Custody) ([]secretFile, error) {
	var files []secretFile
	for _, key := range sharedKeys() {
		secret, err := seal.LoadSecret(c.keyPath(key.file), box, key.purpose)
		if errors.Is(err, fs.ErrNotExist) && key.file == fileOfficers {
			continue // made with the first console
		}
		if err != nil {
			return nil, err
		}
		files = append(files, secretFile{key.file, secret})
	}
	return files, nil
}

// writeShared wraps what another member sent. It wants all that a hub cannot be
// without, and nothing else.
func (c Config) writeShared(box seal.Custody, files []secretFile) error {
	const op = "hub: keep shared keys"
	given := make(map[string][]byte, len(files))
	for _, f := range files {
		given[f.Name] = f.Secret
	}
	for _, key := range sharedKeys() {
		secret, ok := given[key.file]
		delete(given, key.file)
		switch {
		case !ok && key.file == fileOfficers:
			continue
		case !ok:
			return fault.New(fault.Invalid, op, key.file+" was not sent", nil)
		}
		if err := seal.SaveSecret(c.keyPath(key.file), box, key.purpose, secret); err != nil {
			return err
		}
		clear(secret)
	}
	if len(given) != 0 {
		return fault.New(fault.Invalid, op, "keys that this version does not know", nil)
	}
	return nil
}

// joined reports whether this member came to a hub that was there before it.
func (c Config) joined() (bool, error) {
	_, err := os.Stat(c.keyPath(fileJoined))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	}
	return false, fault.New(fault.Storage, "hub: look for", fileJoined, err)
}

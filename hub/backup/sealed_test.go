package backup_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/backup"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// TestSealedDamaged flips a bit in each region of an encrypted file, and cuts it
// at each.
func TestSealedDamaged(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir)
	defer func() { require.NoError(t, a.Close()) }()
	id, to := identity(t)
	name := fill(t, a, to, random(t, 150_000), nil)
	held, err := a.Find(name)
	require.NoError(t, err)
	of := held.Signed.Manifest.State
	path := filepath.Join(dir, name, backup.FileState)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	try := func(raw []byte, of backup.File) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, raw, 0o600))
		err := a.Check(name, backup.FileState, of, id)
		require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
		err = a.Decrypt(name, backup.FileState, of, id, io.Discard)
		require.Error(t, err)
	}
	for at := 0; at < len(whole); at += 997 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 0x10
		try(flipped, of)
		try(whole[:at], of)
		require.NoError(t, os.WriteFile(path, whole[:at], 0o600))
		short := backup.File{Bytes: int64(at), SHA256: wire.Digest(sha256.Sum256(whole[:at])).String()}
		err := a.Decrypt(name, backup.FileState, short, id, io.Discard)
		require.True(t, fault.Is(err, fault.Corrupt), "age itself finds the end missing: %v", err)
	}
	try(append(bytes.Clone(whole), 0), of)
	require.NoError(t, os.Remove(path))
	err = a.Check(name, backup.FileState, of, id)
	require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
}

var errBroken = errors.New("broken")

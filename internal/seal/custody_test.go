package seal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/seal"
)

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "custody.key")
	made, err := seal.CreateKeyFile(path)
	require.NoError(t, err)
	wrapped, err := made.Wrap("p", body)
	require.NoError(t, err)

	t.Run("OK", func(t *testing.T) {
		requirePrivate(t, path)
		c, err := seal.OpenKeyFile(path)
		require.NoError(t, err)
		got, err := c.Unwrap("p", wrapped)
		require.NoError(t, err)
		require.Equal(t, body, got)
	})
	t.Run("ErrPurpose", func(t *testing.T) {
		_, err := made.Unwrap("q", wrapped)
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("ErrExists", func(t *testing.T) {
		_, err := seal.CreateKeyFile(path)
		requireKind(t, fault.Exists, err)
		requireNoLeftovers(t, dir, 1)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := seal.OpenKeyFile(filepath.Join(dir, "none"))
		requireKind(t, fault.NotFound, err)
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
	t.Run("ErrReadableByOthers", func(t *testing.T) {
		for _, mode := range []fs.FileMode{0o604, 0o640, 0o620, 0o644} {
			require.NoError(t, os.Chmod(path, mode))
			_, err := seal.OpenKeyFile(path)
			requireKind(t, fault.Denied, err)
		}
		require.NoError(t, os.Chmod(path, 0o600))
	})
	t.Run("ErrNotAFile", func(t *testing.T) {
		_, err := seal.OpenKeyFile(dir)
		requireKind(t, fault.Denied, err)
	})
	t.Run("ErrLength", func(t *testing.T) {
		for _, n := range []int{0, 31, 33, 5000} {
			short := filepath.Join(t.TempDir(), "short")
			require.NoError(t, os.WriteFile(short, noise(1, n), 0o600))
			_, err := seal.OpenKeyFile(short)
			requireKind(t, fault.Corrupt, err)
		}
		_, err := seal.NewLocalCustody(noise(1, 31))
		requireKind(t, fault.Invalid, err)
	})
	t.Run("ErrNoDirectory", func(t *testing.T) {
		_, err := seal.CreateKeyFile(filepath.Join(dir, "none", "k"))
		requireKind(t, fault.Storage, err)
	})
}

func TestSystemdCredential(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "node-key"), noise(1, 64), 0o440))
	t.Run("OK", func(t *testing.T) {
		c, err := seal.SystemdCredential("node-key")
		require.NoError(t, err)
		_, err = c.Wrap("p", body)
		require.NoError(t, err)
	})
	t.Run("ErrReadableByAll", func(t *testing.T) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "open"), noise(1, 64), 0o400))
		require.NoError(t, os.Chmod(filepath.Join(dir, "open"), 0o444))
		_, err := seal.SystemdCredential("open")
		requireKind(t, fault.Denied, err)
	})
	t.Run("ErrName", func(t *testing.T) {
		for _, name := range []string{"", "../node-key", "a/b"} {
			_, err := seal.SystemdCredential(name)
			requireKind(t, fault.Invalid, err)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := seal.SystemdCredential("none")
		requireKind(t, fault.NotFound, err)
		t.Setenv("CREDENTIALS_DIRECTORY", "")
		_, err = seal.SystemdCredential("node-key")
		requireKind(t, fault.NotFound, err)
	})
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	c, err := seal.CreateKeyFile(at("custody.key"))
	require.NoError(t, err)
	dicts := plainDicts(t)

	t.Run("OK/DataKey", func(t *testing.T) {
		k, err := seal.LoadOrCreateDataKey(at("data.key"), c)
		require.NoError(t, err)
		requirePrivate(t, at("data.key"))
		s, err := k.Seal(nil, body)
		require.NoError(t, err)
		again, err := seal.LoadOrCreateDataKey(at("data.key"), c)
		require.NoError(t, err)
		_, err = again.Open(nil, s)
		require.NoError(t, err)
		wrapped, err := seal.WrapDataKey(c, k)
		require.NoError(t, err)
		third, err := seal.UnwrapDataKey(c, wrapped)
		require.NoError(t, err)
		_, err = third.Open(nil, s)
		require.NoError(t, err)
	})
	t.Run("OK/SigningKey", func(t *testing.T) {
		k, err := seal.GenerateSigningKey()
		require.NoError(t, err)
		require.NoError(t, k.Save(at("journal.key"), c))
		requirePrivate(t, at("journal.key"))
		again, err := seal.LoadSigningKey(at("journal.key"), c)
		require.NoError(t, err)
		require.Equal(t, k, again)
	})
	t.Run("OK/PostKey", func(t *testing.T) {
		k, err := seal.GeneratePostKey(dicts)
		require.NoError(t, err)
		require.NoError(t, k.Save(at("post.key"), c))
		again, err := seal.LoadPostKey(at("post.key"), c, dicts)
		require.NoError(t, err)
		require.Equal(t, k.Public(), again.Public())
	})
	t.Run("OK/IntakeKeys", func(t *testing.T) {
		k := newKeys(t)
		require.NoError(t, k.Save(at("intake.keys"), c))
		_, err := k.Rotate()
		require.NoError(t, err)
		require.NoError(t, k.Save(at("intake.keys"), c))
		again, err := seal.LoadIntakeKeys(at("intake.keys"), c, dicts)
		require.NoError(t, err)
		require.Equal(t, k.Public(), again.Public())
	})
	t.Run("ErrPurpose", func(t *testing.T) {
		_, err := seal.LoadSigningKey(at("post.key"), c)
		requireKind(t, fault.Corrupt, err)
		_, err = seal.LoadPostKey(at("journal.key"), c, dicts)
		requireKind(t, fault.Corrupt, err)
		_, err = seal.LoadIntakeKeys(at("data.key"), c, dicts)
		requireKind(t, fault.Corrupt, err)
		_, err = seal.LoadOrCreateDataKey(at("post.key"), c)
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("ErrOtherCustody", func(t *testing.T) {
		other, err := seal.CreateKeyFile(at("other.key"))
		require.NoError(t, err)
		_, err = seal.LoadDataKey(at("data.key"), other)
		requireKind(t, fault.Corrupt, err)
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := seal.LoadSigningKey(at("none"), c)
		requireKind(t, fault.NotFound, err)
		_, err = seal.LoadDataKey(at("none"), c)
		requireKind(t, fault.NotFound, err)
	})
	t.Run("ErrTargetIsDirectory", func(t *testing.T) {
		require.NoError(t, os.Mkdir(at("taken"), 0o700))
		requireKind(t, fault.Storage, seal.SaveSecret(at("taken"), c, "p", body))
	})
	requireNoLeftovers(t, dir, 7)
}

func requirePrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
}

func requireNoLeftovers(t *testing.T, dir string, want int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, want, "%v", entries)
}

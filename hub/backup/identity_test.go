package backup_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"jaliya/hub/backup"
	"jaliya/internal/fault"
)

func FuzzRecipients(f *testing.F) {
	f.Add("age1")
	f.Add("# nothing\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := backup.Recipients(text)
		if err == nil {
			require.Len(t, list, 1)
		}
	})
}

// identity makes an identity as keygen does, and both its halves.
func identity(tb testing.TB) (age.Identity, []age.Recipient) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "id.age")
	text, err := backup.NewIdentity(path)
	require.NoError(tb, err)
	id, err := backup.ReadIdentity(path)
	require.NoError(tb, err)
	to, err := backup.Recipients(text)
	require.NoError(tb, err)
	return id, to
}

func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "id.age")
	text, err := backup.NewIdentity(path)
	require.NoError(t, err)
	_, err = backup.NewIdentity(path)
	require.True(t, fault.Is(err, fault.Exists), "%v", err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	put := func(name, text string, mode os.FileMode) string {
		p := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(p, []byte(text), mode))
		return p
	}
	got, err := backup.ReadRecipient(put("to", "# ours\n"+text+"\n", 0o644))
	require.NoError(t, err)
	_, err = backup.Recipients(got)
	require.NoError(t, err)
	secret, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, c := range []struct {
		name, path string
		want       fault.Kind
	}{
		{"ErrNone", filepath.Join(dir, "none"), fault.NotFound},
		{"ErrEmpty", put("empty", "", 0o600), fault.Invalid},
		{"ErrTwo", put("two", text+"\n"+text+"\n", 0o600), fault.Invalid},
		{"ErrTooLarge", put("large", string(make([]byte, 70_000)), 0o600), fault.TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := backup.ReadRecipient(c.path)
			require.True(t, fault.Is(err, c.want), "%v", err)
			_, err = backup.ReadIdentity(c.path)
			require.True(t, fault.Is(err, c.want), "%v", err)
		})
	}
	_, err = backup.ReadRecipient(path)
	require.True(t, fault.Is(err, fault.Invalid), "an identity is no recipient: %v", err)
	require.NotContains(t, err.Error(), "AGE-SECRET-KEY")
	_, err = backup.ReadIdentity(put("open", string(secret), 0o644))
	require.True(t, fault.Is(err, fault.Denied), "%v", err)

	old, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for _, to := range []string{text, old.Recipient().String()} {
		offline, err := backup.Recipients(to)
		require.NoError(t, err)
		both, witness, err := backup.WithWitness(offline)
		require.NoError(t, err)
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, both...)
		require.NoError(t, err, "no kinds are mixed")
		require.NoError(t, w.Close())
		_, err = age.Decrypt(&sealed, witness)
		require.NoError(t, err)
	}
}

package backup_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/backup"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestObjects(t *testing.T) {
	dir := t.TempDir()
	content := random(t, 70_000)
	digest := wire.Digest(sha256.Sum256(content))
	path := filepath.Join(dir, "objects", digest.String()[:2], digest.String())
	from := func(b []byte, err error) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), err }
	}
	never := func() (io.ReadCloser, error) {
		t.Error("it was copied again")
		return nil, errBroken
	}
	s := backup.StoreIn(dir)
	for name, open := range map[string]func() (io.ReadCloser, error){
		"ErrSource": from(nil, errBroken), "ErrOtherBytes": from([]byte("other"), nil), "ErrCut": from(content[:69_999], nil),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.Keep(digest, open)
			require.Error(t, err)
			require.NoFileExists(t, path)
			require.NoFileExists(t, path+".part")
			_, err = s.Open(digest)
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		})
	}
	size, copied, err := s.Keep(digest, from(content, nil))
	require.NoError(t, err)
	require.True(t, copied)
	require.EqualValues(t, len(content), size)
	require.NoError(t, s.Settle())
	size, copied, err = s.Keep(digest, never)
	require.NoError(t, err)
	require.False(t, copied, "it is there and proved")
	require.EqualValues(t, len(content), size)

	for _, bad := range [][]byte{content[:1], append([]byte{content[0] ^ 1}, content[1:]...), append(bytes.Clone(content), 0), {}} {
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		_, copied, err = s.Keep(digest, from(content, nil))
		require.NoError(t, err)
		require.True(t, copied, "what the target has spoiled is replaced")
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, got))
	}
	require.NoError(t, os.WriteFile(path, content[:1], 0o600))
	_, _, err = s.Keep(digest, from(nil, errBroken))
	require.ErrorIs(t, err, errBroken, "damaged and nowhere else")
}

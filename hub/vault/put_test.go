package vault_test

import (
	"crypto/sha256"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/vault"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestPut(t *testing.T) {
	dir := t.TempDir()
	v := open(t, dir)
	for _, size := range []int{1, 1000, 64 << 10, 64<<10 + 1, 600 << 10} {
		content, _ := object(uint64(size), size)
		digest, err := v.Put(content)
		require.NoError(t, err)
		require.Equal(t, wire.Digest(sha256.Sum256(content)), digest)
		again, err := v.Put(content)
		require.NoError(t, err, "the same content is stored once")
		require.Equal(t, digest, again)
		file, err := open(t, dir).Open(digest)
		require.NoError(t, err)
		held, err := io.ReadAll(file)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		require.Equal(t, content, held)
	}
	_, err := v.Put(nil)
	require.Error(t, err)
	full, err := vault.OpenDirectory(t.TempDir(), 1<<60)
	require.NoError(t, err)
	_, err = full.Put([]byte("x"))
	require.True(t, fault.Is(err, fault.Full), err)
}

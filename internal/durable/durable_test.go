package durable_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/durable"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	read := func(t *testing.T) string {
		t.Helper()
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(got)
	}
	t.Run("OKNew", func(t *testing.T) {
		require.NoError(t, durable.WriteFile(path, []byte("first"), 0o600))
		require.Equal(t, "first", read(t))
	})
	t.Run("OKReplacesOverLeftover", func(t *testing.T) {
		require.NoError(t, os.WriteFile(path+".tmp", []byte("torn and long"), 0o600))
		require.NoError(t, durable.WriteFile(path, []byte("2nd"), 0o600))
		require.Equal(t, "2nd", read(t))
		require.NoFileExists(t, path+".tmp")
	})
	t.Run("ErrDirectoryMissing", func(t *testing.T) {
		err := durable.WriteFile(filepath.Join(dir, "no", "f"), nil, 0o600)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.ErrorIs(t, durable.SyncDir(filepath.Join(dir, "no")), fs.ErrNotExist)
	})
	t.Run("ErrNameTaken", func(t *testing.T) {
		_, err := durable.Create(path, 0o600)
		require.ErrorIs(t, err, fs.ErrExist)
		require.NoError(t, durable.Link(path, path+"2"))
		require.ErrorIs(t, durable.Link(path, path+"2"), fs.ErrExist)
	})
}

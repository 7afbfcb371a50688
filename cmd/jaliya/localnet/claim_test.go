package localnet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClaim(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, claim(dir), "an empty one")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "hub"), 0o700))
	require.NoError(t, claim(dir), "its own again")

	other := t.TempDir()
	source := filepath.Join(other, "hub")
	require.NoError(t, os.Mkdir(source, 0o700))
	require.ErrorContains(t, claim(other), "holds something else")
	held, err := os.ReadDir(other)
	require.NoError(t, err)
	require.Len(t, held, 1, "nothing was written")
	require.DirExists(t, source)
	require.Error(t, claim(filepath.Join(other, "none")))
}

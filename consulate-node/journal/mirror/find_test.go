package mirror_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// FuzzFind reads whatever lies on a second disk: it is refused or it proves, and a
// store made of it opens.
func FuzzFind(f *testing.F) {
	f.Add([]byte("JALMIR1\n"), []byte{})
	f.Fuzz(func(t *testing.T, base, log []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "base-0000000000000001.jm"), base, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "log-0000000000000001.jm"), log, 0o600))
		h, err := mirror.Find(dir)
		if err != nil {
			require.Equal(t, fault.Corrupt.String(), fault.KindOf(err).String())
			return
		}
		set := func(kv.Writer, mirror.Position) error { return nil }
		err = h.Rebuild(filepath.Join(dir, "store"), set, func(kv.Reader) error { return nil })
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Corrupt, fault.Invalid, fault.TooLarge}, fault.KindOf(err), "%v", err)
		}
	})
}

func TestFindNothing(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "away")} {
		_, err := mirror.Find(dir)
		require.Equal(t, fault.NotFound.String(), fault.KindOf(err).String())
		require.True(t, errors.Is(err, mirror.ErrNone))
	}
}

func TestSameDisk(t *testing.T) {
	dir := t.TempDir()
	same, err := mirror.SameDisk(dir, filepath.Join(dir, "not there yet"))
	require.NoError(t, err)
	require.True(t, same)
	same, err = mirror.SameDisk(dir, "/proc")
	require.NoError(t, err)
	require.False(t, same)
	_, err = mirror.SameDisk(dir, filepath.Join(dir, "a", "b"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

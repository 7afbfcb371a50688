package seal_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/seal"
)

// TestSavedAgain: a key that was saved is the same key when it is saved again,
// as a ring is after each rotation.
func TestSavedAgain(t *testing.T) {
	custody, err := seal.NewLocalCustody(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	dicts, err := seal.NewDictionaries(0, nil)
	require.NoError(t, err)
	dir := t.TempDir()

	t.Run("Intake", func(t *testing.T) {
		keys, err := seal.GenerateIntakeKeys(dicts)
		require.NoError(t, err)
		path, record := filepath.Join(dir, "intake"), [16]byte{1}
		require.NoError(t, keys.Save(path, custody))
		visit, err := seal.NewVisit(keys.Public(), record, dicts)
		require.NoError(t, err)
		sealed, err := visit.SealBody([]byte("body"), nil)
		require.NoError(t, err)
		_, err = keys.Rotate()
		require.NoError(t, err)
		_, err = keys.Marshal(custody)
		require.NoError(t, err)
		require.NoError(t, keys.Save(path, custody))
		loaded, err := seal.LoadIntakeKeys(path, custody, dicts)
		require.NoError(t, err)
		for _, ring := range []*seal.IntakeKeys{keys, loaded} {
			opened, err := ring.Open(sealed, record, nil)
			require.NoError(t, err)
			require.Equal(t, "body", string(opened.Body()))
		}
	})
	t.Run("Post", func(t *testing.T) {
		key, err := seal.GeneratePostKey(dicts)
		require.NoError(t, err)
		path := filepath.Join(dir, "post")
		require.NoError(t, key.Save(path, custody))
		require.NoError(t, key.Save(path, custody))
		loaded, err := seal.LoadPostKey(path, custody, dicts)
		require.NoError(t, err)
		require.Equal(t, key.Public(), loaded.Public())
	})
}

package ledger_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

var errStop = errors.New("stop")

// exportedPoint writes what ExportPoint gives into a file.
func exportedPoint(t *testing.T, l *ledger.Ledger) (path string, p ledger.Point) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, l.ExportPoint(func(at ledger.Point, size int64, content io.WriterTo) error {
		p = at
		var b bytes.Buffer
		n, err := content.WriteTo(&b)
		require.EqualValues(t, size, n)
		return errors.Join(err, os.WriteFile(path, b.Bytes(), 0o600))
	}))
	return path, p
}

func TestCopy(t *testing.T) {
	h := newHub(t)
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), ledger.Options{})
	require.NoError(t, err)
	_, err = l.Apply(h.log)
	require.NoError(t, err)
	require.ErrorIs(t, l.ExportPoint(func(ledger.Point, int64, io.WriterTo) error { return errStop }), errStop)
	path, p := exportedPoint(t, l)
	index, hash, err := l.StateHash()
	require.NoError(t, err)
	leaves, root, err := l.Root()
	require.NoError(t, err)
	require.Equal(t, index, p.Index)
	require.Equal(t, hash, p.Hash)
	require.Equal(t, leaves, p.Leaves)
	require.Equal(t, root, p.Root)
	require.NoError(t, l.Close())

	c, err := ledger.OpenCopy(path)
	require.NoError(t, err)
	require.Equal(t, p, c.Point)
	require.Empty(t, c.Cluster.Secret)
	require.NotEmpty(t, c.Cluster.Receipt)

	next := ledger.Position{Index: p.Index + 1, Term: p.Term + 1, Members: []byte("alone"), MembersIndex: p.Index + 1}
	require.True(t, fault.Is(ledger.Move(path, c.Position), fault.Stale))
	require.NoError(t, ledger.Move(path, next))
	moved, err := ledger.OpenCopy(path)
	require.NoError(t, err)
	require.Equal(t, next, moved.Position)
	require.Equal(t, p.Root, moved.Point.Root)

	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := range 16 {
		size := len(raw) * at / 16
		require.NoError(t, os.WriteFile(path, raw[:size], 0o600))
		_, err = ledger.OpenCopy(path)
		require.Error(t, err, "cut at %d", size)
	}
}

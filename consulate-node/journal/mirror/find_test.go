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
	whole, transactions := written(f)
	f.Add(whole, transactions)
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

// rows is a source of a few pairs.
type rows map[string]string

func (rows) Begin() (mirror.Position, error) { return mirror.Position{N: 1, Hash: [32]byte{1}}, nil }

func (r rows) Dump(at func(mirror.Position) error, pair func(bucket, key, value []byte) error) error {
	if err := at(mirror.Position{N: 1, Hash: [32]byte{1}}); err != nil {
		return err
	}
	for k, v := range r {
		if err := pair([]byte("rows"), []byte(k), []byte(v)); err != nil {
			return err
		}
	}
	return nil
}

func (rows) Contains(func(bucket, key []byte) []byte) (bool, error) { return true, nil }

func (rows) Named([32]byte) (bool, error) { return false, nil }

// written is a mirror of three pairs and one transaction.
func written(tb testing.TB) (base, log []byte) {
	tb.Helper()
	dir := tb.TempDir()
	m := mirror.New(mirror.Options{Dir: filepath.Join(dir, "mirror"), Journal: dir, SameDisk: true})
	m.Run(rows{"a": "1", "b": "2", "c": "3"})
	require.Equal(tb, mirror.Good, m.Status().State, "%+v", m.Status())
	p, err := m.Prepare(mirror.Position{N: 1, Hash: [32]byte{1}}, []mirror.Op{{Bucket: []byte("rows"), Key: []byte("d"), Value: []byte("4")}})
	require.NoError(tb, err)
	m.Write(p)
	require.NoError(tb, m.Close())
	read := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(dir, "mirror", name))
		require.NoError(tb, err)
		return raw
	}
	return read("base-0000000000000001.jm"), read("log-0000000000000001.jm")
}

// TestWritten makes a store of what was written.
func TestWritten(t *testing.T) {
	dir := t.TempDir()
	base, log := written(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "base-0000000000000001.jm"), base, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "log-0000000000000001.jm"), log, 0o600))
	h, err := mirror.Find(dir)
	require.NoError(t, err)
	require.EqualValues(t, 2, h.End.N)
	got := map[string]string{}
	require.NoError(t, h.Rebuild(filepath.Join(dir, "store"), func(kv.Writer, mirror.Position) error { return nil }, func(r kv.Reader) error {
		r.Ascend([]byte("rows"), nil, func(k, v []byte) bool { got[string(k)] = string(v); return true })
		return nil
	}))
	require.Equal(t, map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}, got)
}

// moved is a source that has come to another position.
type moved struct {
	rows
	at mirror.Position
}

func (m moved) Begin() (mirror.Position, error) { return m.at, nil }

func (m moved) Dump(at func(mirror.Position) error, pair func(bucket, key, value []byte) error) error {
	return m.rows.Dump(func(mirror.Position) error { return at(m.at) }, pair)
}

// TestFindOfEquals leaves two generations that reach equally far: the newest counts,
// unless its log cannot be read.
func TestFindOfEquals(t *testing.T) {
	dir, newer := t.TempDir(), t.TempDir()
	base, log := written(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "base-0000000000000001.jm"), base, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "log-0000000000000001.jm"), log, 0o600))
	one, err := mirror.Find(dir)
	require.NoError(t, err)
	m := mirror.New(mirror.Options{Dir: filepath.Join(newer, "mirror"), Journal: newer, SameDisk: true})
	m.Run(moved{rows: rows{"a": "1"}, at: one.End})
	require.NoError(t, m.Close())
	for _, name := range []string{"base-0000000000000002.jm", "log-0000000000000002.jm"} {
		raw, err := os.ReadFile(filepath.Join(newer, "mirror", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	h, err := mirror.Find(dir)
	require.NoError(t, err)
	require.Equal(t, one.End, h.Base)

	path := filepath.Join(dir, "log-0000000000000002.jm")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	raw[20] ^= 1
	require.NoError(t, os.WriteFile(path, append(raw, 0), 0o600))
	h, err = mirror.Find(dir)
	require.NoError(t, err)
	require.Equal(t, one.Base, h.Base)
	require.Equal(t, one.End, h.End)
}

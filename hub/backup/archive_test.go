package backup_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"jaliya/hub/backup"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func write(tb testing.TB, dir string) *backup.Archive {
	tb.Helper()
	a, err := backup.Write(dir, cluster)
	require.NoError(tb, err)
	return a
}

// fill writes a whole backup with this state in it.
func fill(tb testing.TB, a *backup.Archive, to []age.Recipient, state []byte, change func(*backup.Manifest)) string { //nolint:revive // argument-limit: all that a backup is made of
	tb.Helper()
	d, err := a.Begin()
	require.NoError(tb, err)
	m := manifest()
	m.State, err = d.Encrypt(backup.FileState, to, func(w io.Writer) error {
		_, err := w.Write(state)
		return err
	})
	require.NoError(tb, err)
	m.Keys, err = d.Put(backup.FileKeys, []byte("keys"))
	require.NoError(tb, err)
	if change != nil {
		change(&m)
	}
	raw, _ := signed(tb, m)
	require.NoError(tb, d.Commit(raw))
	return m.Name()
}

func random(tb testing.TB, n int) []byte {
	tb.Helper()
	b := make([]byte, n)
	_, err := rand.Read(b)
	require.NoError(tb, err)
	return b
}

func TestArchive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "bk")
	a := write(t, dir)
	id, to := identity(t)
	state := random(t, 200_000)
	first := fill(t, a, to, state, nil)
	second := fill(t, a, to, state, func(m *backup.Manifest) { m.Created = created.Add(time.Hour) })
	_, err := backup.Write(dir, cluster)
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	require.NoError(t, a.Close())

	r, err := backup.Read(dir)
	require.NoError(t, err)
	list, err := r.List()
	require.NoError(t, err)
	require.Equal(t, []string{first, second}, []string{list[0].Name, list[1].Name})
	newest, err := r.Find("")
	require.NoError(t, err)
	require.Equal(t, second, newest.Name)
	m := newest.Signed.Manifest
	require.NoError(t, r.Check(second, backup.FileState, m.State, id))
	var plain bytes.Buffer
	require.NoError(t, r.Decrypt(second, backup.FileState, m.State, id, &plain))
	require.True(t, bytes.Equal(state, plain.Bytes()))
	other, _ := identity(t)
	err = r.Check(second, backup.FileState, m.State, other)
	require.True(t, fault.Is(err, fault.Denied), "%v", err)
	require.ErrorContains(t, err, "another")
	_, err = r.Find("20200101T000000Z-1")
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	require.NoError(t, r.Close())
}

// An older backup never stands in for the newest in silence.
func TestFindRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, dir, newest string)
		want  fault.Kind
	}{
		{"ErrManifestGone", func(t *testing.T, dir, newest string) {
			t.Helper()
			require.NoError(t, os.Remove(filepath.Join(dir, newest, "manifest")))
		}, fault.Corrupt},
		{"ErrManifestOfAnother", func(t *testing.T, dir, newest string) {
			t.Helper()
			require.NoError(t, os.Rename(filepath.Join(dir, newest), filepath.Join(dir, "20270101T000000Z-9")))
		}, fault.Corrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			a := write(t, dir)
			_, to := identity(t)
			first := fill(t, a, to, []byte("state"), nil)
			newest := fill(t, a, to, []byte("state"), func(m *backup.Manifest) { m.Created = created.Add(time.Hour) })
			require.NoError(t, a.Close())
			c.spoil(t, dir, newest)
			_, err := a.Find("")
			require.True(t, fault.Is(err, c.want), "%v", err)
			_, err = a.Find(first)
			require.NoError(t, err)
		})
	}
	t.Run("ErrNotProved", func(t *testing.T) {
		a := write(t, t.TempDir())
		_, to := identity(t)
		name := fill(t, a, to, []byte("state"), func(m *backup.Manifest) { m.Proved = false })
		_, err := a.Find("")
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		_, err = a.Find(name)
		require.NoError(t, err)
		require.NoError(t, a.Close())
	})
	t.Run("ErrNone", func(t *testing.T) {
		dir := t.TempDir()
		_, err := backup.Read(dir)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		a := write(t, dir)
		_, err = a.Find("")
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		require.NoError(t, a.Close())
	})
}

func TestWriteRefuses(t *testing.T) {
	t.Run("ErrOtherCluster", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, write(t, dir).Close())
		_, err := backup.Write(dir, wire.ClusterID{9})
		require.True(t, fault.Is(err, fault.Denied), "%v", err)
	})
	t.Run("ErrSomethingElse", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "photos"), nil, 0o600))
		_, err := backup.Write(dir, cluster)
		require.True(t, fault.Is(err, fault.Exists), "%v", err)
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1)
	})
	t.Run("ErrOwnerDamaged", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "jaliya-backup"), []byte("?"), 0o600))
		_, err := backup.Write(dir, cluster)
		require.True(t, fault.Is(err, fault.Corrupt), "%v", err)
	})
}

// A process that ended in the middle leaves nothing that looks like a backup, and
// the next one takes it away.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir)
	_, to := identity(t)
	d, err := a.Begin()
	require.NoError(t, err)
	_, err = d.Encrypt(backup.FileState, to, func(w io.Writer) error {
		_, err := w.Write([]byte("state"))
		return err
	})
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "objects", "ab"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "objects", "ab", "abcd.part"), nil, 0o600))
	require.NoError(t, a.Close()) // as the end of the process does
	list, err := a.List()
	require.NoError(t, err)
	require.Empty(t, list)
	a = write(t, dir)
	left, err := filepath.Glob(filepath.Join(dir, "*.part"))
	require.NoError(t, err)
	loose, err := filepath.Glob(filepath.Join(dir, "objects", "*", "*.part"))
	require.NoError(t, err)
	require.Empty(t, append(left, loose...))

	d, err = a.Begin()
	require.NoError(t, err)
	require.NoError(t, d.Abort())
	raw, _ := signed(t, manifest())
	require.Error(t, d.Commit(raw), "it is gone")
	require.NoError(t, a.Close())
}

// TestListByAge has two backups in the same second: the newer one has the higher
// position, which may have more digits.
func TestListByAge(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	a := write(t, dir)
	_, to := identity(t)
	var names []string
	for _, index := range []uint64{700, 63, 7, 100_000} {
		names = append(names, fill(t, a, to, []byte("a state"), func(m *backup.Manifest) { m.Index = index }))
	}
	list, err := a.List()
	require.NoError(t, err)
	var got []string
	for _, one := range list {
		got = append(got, one.Name)
	}
	require.Equal(t, []string{names[2], names[1], names[0], names[3]}, got)
	newest, err := a.Find("")
	require.NoError(t, err)
	require.Equal(t, names[3], newest.Name)
}

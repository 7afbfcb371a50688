package kv_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

func open(t *testing.T, path string, o kv.Options) *kv.Bolt {
	t.Helper()
	b, err := kv.Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func storePath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "s.db")
}

// swap puts target in the place of the descriptor that holds path, so that the
// store's next write or sync meets another kind of file.
func swap(t *testing.T, path, target string) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, fd := range fds {
		name := filepath.Join("/proc/self/fd", fd.Name())
		if held, err := os.Readlink(name); err != nil || held != path {
			continue
		}
		var n int
		_, err := fmt.Sscan(fd.Name(), &n)
		require.NoError(t, err)
		f, err := os.OpenFile(target, os.O_RDWR, 0)
		require.NoError(t, err)
		require.NoError(t, unix.Dup3(int(f.Fd()), n, unix.O_CLOEXEC))
		require.NoError(t, f.Close())
		return
	}
	t.Fatal("the store's descriptor was not found")
}

func TestOpen(t *testing.T) {
	t.Run("CreatesPrivateFile", func(t *testing.T) {
		path := storePath(t)
		b := open(t, path, kv.Options{})
		require.Equal(t, path, b.Path())
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		require.NoFileExists(t, path+".new")
	})
	t.Run("CreatesOverLeftovers", func(t *testing.T) {
		path := storePath(t)
		require.NoError(t, os.WriteFile(path+".new", []byte("torn"), 0o600))
		put(t, open(t, path, kv.Options{}), bucketA, "a")
		require.NoFileExists(t, path+".new")
	})
	t.Run("ErrHeldByAnother", func(t *testing.T) {
		path := storePath(t)
		open(t, path, kv.Options{})
		_, err := kv.Open(path, kv.Options{LockTimeout: 60 * time.Millisecond})
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		require.ErrorContains(t, err, path+": unavailable: the file is held by another process")
	})
	t.Run("ErrReadOnlyMissing", func(t *testing.T) {
		_, err := kv.Open(storePath(t), kv.Options{ReadOnly: true})
		require.Equal(t, fault.NotFound, fault.KindOf(err))
	})
	t.Run("ErrReadOnlyUpdate", func(t *testing.T) {
		path := storePath(t)
		require.NoError(t, open(t, path, kv.Options{}).Close())
		err := open(t, path, kv.Options{ReadOnly: true}).Update(func(kv.Writer) error { return nil })
		require.Equal(t, fault.Denied, fault.KindOf(err))
	})
	t.Run("ErrDirectoryMissing", func(t *testing.T) {
		_, err := kv.Open(filepath.Join(t.TempDir(), "no", "s.db"), kv.Options{})
		require.Equal(t, fault.NotFound, fault.KindOf(err))
	})
	for name, o := range map[string]kv.Options{
		"ErrMaxSizeTooSmall":     {MaxSize: kv.MinMaxSize - 1},
		"ErrNegativeMap":         {InitialMmapSize: -1},
		"ErrNegativeLockTimeout": {LockTimeout: -1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kv.Open(storePath(t), o)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
		})
	}
}

func TestFullIsRefusedAndHarmless(t *testing.T) {
	path := storePath(t)
	b := open(t, path, kv.Options{MaxSize: kv.MinMaxSize})
	var err error
	n := 0
	for ; err == nil; n++ {
		require.Less(t, n, 400)
		err = b.Update(func(w kv.Writer) error { return w.Put(bucketA, fmt.Appendf(nil, "%03d", n), make([]byte, 100<<10)) })
	}
	require.Equal(t, fault.Full, fault.KindOf(err))
	require.NoError(t, b.Latched())
	require.Greater(t, n, 80, "it must hold a good part of the limit")
	for i := range n - 1 {
		require.NoError(t, b.Update(func(w kv.Writer) error { return w.Delete(bucketA, fmt.Appendf(nil, "%03d", i)) }))
	}
	put(t, b, bucketB, "again")
	require.NoError(t, b.Close())
	require.NoError(t, kv.Check(path))
	require.NoError(t, kv.CompactFile(path))
	_, found := get(t, open(t, path, kv.Options{}), bucketB, "again")
	require.True(t, found)
}

func TestFailedCommitLatches(t *testing.T) {
	tests := map[string]struct {
		device  string // what stands in for the failing disk
		cause   error
		suspect bool
	}{
		"SyncFails":  {"/dev/null", syscall.EINVAL, true},
		"NoSpace":    {"/dev/full", syscall.ENOSPC, false},
		"WriteFails": {"/dev/ptmx", nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := storePath(t)
			var told []error
			b := open(t, path, kv.Options{OnLatch: func(err error) { told = append(told, err) }})
			put(t, b, bucketA, "safe")
			swap(t, path, tt.device)
			write := func(w kv.Writer) error { return w.Put(bucketA, []byte("safe"), []byte("lost")) }
			err := b.Update(write)
			require.Equal(t, fault.Storage, fault.KindOf(err))
			require.ErrorContains(t, err, "outcome unknown")
			if tt.cause != nil {
				require.ErrorIs(t, err, tt.cause)
			}
			require.Error(t, b.Latched())
			require.Len(t, told, 1)
			require.Equal(t, err, told[0], "the process leaves with the same words")
			require.Equal(t, fault.Storage, fault.KindOf(b.Update(write)))
			require.Equal(t, fault.Storage, fault.KindOf(b.View(func(kv.Reader) error { return nil })))
			require.Len(t, told, 1)
			require.NoError(t, b.Close())
			requireSuspect(t, path, tt.suspect)
		})
	}
}

func requireSuspect(t *testing.T, path string, want bool) {
	t.Helper()
	_, suspect := kv.Suspect(path)
	require.Equal(t, want, suspect)
	if !want {
		open(t, path, kv.Options{})
		return
	}
	_, err := kv.Open(path, kv.Options{})
	require.Equal(t, fault.Corrupt, fault.KindOf(err))
	require.Equal(t, fault.Corrupt, fault.KindOf(kv.CompactFile(path)))

	broken := errors.New("chain is broken")
	require.ErrorIs(t, kv.Rewrite(path, func(kv.Reader) error { return broken }), broken)
	_, err = kv.Open(path, kv.Options{})
	require.Equal(t, fault.Corrupt, fault.KindOf(err))
	require.NoFileExists(t, path+".compact")

	require.NoError(t, kv.Rewrite(path, func(r kv.Reader) error {
		require.Equal(t, "safe", up(r, bucketA, nil))
		return nil
	}))
	v, _ := get(t, open(t, path, kv.Options{}), bucketA, "safe")
	require.Equal(t, "vsafe", v)
}

func TestCompactFile(t *testing.T) {
	path := storePath(t)
	b := open(t, path, kv.Options{AppendBuckets: []string{"a"}})
	require.NoError(t, b.Update(func(w kv.Writer) error {
		for i := range 2000 {
			require.NoError(t, w.Put(bucketA, fmt.Appendf(nil, "%04d", i), make([]byte, 10<<10)))
		}
		return nil
	}))
	require.NoError(t, b.Update(func(w kv.Writer) error {
		for i := range 1000 {
			require.NoError(t, w.Delete(bucketA, fmt.Appendf(nil, "%04d", i)))
		}
		return w.Put(bucketB, []byte("k"), nil)
	}))
	before, err := b.Stats()
	require.NoError(t, err)
	require.InDelta(t, 0.5, before.FreeRatio, 0.1)
	require.Positive(t, before.LastCommit)

	_, err = kv.Open(path, kv.Options{LockTimeout: 60 * time.Millisecond})
	require.Error(t, err)
	require.NoError(t, b.Close())
	require.NoError(t, os.WriteFile(path+".compact", []byte("torn"), 0o600))
	require.NoError(t, kv.CompactFile(path))
	require.NoFileExists(t, path+".compact")

	b = open(t, path, kv.Options{})
	after, err := b.Stats()
	require.NoError(t, err)
	require.Less(t, after.Used, before.Used*3/4)
	require.Less(t, after.FreeRatio, 0.1)
	require.NoError(t, b.View(func(r kv.Reader) error {
		require.Equal(t, "1990 1991 1992 1993 1994 1995 1996 1997 1998 1999", up(r, bucketA, []byte("1990")))
		require.Len(t, up(r, bucketA, nil), 5*1000-1)
		require.NotNil(t, r.Get(bucketB, []byte("k")))
		return nil
	}))
	t.Run("ErrNotFound", func(t *testing.T) {
		require.Equal(t, fault.NotFound, fault.KindOf(kv.CompactFile(storePath(t))))
	})
}

func TestExport(t *testing.T) {
	b := open(t, storePath(t), kv.Options{})
	put(t, b, bucketA, "a", "b")
	var copied bytes.Buffer
	require.NoError(t, b.Export(&copied))
	path := storePath(t)
	require.NoError(t, os.WriteFile(path, copied.Bytes(), 0o600))
	require.NoError(t, open(t, path, kv.Options{ReadOnly: true}).View(func(r kv.Reader) error {
		require.Equal(t, "a b", up(r, bucketA, nil))
		return nil
	}))
}

package journal_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

var errScanner = errors.New("scanner unplugged")

func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	}))
	return out
}

func TestBundles(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	j := open(t, dir, k.Options())
	bundles := filepath.Join(dir, "bundles")

	t.Run("OK", func(t *testing.T) {
		b := k.Bundle(9000)
		require.NoError(t, b.WriteTo(j))
		f, err := j.OpenBundle(b.Digest)
		require.NoError(t, err)
		got, err := io.ReadAll(f)
		require.NoError(t, errors.Join(err, f.Close()))
		require.Equal(t, b.Bytes, got)
		require.Equal(t, []string{filepath.Join(bundles, b.Digest.String()[:2], b.Digest.String())}, files(t, bundles))
		require.NoError(t, b.WriteTo(j), "again")
		require.Len(t, files(t, bundles), 1)
	})
	for name, c := range map[string]struct {
		fill func(io.Writer) (wire.Digest, error)
		kind fault.Kind
	}{
		"FillErrorIsReturned": {func(w io.Writer) (wire.Digest, error) {
			_, err := w.Write([]byte("half"))
			return wire.Digest{}, errors.Join(err, errScanner)
		}, fault.Other},
		"ErrCorruptForAnotherAddress": {func(w io.Writer) (wire.Digest, error) {
			_, err := w.Write([]byte("whole"))
			return wire.Digest{1}, err
		}, fault.Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := j.WriteBundle(c.fill)
			requireKind(t, err, c.kind)
			require.Len(t, files(t, bundles), 1, "nothing is left behind")
			appendAll(t, j, k.Release(1)) // and the journal goes on
		})
	}
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := j.OpenBundle(wire.Digest{1})
		requireKind(t, err, fault.NotFound)
	})
	t.Run("ErrInvalidWhenAnEntryNamesAnotherSize", func(t *testing.T) {
		b := k.Bundle(5000)
		require.NoError(t, b.WriteTo(j))
		d := b.NamedBy(k.Release(1))
		d.Header.Images[0].Size--
		_, err := j.Append(t.Context(), d)
		requireKind(t, err, fault.Invalid)
	})
	t.Run("ErrStorageWithoutADirectory", func(t *testing.T) {
		require.NoError(t, os.Rename(bundles, bundles+".away"))
		requireKind(t, k.Bundle(10).WriteTo(j), fault.Storage)
		require.NoError(t, os.Rename(bundles+".away", bundles))
		require.NoError(t, k.Bundle(10).WriteTo(j), "nothing was synced, nothing is latched")
	})
}

func TestACrashWhileWritingABundleIsReaped(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	j, err := journal.Open(dir, k.Options())
	require.NoError(t, err)
	b := k.Bundle(100)
	require.NoError(t, b.WriteTo(j))
	left := errors.New("power cut")
	require.PanicsWithValue(t, left, func() {
		_, _ = j.WriteBundle(func(w io.Writer) (wire.Digest, error) {
			_, _ = w.Write([]byte("half"))
			panic(left)
		})
	})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "preflight-123"), nil, 0o600))
	require.NoError(t, j.Close())
	require.Len(t, files(t, filepath.Join(dir, "bundles")), 2)

	open(t, dir, k.Options())
	require.Len(t, files(t, filepath.Join(dir, "bundles")), 1, "the named one stays")
	require.NoFileExists(t, filepath.Join(dir, "preflight-123"))
}

func TestAFailedSyncOfABundleLatches(t *testing.T) {
	k, dir := newKit(t), t.TempDir()
	var latched []error
	o := k.Options()
	o.OnLatch = func(err error) { latched = append(latched, err) }
	j := open(t, dir, o)
	b := k.Bundle(100)
	_, err := j.WriteBundle(func(w io.Writer) (wire.Digest, error) {
		_, err := w.Write(b.Bytes)
		return b.Digest, errors.Join(err, journal.PullTheDisk(w))
	})
	requireKind(t, err, fault.Storage)
	require.Len(t, latched, 1)
	require.Empty(t, files(t, filepath.Join(dir, "bundles")), "no entry can name it")

	requireKind(t, b.WriteTo(j), fault.Storage)
	_, err = j.Append(t.Context(), k.Release(1))
	requireKind(t, err, fault.Storage)
	requireKind(t, j.CanCapture(1), fault.Storage)
	require.Len(t, latched, 1, "it is said once")
}

func TestAFailedWriteOfABundle(t *testing.T) {
	j, k := fresh(t)
	b := k.Bundle(100)
	_, err := j.WriteBundle(func(w io.Writer) (wire.Digest, error) {
		if err := journal.PullTheDisk(w); err != nil {
			return b.Digest, err
		}
		_, err := w.Write(b.Bytes)
		return b.Digest, fault.New(fault.Invalid, "seal: write", "", err) // whatever fill makes of it
	})
	requireKind(t, err, fault.Storage)
	require.NoError(t, b.WriteTo(j), "what was not synced was not promised")

	for name, c := range map[string]struct {
		err  error
		kind fault.Kind
	}{
		"NoSpaceIsErrFull":    {&os.PathError{Op: "write", Err: syscall.ENOSPC}, fault.Full},
		"NoQuotaIsErrFull":    {syscall.EDQUOT, fault.Full},
		"OthersAreErrStorage": {syscall.EIO, fault.Storage},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.kind, journal.KindOfWrite(c.err)) })
	}
}

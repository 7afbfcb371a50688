package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"jaliya/internal/fault"
)

// maxSecretFile is the largest wrapped secret read back, in bytes.
const maxSecretFile = 1 << 20

// SaveSecret wraps a secret and writes it to a file of mode 0600, replacing an
// older one atomically: after a crash there is the old or the new, whole. It
// returns after file and directory are on disk.
func SaveSecret(path string, c Custody, purpose string, secret []byte) error {
	wrapped, err := c.Wrap(purpose, secret)
	if err != nil {
		return err
	}
	return writePrivate(path, wrapped, true)
}

// LoadSecret reads and unwraps what SaveSecret wrote for the same purpose.
// Errors: NotFound (wrapping fs.ErrNotExist), Denied when group or others may
// read or write the file, Corrupt.
func LoadSecret(path string, c Custody, purpose string) ([]byte, error) {
	wrapped, err := readPrivate(path, 0o077, maxSecretFile)
	if err != nil {
		return nil, err
	}
	secret, err := c.Unwrap(purpose, wrapped)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "seal: load secret", path, err)
	}
	return secret, nil
}

// writePrivate writes beside the target, syncs, then renames (or links, which
// fails when the target exists) and syncs the directory.
func writePrivate(path string, data []byte, replace bool) (err error) {
	const op = "seal: write key file"
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return fault.New(fault.Storage, op, path, err)
	}
	defer func() {
		if rm := os.Remove(tmp.Name()); err == nil && rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			err = fault.New(fault.Storage, op, path, rm)
		}
	}()
	if err := fillAndSync(tmp, data); err != nil {
		return fault.New(fault.Storage, op, path, err)
	}
	place := os.Link
	if replace {
		place = os.Rename
	}
	if err := place(tmp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) && !replace {
			return fault.New(fault.Exists, op, path, err)
		}
		return fault.New(fault.Storage, op, path, err)
	}
	if err := syncDir(dir); err != nil {
		return fault.New(fault.Storage, op, path, err)
	}
	return nil
}

func fillAndSync(f *os.File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readPrivate reads a file of at most limit bytes and refuses one whose mode
// has any of the forbidden bits.
func readPrivate(path string, forbidden fs.FileMode, limit int64) (data []byte, err error) {
	const op = "seal: read key file"
	f, err := os.Open(filepath.Clean(path)) //nolint:gosec // the operator names the file; what is opened must be private
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, op, path, err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fault.New(fault.Denied, op, path, err)
	case err != nil:
		return nil, fault.New(fault.Storage, op, path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&forbidden != 0 {
		return nil, fault.New(fault.Denied, op, path, fmt.Errorf("mode %v: make it a file that only the service can read (0600)", info.Mode()))
	}
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	if int64(len(data)) > limit {
		return nil, fault.New(fault.Corrupt, op, path, fmt.Errorf("over %d bytes", limit))
	}
	return data, nil
}

package pki

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"jaliya/internal/fault"
)

// WriteSecret puts data at path with mode 0600, whole or not at all: temporary
// file, sync, rename, sync of the directory. It returns after all of them.
func WriteSecret(path string, data []byte) error {
	const op = "pki: write file"
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".tmp-*") // mode 0600
	if err != nil {
		return fault.New(fault.Storage, op, path, err)
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fault.New(fault.Storage, op, path, errors.Join(err, os.Remove(tmp.Name())))
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	const op = "pki: sync directory"
	d, err := os.Open(dir) //nolint:gosec // G304: the directory is the operator's configuration
	if err != nil {
		return fault.New(fault.Storage, op, dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fault.New(fault.Storage, op, dir, err)
	}
	return nil
}

// readFile reads a whole file of at most limit bytes.
func readFile(op, path string, limit int64) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // G304: the path is the operator's configuration
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, op, path, err)
	}
	if err != nil {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fault.New(fault.Storage, op, path, err)
	}
	if int64(len(data)) > limit {
		return nil, fault.New(fault.TooLarge, op, path, nil)
	}
	return data, nil
}

// removeFile deletes a file, if it is there, and syncs the directory.
func removeFile(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.New(fault.Storage, "pki: remove file", path, err)
	}
	return syncDir(filepath.Dir(path))
}

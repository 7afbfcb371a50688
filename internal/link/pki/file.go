package pki

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

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

// removeFile deletes a file durably, if it is there.
func removeFile(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := errors.Join(durable.Remove(path), durable.SyncDir(filepath.Dir(path))); err != nil {
		return fault.New(fault.Storage, "pki: remove file", path, err)
	}
	return nil
}

// WriteSecret puts data at path with mode 0600, whole or not at all, durably.
func WriteSecret(path string, data []byte) error {
	if err := durable.WriteFile(path, data, 0o600); err != nil {
		return fault.New(fault.Storage, "pki: write file", path, err)
	}
	return nil
}

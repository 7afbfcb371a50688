package pki

import (
	"errors"
	"io"
	"io/fs"
	"os"

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

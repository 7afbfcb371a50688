package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Want notes in a vault that is not open that an object is wanted, which it never
// had: as for one that was set aside, with nothing to look at. Posts that have it
// are asked for it.
func Want(root string, digest wire.Digest) error {
	const op = "vault: want"
	dir := filepath.Join(root, damagedDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Storage, op, dir, err)
	}
	f, err := durable.Create(filepath.Join(dir, digest.String()+"."+strconv.FormatInt(time.Now().UnixMilli(), 10)), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = errors.Join(f.Close(), durable.SyncDir(dir))
	}
	if err != nil {
		return fault.New(fault.Storage, op, digest.String(), err)
	}
	return nil
}

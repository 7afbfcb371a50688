package localnet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"jaliya/internal/fault"
)

// markFile says that a directory is a network's. Without it nothing in a directory
// is touched: what a start left half done is removed, by names that other things
// may have too.
const markFile = ".localnet"

// claim takes a directory that is empty, or was a network's before.
func claim(dir string) error {
	const op = "localnet: take directory"
	mark := filepath.Join(dir, markFile)
	_, err := os.Stat(mark)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Storage, op, dir, err)
	}
	held, err := os.ReadDir(dir)
	if err != nil {
		return fault.New(fault.Storage, op, dir, err)
	}
	if len(held) > 0 {
		return fault.New(fault.Exists, op, dir+": it holds something else; name an empty directory, or one that localnet made", nil)
	}
	return write(mark, "")
}

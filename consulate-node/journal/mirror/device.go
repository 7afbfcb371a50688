package mirror

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

// SameDisk reports whether two directories lie on one disk: on one file system,
// or on two partitions of one device as far as the kernel tells. Of a directory
// that is not there yet its parent answers.
func SameDisk(a, b string) (bool, error) {
	left, err := deviceOf(a)
	if err != nil {
		return false, err
	}
	right, err := deviceOf(b)
	if err != nil {
		return false, err
	}
	if left == right {
		return true, nil
	}
	disk := wholeDisk(left)
	return disk != "" && disk == wholeDisk(right), nil
}

func deviceOf(dir string) (uint64, error) {
	var st unix.Stat_t
	err := unix.Stat(dir, &st)
	if errors.Is(err, fs.ErrNotExist) {
		err = unix.Stat(filepath.Dir(dir), &st)
	}
	if err != nil {
		return 0, fault.New(fault.Storage, "mirror: find disk", dir, &fs.PathError{Op: "stat", Path: dir, Err: err})
	}
	return st.Dev, nil
}

// wholeDisk gives the disk that a device is a partition of, "" for what the
// kernel does not show as a block device.
func wholeDisk(dev uint64) string {
	path := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(dev), unix.Minor(dev))
	at, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	if _, err := os.Stat(filepath.Join(at, "partition")); err == nil {
		return filepath.Dir(at)
	}
	return at
}

package kv

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"jaliya/internal/fault"
)

const opBallast = "kv: ballast"

// Ballast is a file that holds space and nothing else. Copy-on-write needs free
// pages even to delete, so maintenance on a full disk releases it first (D8).
type Ballast struct {
	path string
	size int64
}

// NewBallast gives a ballast that holds nothing yet: Fill takes the space when
// there is room.
func NewBallast(path string, size int64) *Ballast { return &Ballast{path: path, size: size} }

// Size gives the bytes that it holds when it is filled.
func (b *Ballast) Size() int64 { return b.size }

// Fill makes sure that the file really occupies its size, and syncs the
// directory. On fault.Full, when there is no room, nothing is held.
func (b *Ballast) Fill() error {
	if b.size <= 0 {
		return fault.New(fault.Invalid, opBallast, b.path, errors.New("size must be positive"))
	}
	f, err := os.OpenFile(b.path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return fault.New(fault.Storage, opBallast, b.path, err)
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, b.size)
	if err == nil {
		err = errors.Join(f.Truncate(b.size), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		return syncDir(b.path)
	}
	kind := fault.Storage
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG) {
		kind = fault.Full
	}
	return fault.New(kind, opBallast, b.path, errors.Join(err, removeFile(b.path)))
}

// Release gives the space back to the file system.
func (b *Ballast) Release() error {
	if err := removeFile(b.path); err != nil {
		return fault.New(fault.Storage, opBallast, b.path, err)
	}
	return syncDir(b.path)
}

// Held gives the bytes that the file occupies now.
func (b *Ballast) Held() (int64, error) {
	var st unix.Stat_t
	switch err := unix.Stat(b.path, &st); {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, fault.New(fault.Storage, opBallast, b.path, err)
	}
	return st.Blocks * 512, nil
}

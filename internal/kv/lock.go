package kv

import (
	"errors"
	"os"
	"syscall"
	"time"

	"jaliya/internal/fault"
)

// lockPoll is the time between two attempts to lock a file.
const lockPoll = 20 * time.Millisecond

// lockFile opens the file at path and takes bbolt's lock on it, so that it can
// be looked at before bbolt does; bbolt finds its lock taken by itself. It makes
// sure that the file still has the name, for a compaction may have put another
// in its place while we waited.
func lockFile(path string, o Options) (*os.File, error) {
	flag, how := os.O_RDWR, syscall.LOCK_EX
	if o.ReadOnly {
		flag, how = os.O_RDONLY, syscall.LOCK_SH
	}
	for deadline := time.Now().Add(o.lockTimeout()); ; time.Sleep(lockPoll) {
		file, err := os.OpenFile(path, flag, 0) //nolint:gosec // the operator's own path
		if err != nil {
			return nil, openFault(path, err)
		}
		err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if err == nil && sameFile(file, path) {
			return file, nil
		}
		if cerr := file.Close(); cerr != nil {
			return nil, openFault(path, cerr)
		}
		if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, openFault(path, err)
		}
		if time.Now().After(deadline) {
			return nil, fault.New(fault.Unavailable, opOpen, path, errors.New("the file is held by another process"))
		}
	}
}

func sameFile(f *os.File, path string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(held, named)
}

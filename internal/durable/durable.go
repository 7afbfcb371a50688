// Package durable does to files what must survive a loss of power: create,
// write, sync, rename, remove, and the sync of the directory that makes a name
// permanent. It stands under every step that keeps files: kv, the blobs of the
// journal, the vault.
//
// Guarantee: each function does the one system call its name says, and nothing
// is made durable unless its comment says so. The package exists so that the
// crash-state tier sees these calls: built with the tag crashstates, it tells a
// recorder each of them before it is done.
package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Kind says what was done to a file or directory.
type Kind uint8

// The kinds of operation that a recorder is told.
const (
	OpCreate   Kind = iota + 1 // Path came to be, empty
	OpWrite                    // Data was written to Path at Offset
	OpTruncate                 // Path was given the length Offset
	OpSync                     // all of Path before this is durable
	OpSyncData                 // the same, by a store for its data before it writes what points to them
	OpRename                   // Path became To
	OpLink                     // Path is To as well
	OpRemove                   // the name Path is gone
	OpSyncDir                  // the names in Path before this are durable
)

// Op is one operation as a recorder is told of it.
type Op struct {
	Kind   Kind
	Path   string
	To     string
	Offset int64 // bytes
	Data   []byte
}

// Create makes a file that was not there, open for reading and writing.
func Create(path string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // the caller's own path
	if err == nil {
		record(Op{Kind: OpCreate, Path: path})
	}
	return f, err
}

// WriteAt writes all of data at offset.
func WriteAt(f *os.File, data []byte, offset int64) error {
	record(Op{Kind: OpWrite, Path: f.Name(), Offset: offset, Data: data})
	n, err := f.WriteAt(data, offset)
	if err == nil && n < len(data) {
		return io.ErrShortWrite
	}
	return err
}

// Truncate gives the file another length.
func Truncate(f *os.File, size int64) error {
	record(Op{Kind: OpTruncate, Path: f.Name(), Offset: size})
	return f.Truncate(size)
}

// Sync makes what was written to the file durable, not its name.
func Sync(f *os.File) error {
	record(Op{Kind: OpSync, Path: f.Name()})
	return f.Sync()
}

// Rename gives the file another name and takes the place of one that had it.
func Rename(from, to string) error {
	record(Op{Kind: OpRename, Path: from, To: to})
	return os.Rename(from, to)
}

// Link gives the file a second name, which must be free.
func Link(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		record(Op{Kind: OpLink, Path: from, To: to})
	}
	return err
}

// Remove takes the name away.
func Remove(path string) error {
	err := os.Remove(path)
	if err == nil {
		record(Op{Kind: OpRemove, Path: path})
	}
	return err
}

// SyncDir makes the names in dir durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the caller's own path
	if err != nil {
		return err
	}
	record(Op{Kind: OpSyncDir, Path: dir})
	return errors.Join(d.Sync(), d.Close())
}

// WriteFile puts data under path, in the place of what was there, and returns
// when content and name are durable: temporary file beside it, fsync, rename,
// fsync of the directory. A crash leaves the old file or the new one.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	tmp := path + ".tmp"
	if err := Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := Create(tmp, mode)
	if err != nil {
		return err
	}
	if err = WriteAt(f, data, 0); err == nil {
		err = Sync(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, Remove(tmp))
	}
	if err := Rename(tmp, path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

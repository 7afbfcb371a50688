package kv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

const (
	opOpen = "kv: open store"

	fileMode = 0o600
)

// Suffixes of the files that stand beside a store for a while.
const (
	suffixNew     = ".new"     // a store being created
	suffixCompact = ".compact" // a store being rewritten
	suffixSuspect = ".suspect" // a failed commit: rewrite before use
)

// Open opens the store at path, creating it durably when there is none: the
// file takes its name only when it is complete, and the directory is synced.
//
// It answers fault.Unavailable when another process holds the file,
// fault.Corrupt when the file is no store, is damaged in its structure, or is
// suspect after a failed commit (see Rewrite), and fault.NotFound when a
// read-only store or the directory does not exist.
func Open(path string, o Options) (*Bolt, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if !o.ReadOnly {
		if err := prepare(path); err != nil {
			return nil, err
		}
	}
	b, err := openFile(path, o)
	if err != nil || o.ReadOnly {
		return b, err
	}
	// What a compaction left that was cut short; with the lock, nobody is writing it.
	if err := removeFile(path + suffixCompact); err != nil {
		return nil, errors.Join(fault.New(fault.Storage, opOpen, path, err), b.Close())
	}
	return b, nil
}

// prepare refuses a suspect file and creates a missing one.
func prepare(path string) error {
	switch reason, suspect := Suspect(path); {
	case suspect:
		return fault.New(fault.Corrupt, opOpen, path,
			errors.New("an earlier commit failed, rewrite the file first: "+reason))
	case !missing(path):
		return syncDir(path)
	}
	return create(path)
}

// create builds an empty store under another name and links it in, so that a
// crash leaves either no store or a complete one, and never replaces a store
// that another process made meanwhile.
func create(path string) error {
	tmp := path + suffixNew
	if err := removeFile(tmp); err != nil {
		return fault.New(fault.Storage, opOpen, tmp, err)
	}
	db, file, err := newFile(tmp)
	if err != nil {
		return err
	}
	if err := errors.Join(durable.Sync(file), db.Close()); err != nil {
		return fault.New(fault.Storage, opOpen, tmp, err)
	}
	if err := durable.Link(tmp, path); err != nil && missing(path) {
		if err = durable.Rename(tmp, path); err != nil {
			return fault.New(fault.Storage, opOpen, path, err)
		}
	}
	if err := removeFile(tmp); err != nil {
		return fault.New(fault.Storage, opOpen, tmp, err)
	}
	return syncDir(path)
}

// newFile makes an empty store under a name that is not taken. Its directory
// entry is not synced.
func newFile(path string) (*bbolt.DB, *os.File, error) {
	file, err := durable.Create(path, fileMode)
	if err != nil {
		return nil, nil, openFault(path, err)
	}
	db, err := openBolt(file, Options{})
	return db, file, err
}

// openFile opens an existing store.
func openFile(path string, o Options) (*Bolt, error) {
	file, err := lockFile(path, o)
	if err != nil {
		return nil, err
	}
	if err := checkFile(file); err != nil {
		return nil, errors.Join(fault.New(fault.Corrupt, opOpen, path, err), file.Close())
	}
	db, err := openBolt(file, o)
	if err != nil {
		return nil, err
	}
	return newBolt(db, file, o), nil
}

// openBolt calls bbolt on a file that is locked already, with our options, and
// turns its errors and panics into faults. The file becomes the database's, and
// is closed with it or on error.
func openBolt(file *os.File, o Options) (db *bbolt.DB, err error) {
	path := file.Name()
	bo := o.bolt()
	bo.OpenFile = func(string, int, os.FileMode) (*os.File, error) { return file, nil }
	defer func() {
		if p := recover(); p != nil {
			_ = file.Close() // gives the lock back; the map is lost with this error
			db, err = nil, fault.New(fault.Corrupt, opOpen, path, fmt.Errorf("%v", p))
		}
	}()
	if db, err = bbolt.Open(path, fileMode, bo); err != nil {
		return nil, openFault(path, err)
	}
	return db, nil
}

func openFault(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum),
		errors.Is(err, berrors.ErrVersionMismatch):
		return fault.New(fault.Corrupt, opOpen, path, err)
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.NotFound, opOpen, path, err)
	case errors.Is(err, fs.ErrPermission):
		return fault.New(fault.Denied, opOpen, path, err)
	}
	return fault.New(fault.Storage, opOpen, path, err)
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// removeFile removes a name without complaint when it is not there.
func removeFile(path string) error {
	if err := durable.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes the names in the directory of path durable.
func syncDir(path string) error {
	dir := filepath.Dir(path)
	if err := durable.SyncDir(dir); err != nil {
		return fault.New(fault.Storage, opOpen, dir, err)
	}
	return nil
}

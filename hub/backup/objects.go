package backup

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const (
	objectsDir = "objects" // as in a vault's directory: one may be copied onto the other
	opObject   = "backup: keep object"
)

// Store is a directory of objects by their digest, as a vault keeps them.
type Store struct {
	dir   string
	dirty map[string]bool // directories with names that are not durable yet
}

// StoreIn gives the objects under a root.
func StoreIn(root string) Store {
	return Store{dir: filepath.Join(root, objectsDir), dirty: map[string]bool{}}
}

func (s Store) path(digest wire.Digest) string {
	name := digest.String()
	return filepath.Join(s.dir, name[:2], name)
}

// Keep makes sure that the object is here, as its digest says and as the disk
// gives it back: one that is here is proved, one that is not or is damaged is
// copied from open. It gives the size in bytes. Errors: those of open; Corrupt
// when the copy has another digest.
func (s Store) Keep(digest wire.Digest, open func() (io.ReadCloser, error)) (size int64, copied bool, err error) {
	size, err = s.prove(s.path(digest), digest)
	if err == nil || !fault.Is(err, fault.Corrupt) && !fault.Is(err, fault.NotFound) {
		return size, false, err
	}
	from, err := open()
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	size, err = s.copy(digest, from)
	return size, true, err
}

func (s Store) copy(digest wire.Digest, from io.Reader) (size int64, err error) {
	path := s.path(digest)
	part := path + partSuffix
	if err := s.room(filepath.Dir(path)); err != nil {
		return 0, err
	}
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fault.New(fault.Storage, opObject, part, err)
	}
	f, err := durable.Create(part, 0o600)
	if err != nil {
		return 0, fault.New(kindOf(err), opObject, part, err)
	}
	if _, err = io.Copy(f, from); err == nil {
		err = durable.Sync(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, errors.Join(fault.New(kindOf(err), opObject, digest.String(), err), os.Remove(part))
	}
	if size, err = s.prove(part, digest); err != nil {
		return 0, errors.Join(err, os.Remove(part))
	}
	if err := durable.Rename(part, path); err != nil {
		return 0, fault.New(kindOf(err), opObject, digest.String(), err)
	}
	s.dirty[filepath.Dir(path)] = true
	return size, nil
}

func (s Store) room(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(kindOf(err), opObject, dir, err)
	}
	s.dirty[s.dir], s.dirty[filepath.Dir(s.dir)] = true, true
	return nil
}

// Settle makes the names of what was kept durable.
func (s Store) Settle() error {
	for dir := range s.dirty {
		if err := durable.SyncDir(dir); err != nil {
			return fault.New(fault.Storage, opObject, dir, err)
		}
		delete(s.dirty, dir)
	}
	return nil
}

// Open opens an object for reading; whoever keeps it proves it. Errors: NotFound.
func (s Store) Open(digest wire.Digest) (io.ReadCloser, error) {
	f, err := openFile(s.path(digest), digest)
	if err != nil {
		return nil, err // bare: no file is no nil reader
	}
	return f, nil
}

func openFile(path string, digest wire.Digest) (*os.File, error) {
	f, err := os.Open(path) //nolint:gosec // below the operator's own directory
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, opObject, digest.String(), nil)
	case err != nil:
		return nil, fault.New(fault.Storage, opObject, digest.String(), err)
	}
	return f, nil
}

// prove reads a file from its disk and compares it with its digest.
func (s Store) prove(path string, digest wire.Digest) (size int64, err error) {
	f, err := openFile(path, digest)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read
	forget(f)
	h := sha256.New()
	size, err = io.Copy(h, f)
	switch {
	case errors.Is(err, unix.EIO): // the disk itself gave it up
		return 0, fault.New(fault.Corrupt, opObject, digest.String(), err)
	case err != nil:
		return 0, fault.New(fault.Storage, opObject, digest.String(), err)
	}
	return size, match(h, digest)
}

func match(h hash.Hash, digest wire.Digest) error {
	if wire.Digest(h.Sum(nil)) != digest {
		return fault.New(fault.Corrupt, opObject, digest.String(), errors.New("the bytes do not match the address"))
	}
	return nil
}

// forget has the system drop what it keeps of a file in memory, which says
// nothing about the disk. A file system that does not do so is read all the same.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }

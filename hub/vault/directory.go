package vault

import (
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const (
	objectsDir = "objects"
	partialDir = "partial"
	// Reserve is kept free for the ledger and the log, in bytes: an upload that
	// would eat into it is refused before its first chunk (D8).
	Reserve = 1 << 30
)

// Directory is a vault in a directory of one machine.
type Directory struct {
	root    string
	reserve int64

	mu   sync.Mutex              // guards live
	live map[wire.Digest]*Upload // the newest upload of each object under way
}

// OpenDirectory opens the vault under root, creating it when there is none.
// reserve is the space in bytes that uploads leave free.
func OpenDirectory(root string, reserve int64) (*Directory, error) {
	const op = "vault: open"
	for _, d := range []string{objectsDir, partialDir} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o700); err != nil {
			return nil, fault.New(fault.Storage, op, root, err)
		}
	}
	if err := durable.SyncDir(root); err != nil {
		return nil, fault.New(fault.Storage, op, root, err)
	}
	return &Directory{root: root, reserve: reserve, live: map[wire.Digest]*Upload{}}, nil
}

func (d *Directory) objectPath(digest wire.Digest) string {
	name := hex.EncodeToString(digest[:])
	return filepath.Join(d.root, objectsDir, name[:2], name)
}

func (d *Directory) partialPath(digest wire.Digest) string {
	return filepath.Join(d.root, partialDir, hex.EncodeToString(digest[:]))
}

// Has reports whether the object is there, whole and durable, with that size.
func (d *Directory) Has(digest wire.Digest, size uint64) (bool, error) {
	info, err := os.Stat(d.objectPath(digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fault.New(fault.Storage, "vault: look up", digest.String(), err)
	}
	return uint64(info.Size()) == size, nil //nolint:gosec // a file size is not negative
}

// Open opens an object for reading.
func (d *Directory) Open(digest wire.Digest) (io.ReadCloser, error) {
	const op = "vault: open object"
	f, err := os.Open(d.objectPath(digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, op, digest.String(), nil)
	case err != nil:
		return nil, fault.New(fault.Storage, op, digest.String(), err)
	}
	return f, nil
}

// room refuses an upload that would eat into the reserve.
func (d *Directory) room(size uint64) error {
	const op = "vault: make room"
	free, err := kv.FreeSpace(d.root)
	if err != nil {
		return err
	}
	if free < d.reserve+int64(size) { //nolint:gosec // an offer's size is bounded by its chunks
		return fault.New(fault.Full, op, d.root, nil)
	}
	return nil
}

// Reap removes partial uploads that nobody touched since before, and gives how
// many. An upload under way is never touched.
func (d *Directory) Reap(before time.Time) (int, error) {
	const op = "vault: reap"
	d.mu.Lock()
	defer d.mu.Unlock()
	entries, err := os.ReadDir(filepath.Join(d.root, partialDir))
	if err != nil {
		return 0, fault.New(fault.Storage, op, "", err)
	}
	n := 0
	for _, e := range entries {
		var digest wire.Digest
		if raw, err := hex.DecodeString(e.Name()); err == nil && len(raw) == len(digest) {
			digest = wire.Digest(raw)
		}
		info, err := e.Info()
		if err != nil || d.live[digest] != nil || !info.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(d.root, partialDir, e.Name())); err != nil {
			return n, fault.New(fault.Storage, op, e.Name(), err)
		}
		n++
	}
	return n, nil
}

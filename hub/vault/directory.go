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

	place   sync.Mutex // held while an object gets its name or loses it; taken before mu
	metrics *Metrics

	mu     sync.Mutex              // guards live, naming, wanted, wants and err
	live   map[wire.Digest]*Upload // the newest upload of each object under way
	naming map[wire.Digest]bool    // objects that have their name, and not durably yet
	wanted map[wire.Digest]bool    // objects that were damaged and have not come back
	wants  chan struct{}           // closed and replaced when wanted changes
	err    error                   // the sync that failed first

	failed chan struct{} // closed when err is set
}

// Count has the vault count in m; before it is used.
func (d *Directory) Count(m *Metrics) {
	d.metrics = m
	m.want(len(d.wanted))
}

// OpenDirectory opens the vault under root, creating it when there is none.
// reserve is the space in bytes that uploads leave free.
func OpenDirectory(root string, reserve int64) (*Directory, error) {
	const op = "vault: open"
	for _, d := range []string{objectsDir, partialDir, damagedDir} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o700); err != nil {
			return nil, fault.New(fault.Storage, op, root, err)
		}
	}
	d := &Directory{
		root: root, reserve: reserve, live: map[wire.Digest]*Upload{},
		naming: map[wire.Digest]bool{}, wanted: map[wire.Digest]bool{},
		wants: make(chan struct{}), failed: make(chan struct{}),
	}
	if err := errors.Join(d.settle(), d.findWanted()); err != nil {
		return nil, fault.New(fault.Storage, op, root, err)
	}
	return d, nil
}

// settle makes durable what is seen: a process that ended between a rename and
// the sync of its directory left a name that a loss of power could take back.
func (d *Directory) settle() error {
	objects := filepath.Join(d.root, objectsDir)
	entries, err := os.ReadDir(objects)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			err = errors.Join(err, durable.SyncDir(filepath.Join(objects, e.Name())))
		}
	}
	return errors.Join(err, durable.SyncDir(objects), durable.SyncDir(filepath.Join(d.root, partialDir)),
		durable.SyncDir(filepath.Join(d.root, damagedDir)), durable.SyncDir(d.root))
}

// Failed is closed after a sync failed: what the vault says from then on cannot
// be trusted, and the process is to leave (D3). Err says why.
func (d *Directory) Failed() <-chan struct{} { return d.failed }

// Err gives the failure of a sync, nil while there was none.
func (d *Directory) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// fail latches the vault with the first failure of a sync and gives err back.
func (d *Directory) fail(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
		close(d.failed)
	}
	return err
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
	d.mu.Lock()
	err, naming := d.err, d.naming[digest]
	d.mu.Unlock()
	if err != nil || naming {
		return false, err
	}
	info, err := os.Stat(d.objectPath(digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fault.New(fault.Storage, "vault: look up", digest.String(), err)
	}
	return uint64(info.Size()) == size, nil //nolint:gosec // a file size is not negative
}

// Open opens an object for reading, after it was read whole and proved: what is
// damaged is never served, but set aside, and wanted from then on. It is
// fault.NotFound then, as one that is not there.
func (d *Directory) Open(digest wire.Digest) (io.ReadCloser, error) {
	f, err := d.openProved(digest)
	if err != nil {
		return nil, err // bare: no file is no nil reader
	}
	return f, nil
}

func (d *Directory) openProved(digest wire.Digest) (*os.File, error) {
	f, err := d.openUnproved(digest)
	if err != nil {
		return nil, err
	}
	switch _, err := prove(f, digest, func(int) error { return nil }); {
	case fault.Is(err, fault.Corrupt):
		return nil, fault.New(fault.NotFound, "vault: open object", digest.String(), errors.Join(err, d.setAside(f, digest), f.Close()))
	case err != nil:
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// room refuses an upload that would eat into the reserve, together with those
// under way; mu is held.
func (d *Directory) room(size uint64) error {
	const op = "vault: make room"
	for _, u := range d.live {
		size += u.offer.Size
	}
	free, err := kv.FreeSpace(d.root)
	if err != nil {
		return err
	}
	if free < d.reserve+int64(size) { //nolint:gosec // offers are bounded by their chunks
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

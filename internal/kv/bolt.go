package kv

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"jaliya/internal/fault"
)

const (
	opView   = "kv: view"
	opUpdate = "kv: update"
	opClose  = "kv: close store"
)

// Bolt is the Store on disk. It may be used from many goroutines; writers take
// turns. A transaction must not be opened from inside another one.
type Bolt struct {
	path    string
	db      *bbolt.DB // replaced by a compaction, with writer and begin held
	file    *os.File  // the database's own; closed by it
	appends map[string]bool
	onLatch func(error)
	options Options        // as it was opened
	retired sync.WaitGroup // files that a compaction replaced, until their readers have ended

	// writer makes writers take turns before bbolt does: a commit that panics
	// never gives bbolt's lock back.
	writer sync.Mutex

	// begin lets a View start only between commits: bbolt's readers see a new
	// meta page through the map before it is on disk, ours must not. Writers hold
	// it while they commit, readers only while they start. It guards the fields
	// below.
	begin      sync.RWMutex
	latched    error
	panicked   bool // the commit never gave the writer lock back
	closed     bool
	lastCommit time.Duration
}

var _ Store = (*Bolt)(nil)

func newBolt(db *bbolt.DB, file *os.File, o Options) *Bolt {
	b := &Bolt{
		path: db.Path(), db: db, file: file, onLatch: o.OnLatch, options: o,
		appends: make(map[string]bool, len(o.AppendBuckets)),
	}
	for _, name := range o.AppendBuckets {
		b.appends[name] = true
	}
	return b
}

// Path gives the name of the file.
func (b *Bolt) Path() string { return b.path }

// Latched gives the failed commit that latched the store, nil when it works.
func (b *Bolt) Latched() error {
	b.begin.RLock()
	defer b.begin.RUnlock()
	return b.latched
}

// View runs fn on the newest durable state.
func (b *Bolt) View(fn func(Reader) error) error {
	tx, err := b.beginView()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // ends a read; it cannot fail
	return fn(newBoltTx(b, tx))
}

// Dump runs first on one consistent state and then yields every pair of it,
// bucket by bucket in order of keys. While it runs, pages that are freed cannot be
// used again (D6).
func (b *Bolt) Dump(first func(Reader) error, yield func(bucket, key, value []byte) error) error {
	tx, err := b.beginView()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // ends a read; it cannot fail
	if err := first(newBoltTx(b, tx)); err != nil {
		return err
	}
	return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
		return bucket.ForEach(func(k, v []byte) error { return yield(name, k, v) })
	})
}

func (b *Bolt) beginView() (*bbolt.Tx, error) {
	b.begin.RLock()
	defer b.begin.RUnlock()
	if err := b.usable(opView); err != nil {
		return nil, err
	}
	tx, err := b.db.Begin(false)
	if err != nil {
		return nil, fault.New(fault.Storage, opView, b.path, err)
	}
	return tx, nil
}

// usable wants begin held.
func (b *Bolt) usable(op string) error {
	switch {
	case b.latched != nil:
		return fault.New(fault.Storage, op, b.path, b.latched)
	case b.closed:
		return fault.New(fault.Unavailable, op, b.path, errors.New("store is closed"))
	}
	return nil
}

// Update runs fn and commits. It returns nil only after pages and meta page
// are on disk. An error of fn, or of a Put that fn ignored, rolls back and is
// returned as it is. fault.Full means refused for MaxSize, with nothing
// changed. Any other failed commit is fault.Storage, its outcome unknown, and
// latches the store (D3).
func (b *Bolt) Update(fn func(Writer) error) error {
	b.writer.Lock()
	defer b.writer.Unlock()
	tx, err := b.beginUpdate()
	if err != nil {
		return err
	}
	committing := false
	defer func() {
		if !committing {
			_ = tx.Rollback() // fn failed or panicked; nothing is on disk
		}
	}()
	w := newBoltTx(b, tx)
	if err := fn(w); err != nil {
		return err
	}
	if w.err != nil {
		return w.err
	}
	committing = true
	return b.commit(tx)
}

func (b *Bolt) beginUpdate() (*bbolt.Tx, error) {
	b.begin.RLock()
	defer b.begin.RUnlock()
	if err := b.usable(opUpdate); err != nil {
		return nil, err
	}
	tx, err := b.db.Begin(true)
	switch {
	case errors.Is(err, berrors.ErrDatabaseReadOnly):
		return nil, fault.New(fault.Denied, opUpdate, b.path, err)
	case err != nil:
		return nil, fault.New(fault.Storage, opUpdate, b.path, err)
	}
	return tx, nil
}

// commit makes tx durable, or latches the store.
func (b *Bolt) commit(tx *bbolt.Tx) error {
	b.begin.Lock()
	start := time.Now()
	panicked, err := safeCommit(tx)
	b.lastCommit = time.Since(start)
	if err == nil {
		b.begin.Unlock()
		return nil
	}
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		b.begin.Unlock()
		return fault.New(fault.Full, opUpdate, b.path, err)
	}
	b.latched, b.panicked = err, panicked
	b.begin.Unlock()
	if needsRewrite(err) {
		err = errors.Join(err, markSuspect(b.path, err))
	}
	err = fault.New(fault.Storage, opUpdate, b.path, fmt.Errorf("outcome unknown: %w", err))
	if b.onLatch != nil {
		b.onLatch(err) // it may be the last word of the process: what failed, and where
	}
	return err
}

func safeCommit(tx *bbolt.Tx) (panicked bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			panicked, err = true, fmt.Errorf("commit panicked: %v", p)
		}
	}()
	return false, tx.Commit()
}

// Close waits for open transactions and gives the file back. A second Close
// does nothing.
func (b *Bolt) Close() error {
	b.writer.Lock()
	defer b.writer.Unlock()
	b.begin.Lock()
	done := b.closed
	b.closed = true
	stuck := b.panicked
	b.begin.Unlock()
	b.retired.Wait()
	var err error
	switch {
	case done:
		return nil
	case stuck: // the writer lock is gone for good; release at least the file's
		err = b.file.Close()
	default:
		err = b.db.Close()
	}
	if err != nil {
		return fault.New(fault.Storage, opClose, b.path, err)
	}
	return nil
}

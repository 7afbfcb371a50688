package journal

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Journal is the node's journal on disk. Its methods may be called from many
// goroutines.
type Journal struct {
	dir      string
	store    kv.Store
	ballast  *kv.Ballast // nil for none
	mirror   *mirror.Mirror
	maxSize  int64
	minFree  int64
	metrics  *Metrics
	logger   *slog.Logger
	onLatch  func(error)
	warnings []string // what Open saw; not changed afterwards

	turn    sync.Mutex    // with a mirror: held from the second disk's write to the first one's commit
	mu      sync.Mutex    // guards what follows
	changed chan struct{} // closed and replaced after each commit; owned by notify
	failed  error         // the sync that latched the journal
	worked  time.Time     // when somebody at the post saved last
}

func (j *Journal) path() string { return filepath.Join(j.dir, fileName) }

// Warnings gives what Open saw that an operator should know.
func (j *Journal) Warnings() []string { return append([]string(nil), j.warnings...) }

func (j *Journal) warn(text string) {
	j.warnings = append(j.warnings, text)
	j.logger.Warn("journal preflight", slog.String("warning", text))
}

// Close waits for running transactions and closes the file.
func (j *Journal) Close() error {
	if j.mirror != nil {
		return errors.Join(j.mirror.Close(), j.store.Close())
	}
	return j.store.Close()
}

// fail latches the journal with the first failure of a sync and gives err back.
func (j *Journal) fail(err error) error {
	j.mu.Lock()
	first := j.failed == nil
	if first {
		j.failed = err
	}
	j.mu.Unlock()
	if first && j.onLatch != nil {
		j.onLatch(err)
	}
	return err
}

func (j *Journal) usable(op string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return fault.New(fault.Storage, op, "", j.failed)
	}
	return nil
}

// update runs fn as one durable transaction, none when it writes nothing.
func (j *Journal) update(fn func(kv.Writer) error) (changed bool, err error) {
	if err := j.usable("journal: update"); err != nil {
		return false, err
	}
	err = j.transact(func(w kv.Writer) error {
		c := &countingWriter{Writer: w}
		if err := fn(c); err != nil {
			return err
		}
		if c.writes == 0 {
			return errUnchanged
		}
		return nil
	})
	switch {
	case errors.Is(err, errUnchanged):
		return false, nil
	case fault.Is(err, fault.Storage):
		return false, j.fail(err)
	}
	return err == nil, err
}

// Append adds an entry. It returns after entry, head and whatever Also wrote
// are on disk: level L1. fault.Storage means that the outcome is unknown and
// the process must leave (D3); fault.Full that nothing was changed. Each image
// that the entry names must have been written by WriteBundle before:
// fault.NotFound when one is not there.
func (j *Journal) Append(ctx context.Context, d Draft) (Appended, error) {
	const op = "journal: append"
	if err := ctx.Err(); err != nil {
		return Appended{}, fault.New(fault.Timeout, op, "", err)
	}
	if also := d.Also; also != nil {
		d.Also = func(w kv.Writer) error { return also(foreignWriter{w}) }
	}
	var a Appended
	start := time.Now()
	changed, err := j.update(func(w kv.Writer) error {
		if w.Get(bucketRecords, d.Header.Record[:]) == nil {
			if err := j.checkBundles(w, d.Header.Images); err != nil {
				return err
			}
		}
		var err error
		a, err = AppendTo(w, d)
		return err
	})
	if err != nil {
		return Appended{}, err
	}
	j.work()
	if changed {
		j.metrics.appended(time.Since(start), a.Position.Seq)
		j.notify()
	}
	return a, nil
}

// Receipted is a receipt whose signature was verified.
type Receipted struct {
	Signed  wire.SignedReceipt
	Receipt wire.Receipt
}

// Heard is what the hub said, verified by the caller.
type Heard struct {
	Receipts []Receipted
	Notices  []wire.VerifiedNotice
	Stored   []wire.Digest // bundles that the hub verified and fsynced
	Missing  []wire.Digest // bundles that the hub lacks after all
}

// Store keeps what the hub said in one durable transaction, all of it or
// nothing. What was known already costs no sync.
func (j *Journal) Store(h Heard) error {
	var s State
	changed, err := j.update(func(w kv.Writer) error {
		if err := putHeard(w, h); err != nil {
			return err
		}
		var err error
		s, err = readState(w)
		return err
	})
	if changed {
		j.metrics.opened(s)
		j.notify()
	}
	return err
}

func putHeard(w kv.Writer, h Heard) error {
	for _, r := range h.Receipts {
		if err := PutReceipt(w, r.Signed, r.Receipt); err != nil {
			return err
		}
	}
	for _, d := range h.Stored {
		if err := MarkStored(w, d); err != nil {
			return err
		}
	}
	for _, d := range h.Missing {
		if err := MarkMissing(w, d); err != nil {
			return err
		}
	}
	return PutNotices(w, h.Notices)
}

// StoreReceipts stores verified receipts: from here on their entries are level L2.
func (j *Journal) StoreReceipts(receipts []Receipted) error {
	return j.Store(Heard{Receipts: receipts})
}

// StoreNotices stores verified notices, in order.
func (j *Journal) StoreNotices(notices []wire.VerifiedNotice) error {
	return j.Store(Heard{Notices: notices})
}

// MarkStored notes durably that the hub has bundles.
func (j *Journal) MarkStored(digests ...wire.Digest) error { return j.Store(Heard{Stored: digests}) }

// MarkMissing notes durably that the hub lacks bundles: they are sent again,
// and entries that name them and have no receipt wait for them.
func (j *Journal) MarkMissing(digests ...wire.Digest) error { return j.Store(Heard{Missing: digests}) }

// Changed gives a channel that closes at the next change of the journal.
func (j *Journal) Changed() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.changed
}

func (j *Journal) notify() {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.changed)
	j.changed = make(chan struct{})
}

// View and Update give the desk the same file for its drafts, so that a release
// and the end of its draft are one transaction.
func (j *Journal) View(fn func(kv.Reader) error) error {
	if err := j.usable("journal: view"); err != nil {
		return err
	}
	return j.store.View(fn)
}

// Update is View with writes; durable on return. The journal's own buckets are
// refused with fault.Denied.
func (j *Journal) Update(fn func(kv.Writer) error) error {
	j.work()
	_, err := j.update(func(w kv.Writer) error { return fn(foreignWriter{w}) })
	return err
}

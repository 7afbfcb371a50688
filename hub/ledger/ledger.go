package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	opOpen    = "ledger: open"
	opApply   = "ledger: apply entries"
	opInstall = "ledger: install state"
)

// Entry is one committed log entry: a command, or a new membership of the
// cluster as opaque bytes. Its fields are those of cluster.Entry, so that
// package hub converts one into the other.
type Entry struct {
	Index   uint64
	Term    uint64
	Command []byte
	Members []byte
}

// Position says how far the state has come and which membership was in force
// there. Its fields are those of cluster.Position.
type Position struct {
	Index        uint64
	Term         uint64
	Members      []byte
	MembersIndex uint64
}

// Options says how Open opens the state file; zero values work.
type Options struct {
	MaxSize         int64       // of the file in bytes; 0: no limit
	InitialMmapSize int         // address space in bytes; 0: kv's default
	OnLatch         func(error) // called once when a commit failed: the process must leave (D3)
}

// Ledger is the replicated state in one file. Apply and Install are called by
// one goroutine and never at once; everything else may be called at any time.
type Ledger struct {
	Views
	path    string
	options kv.Options

	// turn lets one change at a time, and none between the moment an export
	// names its position and the moment its read transaction has begun.
	turn sync.Mutex

	// swap guards db: held for reading by whoever uses the file, for writing by
	// Install and Close.
	swap sync.RWMutex
	db   *kv.Bolt

	mu       sync.Mutex // guards the fields below
	position Position
	changed  chan struct{} // closed and replaced when position changes
}

// Open opens the state file at path, creating it when there is none. It
// answers fault.Unsupported when the state was written by a newer program.
func Open(path string, o Options) (*Ledger, error) {
	l := &Ledger{
		path: path, changed: make(chan struct{}),
		options: kv.Options{
			MaxSize: o.MaxSize, InitialMmapSize: o.InitialMmapSize, OnLatch: o.OnLatch,
			AppendBuckets: appendBuckets(),
		},
	}
	l.Views = Views{source: l}
	db, err := kv.Open(path, l.options)
	if err != nil {
		return nil, err
	}
	l.db = db
	if err := l.learn(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return l, nil
}

// learn reads the position from the file.
func (l *Ledger) learn() error {
	return l.db.View(func(r kv.Reader) error {
		c, _, err := load[Cluster](r, inMeta, keyCluster)
		switch {
		case err != nil:
			return err
		case c.Feature > Feature:
			return tooOld(c)
		}
		p, err := positionOf(r)
		if err == nil {
			l.moved(p)
		}
		return err
	})
}

func positionOf(r kv.Reader) (p Position, err error) {
	if p.Index, p.Term, err = Applied(r); err != nil {
		return Position{}, err
	}
	p.Members, p.MembersIndex, err = members(r)
	return p, err
}

func (l *Ledger) moved(p Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.position = p
	close(l.changed)
	l.changed = make(chan struct{})
}

// Position gives what the file holds; it does not touch the disk.
func (l *Ledger) Position() (Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.position, nil
}

// Watch gives the applied index and a channel that is closed when it moves on:
// read the views, then wait.
func (l *Ledger) Watch() (applied uint64, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.position.Index, l.changed
}

// View runs fn on the newest durable state. fn reads little, copies what it
// keeps and starts no other View (D6).
func (l *Ledger) View(fn func(kv.Reader) error) error {
	l.swap.RLock()
	defer l.swap.RUnlock()
	return l.db.View(fn)
}

// Apply applies the entries in one transaction and returns after it is on disk,
// with one response for each: a Result, or nil for a membership and for an
// entry that was applied before. An error means that the disk failed.
func (l *Ledger) Apply(entries []Entry) ([]any, error) {
	responses := make([]any, len(entries))
	return responses, l.update(func(w kv.Writer) error {
		for i, e := range entries {
			response, err := applyEntry(w, e)
			if err != nil {
				return fault.New(fault.KindOf(err), opApply, "", err)
			}
			responses[i] = response
		}
		return nil
	})
}

func applyEntry(w kv.Writer, e Entry) (any, error) {
	have, _, err := Applied(w)
	switch {
	case err != nil:
		return nil, err
	case e.Index <= have:
		return nil, nil
	case e.Members != nil:
		if err := setMembers(w, e.Members, e.Index); err != nil {
			return nil, err
		}
		return nil, setApplied(w, e.Index, e.Term)
	}
	return Apply(w, e.Index, e.Term, e.Command)
}

// Persist moves the stored position forward to p and returns after that is on
// disk (D11.4). The data stays as it is.
func (l *Ledger) Persist(p Position) error {
	return l.update(func(w kv.Writer) error {
		if err := setApplied(w, p.Index, p.Term); err != nil {
			return err
		}
		return setMembers(w, p.Members, p.MembersIndex)
	})
}

func (l *Ledger) update(fn func(kv.Writer) error) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.swap.RLock()
	defer l.swap.RUnlock()
	var p Position
	err := l.db.Update(func(w kv.Writer) (err error) {
		if err = fn(w); err == nil {
			p, err = positionOf(w)
		}
		return err
	})
	if err == nil {
		l.moved(p)
	}
	return err
}

// Close waits for running views and exports and gives the file back.
func (l *Ledger) Close() error {
	l.swap.Lock()
	defer l.swap.Unlock()
	return l.db.Close()
}

// Stats gives the figures of the file.
func (l *Ledger) Stats() (kv.Stats, error) {
	l.swap.RLock()
	defer l.swap.RUnlock()
	return l.db.Stats()
}

// Install puts the file at path, an export whose digest was verified, in the
// place of the state (D11.7). An error that is not fault.Storage means that the
// old state still stands. Exports must have been canceled: it waits for them.
func (l *Ledger) Install(path string, p Position) error {
	if err := l.installable(path, p); err != nil {
		return err
	}
	l.turn.Lock()
	defer l.turn.Unlock()
	l.swap.Lock()
	defer l.swap.Unlock()
	if err := l.replace(path); err != nil {
		return fault.New(fault.Storage, opInstall, l.path, err)
	}
	return nil
}

func (l *Ledger) replace(path string) error {
	if err := l.db.Close(); err != nil {
		return err
	}
	if err := os.Rename(path, l.path); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(l.path)); err != nil {
		return err
	}
	db, err := kv.Open(l.path, l.options)
	if err != nil {
		return err
	}
	l.db = db
	return l.learn()
}

// installable opens the file as a reader would and compares it with what is
// held: the same cluster, exactly the position announced, and ahead (D11.5).
func (l *Ledger) installable(path string, p Position) (err error) {
	db, err := kv.Open(path, kv.Options{ReadOnly: true, InitialMmapSize: l.options.InitialMmapSize})
	if err != nil {
		return notStorage(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ours, err := l.Cluster()
	if err != nil {
		return err
	}
	have, _ := l.Position()
	return db.View(func(r kv.Reader) error {
		at, err := positionOf(r)
		if err != nil {
			return err
		}
		theirs, known, err := load[Cluster](r, inMeta, keyCluster)
		switch {
		case err != nil:
			return err
		case at.Index != p.Index || at.Term != p.Term:
			return fault.New(fault.Corrupt, opInstall, path, errors.New("the file is at another position"))
		case at.Index <= have.Index:
			return fault.New(fault.Stale, opInstall, path, errors.New("the file is not ahead of the state"))
		case known && ours.ID != theirs.ID && ours.Created != 0:
			return fault.New(fault.Denied, opInstall, path, errors.New("the file is of another cluster"))
		case theirs.Feature > Feature:
			return tooOld(theirs)
		case known && len(r.Get(inMeta, keyHash)) != 32:
			return fault.New(fault.Corrupt, opInstall, path, errors.New("the state hash is missing"))
		}
		return nil
	})
}

// notStorage says that a received file is bad, not the member's own disk.
func notStorage(err error) error {
	if fault.Is(err, fault.Storage) {
		return fault.New(fault.Corrupt, opInstall, "received file", err)
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator's own directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

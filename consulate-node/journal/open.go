package journal

import (
	"errors"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// File names in a node's data directory.
const (
	fileName   = "journal.db"
	bundlesDir = "bundles"
)

// Options says how Open opens a journal.
type Options struct {
	Identity    Identity
	Incarnation uint64 // used when the journal is created
	MaxSize     int64  // of journal.db in bytes, 0 for no limit (D8)
	MinFree     int64  // bytes of the disk that CanCapture leaves alone
	Ballast     int64  // bytes of a file that maintenance may release, 0 for none (D8)
	Mirror      MirrorOptions
	Anchor      string // file of an Anchor that a damaged journal is compared with, "" for none
	// NoPreflight leaves out the look at kernel, file system and sync time (D9),
	// some 32 syncs, for tests and for tools that open a journal again and again.
	NoPreflight bool
	// OnLatch is called once when a commit or a sync failed: the process is to
	// leave (D3). It must not call the journal.
	OnLatch func(error)
	Metrics *Metrics     // nil for none
	Logger  *slog.Logger // nil for none

	mirrorPatience time.Duration // set by tests
	mirrorMaxLog   int64
	mirrorMaxFrame int64
}

// Validate names the option that makes no sense, as fault.Invalid.
func (o Options) Validate() error {
	const op = "journal: open"
	switch {
	case o.MinFree < 0:
		return fault.New(fault.Invalid, op, "min free", nil)
	case o.Ballast < 0:
		return fault.New(fault.Invalid, op, "ballast", nil)
	case o.Incarnation == 0:
		return fault.New(fault.Invalid, op, "incarnation", nil)
	}
	return o.Identity.Validate()
}

// Open opens the journal in dir, creating it when there is none. Creation is
// durable on return. A file that is suspect after a failed sync is rewritten
// first (Recover). It refuses a file system that cannot keep what is promised
// here (fault.Unsupported), a journal of another node (fault.Exists), one that
// another process holds (fault.Unavailable), and one whose head is not its
// newest entry (fault.Corrupt).
func Open(dir string, o Options) (*Journal, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := makeDirs(dir); err != nil {
		return nil, err
	}
	j, err := open(dir, o)
	if err == nil {
		return j, nil
	}
	if err := remake(dir, o, err); err != nil {
		return nil, err
	}
	return open(dir, o)
}

func open(dir string, o Options) (*Journal, error) {
	j := newJournal(dir, o)
	if err := j.roomToStart(o); err != nil {
		return nil, err
	}
	if err := j.preflight(o); err != nil {
		return nil, err
	}
	if err := j.openMirror(o); err != nil {
		return nil, err
	}
	if reason, suspect := kv.Suspect(j.path()); suspect {
		if err := Recover(dir); err != nil {
			return nil, err
		}
		o.Logger.Warn("journal rewritten after a failed sync", slog.String("reason", reason))
	}
	store, err := kv.Open(j.path(), kv.Options{
		MaxSize: o.MaxSize, OnLatch: func(err error) { _ = j.fail(err) },
		AppendBuckets: []string{string(bucketEntries), string(bucketReceipts), string(bucketNotices)},
	})
	if err != nil {
		return nil, err
	}
	if err = j.attachMirror(store); err == nil {
		err = j.begin(store, o)
	}
	if err != nil && j.mirror != nil {
		err = errors.Join(err, j.mirror.Close())
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if j.mirror != nil {
		j.mirror.Run(source{j})
	}
	return j, nil
}

func newJournal(dir string, o Options) *Journal {
	return &Journal{
		dir: dir, maxSize: o.MaxSize, minFree: o.MinFree, metrics: o.Metrics,
		logger: o.Logger, onLatch: o.OnLatch, changed: make(chan struct{}),
	}
}

// makeDirs makes the directories durable before anything in them is. One that
// was there may come from a start that died before its sync; where the parent
// is not ours to open, the operator made it.
func makeDirs(dir string) error {
	const op = "journal: open"
	for _, d := range []string{dir, filepath.Join(dir, bundlesDir)} {
		_, missing := os.Stat(d)
		if err := os.MkdirAll(d, dirMode); err != nil {
			return fault.New(kindOfWrite(err), op, d, err)
		}
		err := durable.SyncDir(filepath.Dir(d))
		if err != nil && (missing != nil || !errors.Is(err, fs.ErrPermission)) {
			return fault.New(fault.Storage, op, d, err)
		}
	}
	return nil
}

func (j *Journal) preflight(o Options) error {
	if o.NoPreflight {
		return nil
	}
	rep, err := kv.Preflight(j.dir)
	if err != nil {
		return err
	}
	for _, text := range rep.Warnings {
		j.warn(text)
	}
	return nil
}

// begin creates or checks the identity, verifies the newest entry against the
// head, and clears what a crash left half done.
func (j *Journal) begin(store kv.Store, o Options) error {
	j.store = store
	if _, err := j.update(func(w kv.Writer) error { return Create(w, o.Identity, o.Incarnation) }); err != nil {
		return err
	}
	s, err := view(j, checkHead)
	if err != nil {
		return err
	}
	j.metrics.opened(s)
	if err := reap(j.dir); err != nil {
		return err
	}
	return j.holdBallast(o.Ballast)
}

// checkHead proves that the head is the newest entry's and nothing lies behind
// it; Verify proves the rest.
func checkHead(r kv.Reader) (State, error) {
	const op = "journal: check head"
	s, err := readState(r)
	if err != nil {
		return s, damaged(op, "state", err)
	}
	id, err := readIdentity(r)
	if err != nil {
		return s, err
	}
	last, err := positionAt(r, s.Head.Node, s.Head.Incarnation, s.Head.Seq)
	if err != nil {
		return s, damaged(op, s.Head.String(), err)
	}
	var newest uint64
	r.Descend(bucketEntries, entryKey(s.Head.Incarnation, math.MaxUint64), func(key, _ []byte) bool {
		if inc, seq, ok := parseEntryKey(key); ok && inc == s.Head.Incarnation {
			newest = seq
		}
		return false
	})
	switch {
	case last != s.Head || s.Head.Node != id.Node || newest != s.Head.Seq:
		return s, fault.New(fault.Corrupt, op, s.Head.String(), nil)
	case s.Receipted != receiptedOf(r, s.Head.Incarnation) || s.Receipted > s.Head.Seq:
		return s, fault.New(fault.Corrupt, op, "receipted "+uitoa(s.Receipted), nil)
	}
	return s, nil
}

// Recover rewrites a journal that is suspect after a failed sync into a fresh
// file, with Check as the verifier, and takes the mark away (D3). It leaves all
// as it was when the journal does not verify: then people decide. The journal
// must be closed.
func Recover(dir string) error {
	return kv.Rewrite(filepath.Join(dir, fileName), func(r kv.Reader) error {
		_, err := Check(r, nil)
		if fault.Is(err, fault.NotFound) {
			return nil // the failed commit was the creation
		}
		return err
	})
}

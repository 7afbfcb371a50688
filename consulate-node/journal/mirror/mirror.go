package mirror

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	// defaultPatience is how long a save waits for the second disk.
	defaultPatience = 5 * time.Second
	// retryEvery is how soon a disk that failed is tried again.
	retryEvery = 30 * time.Second
	// maxLog is the size of a log from which a new base is written, in bytes.
	maxLog = 256 << 20
	// maxQueue bounds what a mirror that is being filled may be behind, in bytes.
	maxQueue = 64 << 20
)

// Source is the journal that a mirror is filled from.
type Source interface {
	// Begin gives the position of the journal's chain, and starts one when there
	// is none.
	Begin() (Position, error)
	// Dump yields the whole state of one moment and says which one it is.
	Dump(at func(Position) error, pair func(bucket, key, value []byte) error) error
	// Contains reports whether the journal has all entries of the state that the
	// get function reads from.
	Contains(get func(bucket, key []byte) []byte) (bool, error)
	// Named reports whether the journal names a file of an addressed tree.
	Named(digest [32]byte) (bool, error)
}

// Options says where a mirror lies and what it mirrors.
type Options struct {
	Dir      string
	Journal  string   // directory of the journal, on the first disk
	Node     [16]byte // whose history it is
	SameDisk bool     // lets it lie on the journal's own disk, for rehearsals
	Erasable []string // buckets whose values are put away
	Trees    []Tree
	Patience time.Duration // 0 is 5 seconds
	MaxLog   int64         // 0 is 256 MiB
	MaxFrame int64         // 0 is MaxFrame, and it is no more
	Logger   *slog.Logger
}

// Mirror is a second disk. Write, Undo, Shred and the file methods may be called
// from many goroutines.
type Mirror struct {
	o      Options
	source Source

	mu    sync.Mutex // guards what follows; held while the disk is written
	log   *logFile   // nil unless good
	build *build     // a base being written, nil for none
	stuck int        // operations that ran out of time and still hang
	said  Reason     // logged last
	owed  bool       // a start could not bring all files back: the second disk has more

	told   sync.Mutex // guards what follows
	status Status
	at     Position // of the journal
	held   Position // last one that is here

	kick  chan struct{}
	stop  chan struct{}
	ended chan struct{} // closed when run has returned; nil before it began
}

// queued is a transaction that waits for a base.
type queued struct {
	at    Position
	frame []byte
	away  [][]byte
}

// New gives a mirror that is not attached to a journal yet.
func New(o Options) *Mirror {
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	if o.MaxLog == 0 {
		o.MaxLog = maxLog
	}
	if o.MaxFrame == 0 {
		o.MaxFrame = MaxFrame
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Mirror{o: o, kick: make(chan struct{}, 1), stop: make(chan struct{})}
}

// Check says whether the directory may be used at all: fault.Invalid on the disk
// of the journal, fault.Unsupported on a network file system (D9), fault.Timeout
// when the disk does not answer.
func (m *Mirror) Check() error {
	if m.hangs() {
		return errSlow
	}
	return m.attend(func(*pulse) error { return m.check() })
}

func (m *Mirror) check() error {
	const op = "mirror: check disk"
	if err := kv.CheckPlatform(m.o.Dir); fault.Is(err, fault.Unsupported) {
		return err
	}
	if m.o.SameDisk {
		return nil
	}
	same, err := SameDisk(m.o.Dir, m.o.Journal)
	if err != nil {
		return err
	}
	if same {
		return fault.New(fault.Invalid, op, m.o.Dir, errSameDisk)
	}
	return nil
}

// Erasable reports whether values of a bucket are put away.
func (m *Mirror) Erasable(bucket []byte) bool {
	return slices.Contains(m.o.Erasable, string(bucket))
}

// Prepared is a transaction before its commit.
type Prepared struct {
	At    Position
	frame []byte
	away  [][]byte
}

// Prepare gives the place of a transaction in the chain. It does not touch the
// disk. One that no frame holds is fault.TooLarge.
func (m *Mirror) Prepare(after Position, ops []Op) (p Prepared, err error) {
	f := Frame{Kind: KindTransaction, N: after.N + 1, Prev: after.Hash, Ops: ops}
	for i, o := range ops {
		if o.Change == Put && m.Erasable(o.Bucket) {
			p.away = append(p.away, o.Value)
			digest := digestOf(o.Value)
			ops[i].Change, ops[i].Value = PutAway, digest[:]
		}
	}
	if p.frame, p.At.Hash, err = f.encodeWithin(m.o.MaxFrame); err != nil {
		return Prepared{}, err
	}
	p.At.N = f.N
	return p, nil
}

// Write puts a prepared transaction on the second disk and returns when it is
// synced there, or the disk was given up.
func (m *Mirror) Write(p Prepared) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.note(p.At)
	if m.build != nil {
		m.build.add(queued{p.At, p.frame, p.away})
	}
	if m.log == nil {
		return
	}
	log := m.log
	err := m.guard(log, func() error { return writeAll(m.o.Dir, log, []queued{{p.At, p.frame, p.away}}) })
	if err != nil {
		m.fail("a transaction", err)
		return
	}
	m.hold(p.At, log.end)
	if log.end > m.o.MaxLog && m.build == nil {
		m.wake()
	}
}

// writeAll appends and syncs transactions, what is put away before what names it.
func writeAll(dir string, log *logFile, frames []queued) error {
	for _, q := range frames {
		for _, value := range q.away {
			if err := putAway(dir, value); err != nil {
				return err
			}
		}
		if err := log.write(q.at, q.frame); err != nil {
			return err
		}
	}
	return log.sync()
}

// Undo takes the last transaction away: its commit was refused and changed
// nothing.
func (m *Mirror) Undo(p Prepared, before Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.note(before)
	if m.build != nil {
		m.build.undo(p.At)
	}
	if m.log == nil {
		return
	}
	log := m.log
	if err := m.guard(log, func() error { return errors.Join(log.cut(p.At), log.sync()) }); err != nil {
		m.fail("taking a transaction back", err)
		return
	}
	m.hold(log.last, log.end)
}

// Shred overwrites values that were put away and that the journal has dropped.
func (m *Mirror) Shred(digests [][32]byte) {
	if len(digests) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.build != nil {
		for _, d := range digests {
			m.build.drop(d)
		}
	}
	if m.log == nil {
		return // sweepKeys does it when the disk is back
	}
	err := m.guard(m.log, func() error {
		for _, d := range digests {
			if err := shred(keyFile(m.o.Dir, d)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.fail("overwriting a key", err)
	}
}

// Copied brings a file of a tree here that was written whole and does not change.
func (m *Mirror) Copied(tree, rel string) {
	m.file(tree, rel, func(t Tree, from, to string) error {
		if sizeOf(to) == sizeOf(from) {
			if d, ok := t.address(rel); !ok || proves(to, d) {
				return nil
			}
		}
		return m.mirrored(t, rel)
	})
}

// Appended brings a file of a tree here that was written from offset on.
func (m *Mirror) Appended(tree, rel string, offset int64) {
	m.file(tree, rel, func(_ Tree, from, to string) error { return appendFile(m.o.Dir, from, to, offset) })
}

// Removed takes a file of a tree away; rel may be a directory.
func (m *Mirror) Removed(tree, rel string) {
	m.file(tree, rel, func(_ Tree, _, to string) error { return os.RemoveAll(to) })
}

func (m *Mirror) file(tree, rel string, do func(t Tree, from, to string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.log == nil && m.build == nil {
		return
	}
	for _, t := range m.o.Trees {
		if t.Name != tree {
			continue
		}
		good := m.log != nil
		err := m.guard(m.log, func() error { return do(t, filepath.Join(t.Dir, rel), filepath.Join(m.o.Dir, tree, rel)) })
		if err == nil {
			return
		}
		if m.build != nil {
			m.build.fail(err)
		}
		if good {
			m.fail("a file", err)
		}
	}
}

// guard runs fn, which uses log, and waits for it as long as a save may. What
// hangs longer is left behind; it closes log when it ends, if it ever does.
func (m *Mirror) guard(log *logFile, fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	timer := time.NewTimer(m.o.Patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
	}
	if m.log == log {
		m.log = nil
	}
	m.hang(done, log.close)
	return errSlow
}

// fail gives the disk up until it is tried again. m.mu is held.
func (m *Mirror) fail(what string, err error) {
	if m.log != nil {
		_ = m.log.close() // its disk failed already
		m.log = nil
	}
	m.failed(err)
	m.complain("one disk: the mirror failed at "+what, err)
}

// complain logs a failure once until the reason is another one. m.mu is held, or
// nobody else has m yet.
func (m *Mirror) complain(what string, err error) {
	if m.said == reasonOf(err) {
		return
	}
	m.said = reasonOf(err)
	m.o.Logger.Error("the mirror is not good", slog.String("what", what),
		slog.String("reason", string(m.said)), slog.String("error", err.Error()))
}

func (m *Mirror) failed(err error) {
	m.tell(func(s *Status) {
		if s.State != Failed || s.Reason != reasonOf(err) {
			s.Since = time.Now()
		}
		s.State, s.Reason, s.Next = Failed, reasonOf(err), time.Now().Add(retryEvery)
	})
}

func (m *Mirror) note(at Position) {
	m.told.Lock()
	defer m.told.Unlock()
	m.at = at
}

// hold notes what is here.
func (m *Mirror) hold(at Position, size int64) {
	m.told.Lock()
	defer m.told.Unlock()
	m.held, m.status.Log = at, size
}

func (m *Mirror) wake() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// Retry tries a mirror that is not good at once, and writes a new base of one
// that is.
func (m *Mirror) Retry() { m.wake() }

// Close ends the work in the background and closes the log. It does not wait for
// a disk that hangs.
func (m *Mirror) Close() error {
	close(m.stop)
	if m.ended != nil {
		timer := time.NewTimer(m.o.Patience)
		defer timer.Stop()
		select {
		case <-m.ended:
		case <-timer.C:
			return nil
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.log.close()
	m.log = nil
	if err != nil {
		return fault.New(fault.Storage, "mirror: close", m.o.Dir, err)
	}
	return nil
}

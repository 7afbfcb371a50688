package mirror

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

func digestOf(value []byte) [32]byte { return sha256.Sum256(value) }

var errBehind = errors.New("the journal has gone on without it")

// replayBytes is how much of a mirror goes into one transaction of the journal.
const replayBytes = 4 << 20

// Attach compares the mirror with the journal in store, which is at a position of
// the chain, nil for none. What only the mirror has is put into the journal,
// proved by the chain; set writes the new position. Whatever is wrong with the
// mirror is in its status; an error is the journal's.
func (m *Mirror) Attach(store kv.Store, at *Position, set func(kv.Writer, Position) error) error {
	if at != nil {
		m.note(*at)
	}
	h, err := m.find()
	if err == nil && at == nil {
		err = errBehind
	}
	if err != nil {
		m.failed(err)
		m.complain("start", err)
		return nil // a second disk stops nobody
	}
	r := replay{dir: m.o.Dir, store: store, set: set}
	ok, err := h.After(*at, r.add)
	if err == nil && ok {
		err = r.flush()
	}
	switch {
	case r.failed != nil:
		return r.failed
	case err == nil && !ok:
		err = errBehind
	}
	var log *logFile
	if err == nil {
		log, err = h.open()
	}
	if err != nil {
		m.failed(err)
		m.complain("start", err)
		return nil // a second disk stops nobody
	}
	if r.count > 0 {
		m.o.Logger.Warn("journal completed from the mirror", slog.Int("transactions", r.count))
	}
	m.note(h.End)
	m.good(log, sizeOf(filepath.Join(m.o.Dir, h.base)), time.Time{})
	return nil
}

// find gives what the disk holds of this node.
func (m *Mirror) find() (History, error) {
	if err := m.Check(); err != nil {
		return History{}, err
	}
	h, err := Find(m.o.Dir)
	if err == nil && h.Node != m.o.Node {
		err = errHistory
	}
	return h, err
}

// good takes a log into use. m.mu is held, or nobody else has m yet.
func (m *Mirror) good(log *logFile, base int64, based time.Time) {
	m.log, m.said = log, ""
	m.tell(func(s *Status) {
		s.State, s.Reason, s.Since, s.Next, s.Base, s.Log = Good, "", time.Now(), time.Time{}, base, log.end
		if !based.IsZero() {
			s.Based = based
		}
	})
	m.hold(log.last, log.end)
}

// replay collects transactions and puts them into a store.
type replay struct {
	dir    string
	store  kv.Store
	set    func(kv.Writer, Position) error
	ops    []Op
	size   int
	at     Position
	count  int
	failed error // of the store
}

func (r *replay) add(f Frame, hash [32]byte) error {
	for _, o := range f.Ops {
		r.ops = append(r.ops, o)
		r.size += len(o.Bucket) + len(o.Key) + len(o.Value)
	}
	if f.Kind == KindTransaction {
		r.at = Position{N: f.N, Hash: hash}
		r.count++
	}
	if r.size < replayBytes {
		return nil
	}
	return r.flush()
}

func (r *replay) flush() error {
	if len(r.ops) == 0 {
		return nil
	}
	r.failed = r.store.Update(func(w kv.Writer) error {
		if err := apply(r.dir, w, r.ops); err != nil {
			return err
		}
		return r.set(w, r.at)
	})
	r.ops, r.size = nil, 0
	return r.failed
}

// Rebuild makes the store at path from the mirror: into another file, proved by
// the chain and by verify, then renamed. fault.NotFound means that the mirror
// holds nothing of this node, fault.Corrupt that it does not prove, fault.Fork
// that it is another node's.
func (m *Mirror) Rebuild(path string, set func(kv.Writer, Position) error, verify func(kv.Reader) error) error {
	h, err := m.find()
	if err != nil {
		return fault.New(kindOf(err), "mirror: rebuild journal", m.o.Dir, err)
	}
	if err := h.Rebuild(path, set, verify); err != nil {
		return err
	}
	return m.restoreTrees()
}

func kindOf(err error) fault.Kind {
	if errors.Is(err, ErrNone) {
		return fault.NotFound
	}
	return fault.KindOf(err)
}

// Rebuild makes a store from a history.
func (h History) Rebuild(path string, set func(kv.Writer, Position) error, verify func(kv.Reader) error) (err error) {
	tmp := path + ".mirror"
	if err := removeFile(tmp); err != nil {
		return fault.New(fault.Storage, "mirror: rebuild journal", tmp, err)
	}
	store, err := kv.Open(tmp, kv.Options{})
	if err != nil {
		return err
	}
	r := replay{dir: h.dir, store: store, set: set, at: h.Base}
	if err = h.All(r.add); err == nil {
		err = r.flush()
	}
	if err == nil {
		err = store.View(verify)
	}
	if err = errors.Join(err, store.Close()); err != nil {
		return errors.Join(err, removeFile(tmp))
	}
	if err := durable.Rename(tmp, path); err != nil {
		return fault.New(fault.Storage, "mirror: rebuild journal", path, err)
	}
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		return fault.New(fault.Storage, "mirror: rebuild journal", path, err)
	}
	return nil
}

// restoreTrees brings back what is missing beside the journal.
func (m *Mirror) restoreTrees() error {
	for _, t := range m.o.Trees {
		root := filepath.Join(m.o.Dir, t.Name)
		if sizeOf(root) < 0 {
			continue
		}
		err := eachFile(root, func(rel string, size int64) error {
			to := filepath.Join(t.Dir, rel)
			if sizeOf(to) >= size {
				return nil
			}
			return copyFile(t.Dir, filepath.Join(root, rel), to)
		})
		if err != nil {
			return fault.New(fault.Storage, "mirror: restore files", t.Name, err)
		}
	}
	return nil
}

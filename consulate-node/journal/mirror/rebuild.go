package mirror

import (
	"errors"
	"log/slog"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// ErrBefore says that a mirror ends before a position.
var ErrBefore = errors.New("the mirror ends before it")

// Rebuilding says what a store is made again for, and how it is proved.
type Rebuilding struct {
	Path   string    // of the store
	Aside  string    // name that what is there is given first, "" when nothing is
	Reach  *Position // that the mirror must have reached, nil for any
	Set    func(kv.Writer, Position) error
	Verify func(kv.Reader) error
}

// Rebuild makes a store from the mirror: into another file, proved by the chain and
// by Verify, then renamed. known says that the mirror holds a history of this
// node, whatever became of it then; else fault.NotFound means that it holds
// nothing of this node, fault.Corrupt that it does not prove, fault.Fork that it
// is another node's. Nothing is changed on an error.
func (m *Mirror) Rebuild(r Rebuilding) (known bool, err error) {
	const op = "mirror: rebuild journal"
	b := rebuilding{Rebuilding: r}
	err = m.attend(func(p *pulse) error {
		h, err := m.find(p)
		if err != nil {
			return fault.New(kindOf(err), op, m.o.Dir, err)
		}
		ok, err := h.reaches(r.Reach)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Stale, op, m.o.Dir, ErrBefore)
		}
		if err := p.here(func() error { known = true; return b.begin() }); err != nil {
			return err
		}
		return b.fill(h)
	})
	if err = b.prove(err); err != nil {
		return known, err
	}
	if err := m.attend(m.restoreTrees); err != nil { // the journal is what counts
		m.o.Logger.Error("files did not come back from the second disk", slog.String("error", err.Error()))
		m.owed = true
	}
	return known, b.name()
}

// reaches reports whether a history has all up to a position. Of one before its
// base it has: numbers never begin again.
func (h History) reaches(at *Position) (bool, error) {
	if at == nil || at.N < h.Base.N {
		return true, nil
	}
	return h.After(*at, func(Frame, [32]byte) error { return nil })
}

func kindOf(err error) fault.Kind {
	if errors.Is(err, ErrNone) {
		return fault.NotFound
	}
	return fault.KindOf(err)
}

// Rebuild makes a store from a history.
func (h History) Rebuild(path string, set func(kv.Writer, Position) error, verify func(kv.Reader) error) error {
	b := rebuilding{Rebuilding: Rebuilding{Path: path, Set: set, Verify: verify}}
	err := b.begin()
	if err == nil {
		err = b.fill(h)
	}
	if err := b.prove(err); err != nil {
		return err
	}
	return b.name()
}

// rebuilding is a store that is being made.
type rebuilding struct {
	Rebuilding
	store *kv.Bolt // nil before begin
}

func (b *rebuilding) temp() string { return b.Path + ".mirror" }

func (b *rebuilding) begin() (err error) {
	if err := removeFile(b.temp()); err != nil {
		return fault.New(fault.Storage, "mirror: rebuild journal", b.temp(), err)
	}
	b.store, err = kv.Open(b.temp(), kv.Options{})
	return err
}

// fill reads the second disk; what it makes of it is put into the store by whoever
// attends.
func (b *rebuilding) fill(h History) error {
	r := replay{dir: h.dir, p: h.p, store: b.store, set: b.Set, at: h.Base}
	if err := h.All(r.add); err != nil {
		return err
	}
	return r.flush()
}

// prove looks at what was made, and takes it away if it is not good.
func (b *rebuilding) prove(err error) error {
	if b.store == nil {
		return err
	}
	if err == nil {
		err = b.store.View(b.Verify)
	}
	if err = errors.Join(err, b.store.Close()); err != nil {
		return errors.Join(err, removeFile(b.temp()))
	}
	return nil
}

// name puts what was proved into its place.
func (b *rebuilding) name() error {
	const op = "mirror: rebuild journal"
	if b.Aside != "" {
		if err := durable.Rename(b.Path, b.Aside); err != nil {
			return fault.New(fault.Storage, op, b.Aside, err)
		}
	}
	if err := durable.Rename(b.temp(), b.Path); err != nil {
		return fault.New(fault.Storage, op, b.Path, err)
	}
	if err := durable.SyncDir(filepath.Dir(b.Path)); err != nil {
		return fault.New(fault.Storage, op, b.Path, err)
	}
	return nil
}

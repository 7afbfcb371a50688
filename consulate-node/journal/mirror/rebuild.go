package mirror

import (
	"errors"
	"log/slog"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// Rebuild makes the store at path from the mirror: into another file, proved by
// the chain and by verify, then renamed. known says that the mirror holds a
// history of this node, whatever became of it then; else fault.NotFound means that
// it holds nothing of this node, fault.Corrupt that it does not prove, fault.Fork
// that it is another node's.
func (m *Mirror) Rebuild(path string, set func(kv.Writer, Position) error, verify func(kv.Reader) error) (known bool, err error) {
	b := rebuilding{path: path, set: set, verify: verify}
	err = m.attend(func(p *pulse) error {
		h, err := m.find(p)
		if err != nil {
			return fault.New(kindOf(err), "mirror: rebuild journal", m.o.Dir, err)
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

func kindOf(err error) fault.Kind {
	if errors.Is(err, ErrNone) {
		return fault.NotFound
	}
	return fault.KindOf(err)
}

// Rebuild makes a store from a history.
func (h History) Rebuild(path string, set func(kv.Writer, Position) error, verify func(kv.Reader) error) error {
	b := rebuilding{path: path, set: set, verify: verify}
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
	path   string
	set    func(kv.Writer, Position) error
	verify func(kv.Reader) error
	store  *kv.Bolt // nil before begin
}

func (b *rebuilding) temp() string { return b.path + ".mirror" }

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
	r := replay{dir: h.dir, p: h.p, store: b.store, set: b.set, at: h.Base}
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
		err = b.store.View(b.verify)
	}
	if err = errors.Join(err, b.store.Close()); err != nil {
		return errors.Join(err, removeFile(b.temp()))
	}
	return nil
}

// name puts what was proved into its place.
func (b *rebuilding) name() error {
	const op = "mirror: rebuild journal"
	if err := durable.Rename(b.temp(), b.path); err != nil {
		return fault.New(fault.Storage, op, b.path, err)
	}
	if err := durable.SyncDir(filepath.Dir(b.path)); err != nil {
		return fault.New(fault.Storage, op, b.path, err)
	}
	return nil
}

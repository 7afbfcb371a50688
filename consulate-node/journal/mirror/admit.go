package mirror

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

// admit makes sure that nothing is overwritten that the journal, which is at a
// position, does not have. A history that does not prove is set aside, one at a
// time, when all that can still be read of it is in the journal.
func (m *Mirror) admit(p *pulse, at Position) error {
	h, err := find(m.o.Dir, p)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err == nil && h.Node != m.o.Node {
		return errHistory
	}
	held := remains{meta: map[string][]byte{}, at: at}
	if err == nil {
		err = h.All(held.add)
	}
	if err != nil && !fault.Is(err, fault.Corrupt) {
		return err
	}
	damaged := err != nil
	if damaged {
		if held, err = salvage(m.o.Dir, p, at); err != nil {
			return err
		}
	}
	ok, err := m.source.Contains(held.get)
	switch {
	case err != nil:
		return err
	case !ok, damaged && held.same && held.last > at.N:
		return errHistory
	case damaged:
		m.o.Logger.Warn("the mirror does not prove; it is set aside and written anew")
		return m.setAside()
	}
	return nil
}

// remains is what the frames of a history say, newest last.
type remains struct {
	meta map[string][]byte // newest values of the journal's meta bucket
	last uint64            // number of the newest transaction
	at   Position          // of the journal
	same bool              // the journal's position is among the transactions
}

func (r *remains) get(bucket, key []byte) []byte { return r.meta[string(bucket)+"\x00"+string(key)] }

func (r *remains) add(f Frame, hash [32]byte) error {
	for _, o := range f.Ops {
		if o.Change == Put && string(o.Bucket) == "meta" {
			r.meta[string(o.Bucket)+"\x00"+string(o.Key)] = bytes.Clone(o.Value)
		}
	}
	if f.Kind == KindTransaction {
		r.pass(Position{N: f.N, Hash: hash})
	}
	return nil
}

func (r *remains) pass(at Position) {
	r.last = max(r.last, at.N)
	r.same = r.same || at == r.at
}

// salvage reads every whole frame that is left in a directory, whatever lies
// between them: what a damaged history would lose if it were given up.
func salvage(dir string, p *pulse, at Position) (remains, error) {
	r := remains{meta: map[string][]byte{}, at: at}
	for _, prefix := range []string{baseName, logName} { // the newest of each last
		files, err := names(dir, prefix)
		if err != nil {
			return r, err
		}
		for _, name := range files {
			path := filepath.Join(dir, name)
			if head, err := readHeader(path); err == nil {
				r.pass(head.at)
			}
			n, _ := parseName(prefix, name)
			own := func(f Frame) bool { return f.N >= n && f.N-n <= 1<<32 }
			if err := (scanner{path: path, p: p, want: own}).each(r.add); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// asideDir keeps the last history that did not prove.
const asideDir = "damaged"

func (m *Mirror) setAside() error {
	aside := filepath.Join(m.o.Dir, asideDir)
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	if err := os.Mkdir(aside, dirMode); err != nil {
		return err
	}
	for _, prefix := range []string{baseName, logName} {
		files, err := names(m.o.Dir, prefix)
		if err != nil {
			return err
		}
		for _, name := range files {
			if err := durable.Rename(filepath.Join(m.o.Dir, name), filepath.Join(aside, name)); err != nil {
				return err
			}
		}
	}
	return errors.Join(durable.SyncDir(aside), durable.SyncDir(m.o.Dir))
}

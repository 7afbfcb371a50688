package mirror

import (
	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// replayBytes is how much of a mirror goes into one transaction of the journal.
const replayBytes = 4 << 20

// replay collects transactions and puts them into a store. Whoever reads the second
// disk fills it; the store is touched by whoever attends to that.
type replay struct {
	dir   string
	p     *pulse
	store kv.Store
	set   func(kv.Writer, Position) error
	ops   []Op
	size  int
	at    Position
	count int

	// Of whoever attends.
	put     int // transactions that are in the store
	reached Position
	broke   error // of the store
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
	ops, err := fetchAll(r.dir, r.ops)
	if err != nil {
		return err
	}
	at, count := r.at, r.count
	r.ops, r.size, r.count = nil, 0, 0
	return r.p.here(func() error {
		r.broke = r.store.Update(func(w kv.Writer) error {
			if err := apply(w, ops); err != nil {
				return err
			}
			return r.set(w, at)
		})
		if r.broke == nil {
			r.put, r.reached = r.put+count, at
		}
		return r.broke
	})
}

// fetchAll gives changes with the values that were put away in their places. One
// that was shredded is left out: a later transaction deleted it.
func fetchAll(dir string, ops []Op) ([]Op, error) {
	out := make([]Op, 0, len(ops))
	for _, o := range ops {
		if o.Change == PutAway {
			value, ok, err := fetch(dir, [32]byte(o.Value))
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			o.Change, o.Value = Put, value
		}
		out = append(out, o)
	}
	return out, nil
}

// apply turns changes into those of a store.
func apply(w kv.Writer, ops []Op) error {
	for _, o := range ops {
		var err error
		switch o.Change {
		case Delete:
			err = w.Delete(o.Bucket, o.Key)
		case Put:
			err = w.Put(o.Bucket, o.Key, o.Value)
		case PutAway:
			err = fault.New(fault.Internal, "mirror: replay", "a value that was not fetched", nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

package ledger

import (
	"errors"
	"io"
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Point says where a state stands: whose it is, how far it has come, and what
// its history and content amount to. Two states with equal points are one.
type Point struct {
	Cluster     wire.ClusterID
	Index, Term uint64
	Hash        wire.Digest // rolling, of the state
	Leaves      uint64      // of the log
	Root        wire.Digest // over them
	Entries     uint64
	Cases       uint64
}

func pointOf(r kv.Reader) (p Point, err error) {
	held, _, err := load[Cluster](r, inMeta, keyCluster)
	if err != nil {
		return Point{}, err
	}
	p.Cluster = held.ID
	if p.Index, p.Term, err = Applied(r); err != nil {
		return Point{}, err
	}
	copy(p.Hash[:], r.Get(inMeta, keyHash))
	c, _, err := load[counts](r, inMeta, keyCounts)
	if err != nil {
		return Point{}, err
	}
	p.Leaves, p.Entries, p.Cases = c.Leaves, c.Commits, c.Cases
	p.Root, err = rootAt(r, p.Leaves)
	return p, err
}

// ExportPoint is Export that says where the state stands, in the place of its
// position alone.
func (l *Ledger) ExportPoint(fn func(p Point, size int64, content io.WriterTo) error) error {
	return l.Export(func(at Position, size int64, content io.WriterTo) error {
		var p Point
		// Export holds the file: View would wait for who waits for Export.
		err := l.db.View(func(r kv.Reader) (err error) {
			p, err = pointOf(r)
			return err
		})
		switch {
		case err != nil:
			return err
		case p.Index != at.Index:
			return fault.New(fault.Internal, "ledger: export state", "moved on meanwhile", nil)
		}
		return fn(p, size, content)
	})
}

// Copied is what a proved copy of a state is and names.
type Copied struct {
	Point    Point
	Position Position
	Cluster  Cluster       // without the index secret
	Objects  []wire.Digest // that it names, in their order, each once
}

// OpenCopy audits a copy of a state, whole, and gives what it is and names.
// Errors: Corrupt when anything in it does not prove.
func OpenCopy(path string) (c Copied, err error) {
	db, err := kv.Open(path, kv.Options{ReadOnly: true})
	if err != nil {
		return Copied{}, notStorage(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if c.Cluster, err = NewViews(db).Cluster(); err == nil && c.Cluster.Feature > Feature {
		err = tooOld(c.Cluster)
	}
	if err != nil {
		return Copied{}, err
	}
	return c, db.View(func(r kv.Reader) (err error) {
		if err := Verify(r); err != nil {
			return err
		}
		if c.Point, err = pointOf(r); err != nil {
			return err
		}
		if c.Position, err = positionOf(r); err != nil {
			return err
		}
		c.Objects, err = objectsOf(r)
		return err
	})
}

// objectsOf lists what the state names in the vault: images of entries whose
// content was not erased, and of each case the issuer's package and question and
// the print that is open.
func objectsOf(r kv.Reader) (list []wire.Digest, err error) {
	seen := map[wire.Digest]bool{}
	r.Ascend(inEntries, nil, func(key, raw []byte) bool {
		var s Stored
		if s, err = decode[Stored](inEntries, key, raw); err != nil || s.Erased != 0 {
			return err == nil
		}
		var h wire.Header
		if h, err = wire.DecodeHeader(s.Header); err != nil {
			return false
		}
		for _, image := range h.Images {
			seen[image.Digest] = true
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	r.Ascend(inCases, nil, func(key, raw []byte) bool {
		var c Case
		if c, err = decode[Case](inCases, key, raw); err != nil {
			return false
		}
		for _, digest := range c.objects() {
			seen[digest] = true
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	list = make([]wire.Digest, 0, len(seen))
	for digest := range seen {
		list = append(list, digest)
	}
	slices.SortFunc(list, func(a, b wire.Digest) int { return slices.Compare(a[:], b[:]) })
	return list, nil
}

// objects lists what a case has in the vault besides its images.
func (c *Case) objects() (list []wire.Digest) {
	if workflow.Kind(c.Flow.Kind) == workflow.KindRecord && len(c.Flow.Serial) == len(wire.Digest{}) {
		list = append(list, wire.Digest(c.Flow.Serial))
	}
	if !c.Question.IsZero() {
		list = append(list, c.Question)
	}
	if c.Print != nil && !c.Print.Object.IsZero() {
		list = append(list, c.Print.Object)
	}
	return list
}

// Move gives the state of a stopped hub, restored from a copy, the membership it
// goes on with. The position must be ahead of the one held (D11.4).
func Move(path string, p Position) (err error) {
	l, err := Open(path, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	held, err := l.Position()
	if err == nil && p.Index <= held.Index {
		err = fault.New(fault.Stale, "ledger: move state", path, nil)
	}
	if err != nil {
		return err
	}
	return l.Persist(p)
}

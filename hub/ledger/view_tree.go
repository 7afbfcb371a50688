package ledger

import (
	"errors"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const opProve = "ledger: prove"

// Root gives how many leaves the log has and the root over them.
func (v Views) Root() (size uint64, root wire.Digest, err error) {
	err = v.source.View(func(r kv.Reader) error {
		c, _, err := load[counts](r, inMeta, keyCounts)
		if err != nil {
			return err
		}
		size = c.Leaves
		root, err = rootAt(r, size)
		return err
	})
	return size, root, err
}

// RootAt gives the root over the first leaves; fault.NotFound when there are not
// so many.
func (v Views) RootAt(size uint64) (wire.Digest, error) {
	return view(v, func(r kv.Reader) (wire.Digest, error) {
		if err := holds(r, size); err != nil {
			return wire.Digest{}, err
		}
		return rootAt(r, size)
	})
}

func rootAt(r kv.Reader, size uint64) (wire.Digest, error) {
	h, err := tlog.TreeHash(int64(size), treeReader{r}) //nolint:gosec // far below the limit
	return wire.Digest(h), proofFault(err)
}

// holds makes sure that the log has so many leaves.
func holds(r kv.Reader, size uint64) error {
	c, _, err := load[counts](r, inMeta, keyCounts)
	if err == nil && size > c.Leaves {
		err = fault.New(fault.NotFound, opProve, "so many leaves", nil)
	}
	return err
}

// Inclusion proves that a leaf is among the first of a size (RFC 6962, section
// 2.1.1). Errors: NotFound.
func (v Views) Inclusion(leaf, size uint64) ([]wire.Digest, error) {
	return view(v, func(r kv.Reader) ([]wire.Digest, error) {
		if err := holds(r, size); err != nil {
			return nil, err
		}
		if leaf >= size {
			return nil, fault.New(fault.NotFound, opProve, "leaf", nil)
		}
		p, err := tlog.ProveRecord(int64(size), int64(leaf), treeReader{r}) //nolint:gosec // far below the limit
		return digests(p), proofFault(err)
	})
}

// Consistency proves that the log of a size begins with the log of an older one
// (RFC 6962, section 2.1.2). Errors: NotFound.
func (v Views) Consistency(older, size uint64) ([]wire.Digest, error) {
	return view(v, func(r kv.Reader) ([]wire.Digest, error) {
		if err := holds(r, size); err != nil {
			return nil, err
		}
		if older == 0 || older > size {
			return nil, fault.New(fault.NotFound, opProve, "older size", nil)
		}
		p, err := tlog.ProveTree(int64(size), int64(older), treeReader{r}) //nolint:gosec // far below the limit
		return digests(p), proofFault(err)
	})
}

// Leaf gives a line of the log; fault.NotFound when there is none.
func (v Views) Leaf(n uint64) (Leaf, error) {
	return view(v, func(r kv.Reader) (Leaf, error) {
		l, found, err := load[Leaf](r, inActs, number(n))
		if err != nil || found {
			return l, err
		}
		return entryLeaf(r, n)
	})
}

// entryLeaf finds the entry that is a leaf. Commits and leaves grow together, and
// of a commit the leaf is not below it once the tree has begun: so it is found by
// halving.
func entryLeaf(r kv.Reader, n uint64) (Leaf, error) {
	c, _, err := load[counts](r, inMeta, keyCounts)
	if err != nil {
		return Leaf{}, err
	}
	for low, high := uint64(1), c.Commits; low <= high; {
		at := low + (high-low)/2
		s, found, err := load[Stored](r, inEntries, number(at))
		switch {
		case err != nil:
			return Leaf{}, err
		case !found:
			return Leaf{}, fault.New(fault.Corrupt, "ledger: read entries", "", nil)
		case s.Leaf == n+1:
			return *leafOf(s), nil
		case s.Leaf < n+1:
			low = at + 1
		default:
			high = at - 1
		}
	}
	return Leaf{}, fault.New(fault.NotFound, opProve, "leaf", nil)
}

func digests(hashes []tlog.Hash) []wire.Digest {
	list := make([]wire.Digest, len(hashes))
	for i, h := range hashes {
		list[i] = wire.Digest(h)
	}
	return list
}

func proofFault(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Corrupt, opProve, "", err)
}

// LogAt gives the root over the first leaves of a state file, or of a copy of one;
// size is asked how many, and told whose log it is. Errors: NotFound when the state
// has fewer.
func LogAt(path string, size func(wire.ClusterID) (uint64, error)) (root wire.Digest, err error) {
	if _, err := os.Stat(path); err != nil {
		return root, fault.New(fault.NotFound, opProve, path, err)
	}
	db, err := kv.Open(path, kv.Options{ReadOnly: true})
	if err != nil {
		return root, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	v := NewViews(db)
	cluster, err := v.Cluster()
	if err != nil {
		return root, err
	}
	n, err := size(cluster.ID)
	if err != nil {
		return root, err
	}
	return v.RootAt(n)
}

package kv

import (
	"bytes"
	"hash/fnv"
)

// tree is an ordered map whose versions share structure: a change copies the
// path to the root and leaves every older version as it was, which makes
// rollback, consistent reads and backups of a Memory free. It is a treap whose
// priorities are hashes of the keys, so its shape depends on its content alone
// and a simulation repeats exactly.
type tree struct {
	key, value  []byte
	prio        uint64
	size        int
	left, right *tree
}

func (t *tree) len() int {
	if t == nil {
		return 0
	}
	return t.size
}

func (t *tree) with(left, right *tree) *tree {
	return &tree{
		key: t.key, value: t.value, prio: t.prio,
		size: 1 + left.len() + right.len(), left: left, right: right,
	}
}

func (t *tree) get(key []byte) []byte {
	for t != nil {
		switch c := bytes.Compare(key, t.key); {
		case c == 0:
			return t.value
		case c < 0:
			t = t.left
		default:
			t = t.right
		}
	}
	return nil
}

// put gives the version that holds value under key.
func (t *tree) put(key, value []byte) *tree {
	h := fnv.New64a()
	_, _ = h.Write(key) // a hash never fails
	n := &tree{key: key, value: value, prio: mix(h.Sum64()), size: 1}
	return t.insert(n)
}

func (t *tree) insert(n *tree) *tree {
	if t == nil {
		return n
	}
	c := bytes.Compare(n.key, t.key)
	switch {
	case c == 0:
		n.left, n.right, n.size = t.left, t.right, t.size
		return n
	case n.prio > t.prio:
		left, right := t.split(n.key)
		return n.with(left, right)
	case c < 0:
		return t.with(t.left.insert(n), t.right)
	}
	return t.with(t.left, t.right.insert(n))
}

// split divides into the keys below key and those above it, dropping key.
func (t *tree) split(key []byte) (below, above *tree) {
	if t == nil {
		return nil, nil
	}
	switch c := bytes.Compare(key, t.key); {
	case c == 0:
		return t.left, t.right
	case c < 0:
		below, above = t.left.split(key)
		return below, t.with(above, t.right)
	}
	below, above = t.right.split(key)
	return t.with(t.left, below), above
}

// drop gives the version without key.
func (t *tree) drop(key []byte) *tree {
	if t == nil || t.get(key) == nil {
		return t
	}
	switch c := bytes.Compare(key, t.key); {
	case c == 0:
		return join(t.left, t.right)
	case c < 0:
		return t.with(t.left.drop(key), t.right)
	}
	return t.with(t.left, t.right.drop(key))
}

func join(below, above *tree) *tree {
	switch {
	case below == nil:
		return above
	case above == nil:
		return below
	case below.prio > above.prio:
		return below.with(below.left, join(below.right, above))
	}
	return above.with(join(below, above.left), above.right)
}

// ascend calls yield from the key at or above from; nil is the first.
func (t *tree) ascend(from []byte, yield func(key, value []byte) bool) bool {
	if t == nil {
		return true
	}
	if from == nil || bytes.Compare(from, t.key) <= 0 {
		if !t.left.ascend(from, yield) || !yield(t.key, t.value) {
			return false
		}
	}
	return t.right.ascend(from, yield)
}

// descend calls yield downwards from the key at or below from; nil is the last.
func (t *tree) descend(from []byte, yield func(key, value []byte) bool) bool {
	if t == nil {
		return true
	}
	if from == nil || bytes.Compare(t.key, from) <= 0 {
		if !t.right.descend(from, yield) || !yield(t.key, t.value) {
			return false
		}
	}
	return t.left.descend(from, yield)
}

// at gives the pair at place i in key order.
func (t *tree) at(i int) (key, value []byte) {
	for {
		switch n := t.left.len(); {
		case i == n:
			return t.key, t.value
		case i < n:
			t = t.left
		default:
			t, i = t.right, i-n-1
		}
	}
}

// mix spreads the bits of a weak hash (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

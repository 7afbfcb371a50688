package ledger

import (
	"bytes"

	"golang.org/x/mod/sumdb/tlog"
)

// tree computes every hash of the tree again from entries and acts, and wants
// exactly these: the root then stands for what the state says.
func (a *auditor) tree() {
	c, _, err := load[counts](a.r, inMeta, keyCounts)
	if !a.check(err == nil, "counts do not decode") {
		return
	}
	acts, act := a.acts()
	next := uint64(0)
	a.r.Ascend(inEntries, nil, func(key, raw []byte) bool {
		s, err := decode[Stored](inEntries, key, raw)
		if err != nil || s.Leaf == 0 {
			return true // said elsewhere, or from before the tree
		}
		for ; act < len(acts) && acts[act].Number < s.Leaf-1; act++ {
			next = a.leaf(acts[act], next)
		}
		next = a.leaf(*leafOf(s), next)
		return true
	})
	for ; act < len(acts); act++ {
		next = a.leaf(acts[act], next)
	}
	a.check(next == c.Leaves, "%d leaves are counted, %d are there", c.Leaves, next)
	a.report.Leaves = c.Leaves
	if a.report.Wrong == 0 {
		a.report.Root, err = rootAt(a.r, c.Leaves)
		a.check(err == nil, "the root does not compute")
	}
}

// acts gives the leaves of commands, in order.
func (a *auditor) acts() (list []Leaf, first int) {
	a.r.Ascend(inActs, nil, func(key, raw []byte) bool {
		l, err := decode[Leaf](inActs, key, raw)
		if a.check(err == nil && bytes.Equal(key, number(l.Number)), "act does not decode") {
			list = append(list, l)
		}
		return true
	})
	return list, 0
}

// leaf compares the hashes that a leaf completes.
func (a *auditor) leaf(l Leaf, next uint64) uint64 {
	if !a.check(l.Number == next, "leaf %d where %d is due", l.Number, next) {
		return l.Number + 1
	}
	n := int64(l.Number) //nolint:gosec // far below the limit
	want, err := tlog.StoredHashesForRecordHash(n, tlog.Hash(l.Hash()), treeReader{a.r})
	if !a.check(err == nil, "tree below leaf %d does not decode", l.Number) {
		return next + 1
	}
	indexes := make([]int64, len(want))
	for i := range want {
		indexes[i] = tlog.StoredHashIndex(0, n) + int64(i)
	}
	have, err := treeReader{a.r}.ReadHashes(indexes)
	a.check(err == nil && equalHashes(have, want), "tree has another hash at leaf %d", l.Number)
	return next + 1
}

func equalHashes(one, two []tlog.Hash) bool {
	for i := range one {
		if i >= len(two) || one[i] != two[i] {
			return false
		}
	}
	return len(one) == len(two)
}

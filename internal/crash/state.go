package crash

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jaliya/internal/durable"
)

const sector = 512

// boundary is a moment of a recording just before a sync: the cut may come at
// any time since the boundary before it.
type boundary struct {
	at    int // number of the event
	acked int // acknowledgements given by then
	names map[string]*inode
	moved []nameOp
	files map[*inode]inode // content and pending operations of each at this moment
}

// boundaryOf keeps the disk as it is now; nothing in it will change.
func boundaryOf(d *disk, at, acked int) boundary {
	b := boundary{
		at: at, acked: acked, names: maps.Clone(d.synced), moved: slices.Clone(d.pending),
		files: map[*inode]inode{},
	}
	for _, f := range d.synced {
		b.files[f] = *f
	}
	for _, n := range d.pending {
		if n.file != nil {
			b.files[n.file] = *n.file
		}
	}
	return b
}

// state is what one cut left: names and their content.
type state map[string]content

// fate decides what of the pending operations survives.
type fate struct {
	r     *rand.Rand
	keep  float64 // share of operations that survive, 0 none, 1 all in order
	disks []disked
}

// disked is the fate of what lies on one disk of several.
type disked struct {
	dir  string
	keep float64
}

// of gives the fate of the disk that a name lies on.
func (f fate) of(name string) fate {
	for _, d := range f.disks {
		if strings.HasPrefix(name, d.dir+"/") {
			return fate{r: f.r, keep: d.keep}
		}
	}
	return fate{r: f.r, keep: f.keep}
}

// moved gives the changes of names that survive, on each disk by itself.
func (f fate) moved(moved []nameOp) (kept []nameOp) {
	rest := moved
	for _, d := range f.disks {
		var here, elsewhere []nameOp
		for _, n := range rest {
			if strings.HasPrefix(n.op.Path, d.dir+"/") {
				here = append(here, n)
			} else {
				elsewhere = append(elsewhere, n)
			}
		}
		kept, rest = append(kept, fate{r: f.r, keep: d.keep}.names(here)...), elsewhere
	}
	return append(kept, f.names(rest)...)
}

// cut rebuilds one state.
func (b boundary) cut(f fate) state {
	names := maps.Clone(b.names)
	for _, n := range f.moved(b.moved) {
		rename(names, n)
	}
	files := map[*inode]content{} // one file may have two names
	s := make(state, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		node := names[name]
		if _, done := files[node]; !done {
			files[node] = f.of(name).file(b.files[node])
		}
		s[name] = files[node]
	}
	return s
}

// names gives the changes of names that survive: all, none, a prefix as a
// journaling file system keeps it, or any subset.
func (f fate) names(moved []nameOp) []nameOp {
	switch {
	case f.keep >= 1:
		return moved
	case f.keep <= 0 || len(moved) == 0:
		return nil
	case f.r.IntN(2) == 0:
		return moved[:f.r.IntN(len(moved)+1)]
	}
	var kept []nameOp
	for _, n := range moved {
		if f.r.IntN(2) == 0 {
			kept = append(kept, n)
		}
	}
	return kept
}

// file rebuilds the content of one file.
func (f fate) file(n inode) content {
	if f.keep <= 0 || len(n.pending) == 0 {
		return n.durable
	}
	now := n.durable.clone()
	if f.keep >= 1 {
		for _, op := range n.pending {
			now.change(op)
		}
		return now
	}
	for _, i := range f.r.Perm(len(n.pending)) {
		if f.r.Float64() < f.keep {
			f.tear(&now, n.pending[i])
		}
	}
	return now
}

// tear lets an operation survive whole, or, one time in three, only some of its
// sectors: a beginning, an end, or any.
func (f fate) tear(c *content, op durable.Op) {
	if op.Kind == durable.OpTruncate {
		if op.Offset > c.size { // else it was reordered before a longer write
			c.change(op)
		}
		return
	}
	count := (len(op.Data) + sector - 1) / sector
	if count < 2 || f.r.IntN(3) > 0 {
		c.change(op)
		return
	}
	kind, at := f.r.IntN(3), f.r.IntN(count)
	for i := range count {
		if kept := [3]bool{i < at, i >= at, f.r.IntN(2) == 0}[kind]; kept {
			end := min((i+1)*sector, len(op.Data))
			c.change(durable.Op{Kind: op.Kind, Offset: op.Offset + int64(i*sector), Data: op.Data[i*sector : end]})
		}
	}
}

// sum tells states apart.
func (s state) sum(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, name := range slices.Sorted(maps.Keys(s)) {
		_, _ = fmt.Fprintf(&h, "%s %d ", name, s[name].size) // a hash never fails
		_, _ = h.Write(bytes.TrimRight(s[name].data, "\x00"))
	}
	return h.Sum64()
}

// write puts the state into an empty directory. The zeros behind the data
// are a hole.
func (s state) write(dir string) error {
	for name, c := range s {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(at, c.data, 0o600); err != nil {
			return err
		}
		if err := os.Truncate(at, c.size); err != nil {
			return err
		}
	}
	return nil
}

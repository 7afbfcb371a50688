package crash

import (
	"path"
	"slices"

	"jaliya/internal/durable"
)

// inode is one file: what is durable, and what was done since. Content is never
// changed in place, so that a boundary keeps it by reference.
type inode struct {
	durable content
	pending []durable.Op
}

// content is what a file holds: data, and zeros up to size. bbolt lengthens its
// file 16 MiB at a time.
type content struct {
	data []byte
	size int64
}

func (c *content) clone() content { return content{data: slices.Clone(c.data), size: c.size} }

// nameOp is a change of a directory that is not durable yet.
type nameOp struct {
	op   durable.Op
	file *inode // what the new name means; nil for a removal
}

// disk follows a recording: names and files as the program sees them, and as
// far as they are durable.
type disk struct {
	seen    map[string]*inode // by name, as the program sees it
	synced  map[string]*inode // by name, after the last sync of the directory
	pending []nameOp
}

func newDisk() *disk {
	return &disk{seen: map[string]*inode{}, synced: map[string]*inode{}}
}

// apply follows one operation.
func (d *disk) apply(op durable.Op) {
	switch op.Kind {
	case durable.OpCreate:
		d.name(op, &inode{})
	case durable.OpWrite, durable.OpTruncate:
		f := d.file(op.Path)
		f.pending = append(f.pending, op)
	case durable.OpSync, durable.OpSyncData:
		f := d.file(op.Path)
		now := f.durable.clone()
		for _, p := range f.pending {
			now.change(p)
		}
		f.durable, f.pending = now, nil
	case durable.OpRename, durable.OpLink:
		d.name(op, d.file(op.Path))
	case durable.OpRemove:
		d.name(op, nil)
	case durable.OpSyncDir:
		d.syncDir(op.Path)
	}
}

// file finds an inode by name. A file that was there before the recording began
// appears with its first operation.
func (d *disk) file(name string) *inode {
	f := d.seen[name]
	if f == nil {
		f = &inode{}
		d.seen[name] = f
		d.synced[name] = f
	}
	return f
}

func (d *disk) name(op durable.Op, f *inode) {
	n := nameOp{op: op, file: f}
	rename(d.seen, n)
	d.pending = append(d.pending, n)
}

func (d *disk) syncDir(dir string) {
	var rest []nameOp
	for _, n := range d.pending {
		if path.Dir(n.op.Path) == dir {
			rename(d.synced, n)
		} else {
			rest = append(rest, n)
		}
	}
	d.pending = rest
}

// rename changes names as the operation says.
func rename(names map[string]*inode, n nameOp) {
	if n.op.Kind != durable.OpLink {
		delete(names, n.op.Path)
	}
	switch {
	case n.file == nil:
	case n.op.To != "":
		names[n.op.To] = n.file
	default:
		names[n.op.Path] = n.file
	}
}

// change does a write or truncate in place.
func (c *content) change(op durable.Op) {
	if op.Kind == durable.OpTruncate {
		c.size = op.Offset
		c.data = c.data[:min(int64(len(c.data)), c.size)]
		return
	}
	end := op.Offset + int64(len(op.Data))
	c.size = max(c.size, end)
	if grow := end - int64(len(c.data)); grow > 0 {
		c.data = append(c.data, make([]byte, grow)...)
	}
	copy(c.data[op.Offset:], op.Data)
}

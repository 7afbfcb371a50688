package journal

import (
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Outstanding is what a post holds that is not secured nationally.
type Outstanding struct {
	Entries uint64
	Bytes   uint64 // of them, as stored
	Oldest  int64  // when the oldest was made, wall clock in ms; 0 for none
	Images  uint64 // bundles that the hub does not have
	ImageB  uint64 // bytes of those
	Used    int64  // bytes of journal.db
}

// countedAtMost bounds what is counted one by one; beyond, sizes are those of
// the ones counted, on average.
const countedAtMost = 16384

// Outstanding counts. Sizes of entries are read without the entries.
func (j *Journal) Outstanding() (Outstanding, error) {
	o, err := view(j, outstanding)
	if limited, ok := j.store.(interface{ Stats() (kv.Stats, error) }); ok && err == nil {
		var st kv.Stats
		if st, err = limited.Stats(); err == nil {
			o.Used = st.Size
		}
	}
	return o, err
}

func outstanding(r kv.Reader) (o Outstanding, err error) {
	s, err := readState(r)
	if err != nil {
		return o, err
	}
	if o.Entries = s.Head.Seq - s.Receipted; o.Entries > 0 {
		first, err := readEntry(r, s.Head.Incarnation, s.Receipted+1)
		if err != nil {
			return o, err
		}
		o.Oldest = first.header.Time
	}
	counted := uint64(0)
	r.Ascend(bucketEntries, entryKey(s.Head.Incarnation, s.Receipted+1), func(_, value []byte) bool {
		if counted >= min(o.Entries, countedAtMost) {
			return false
		}
		counted++
		o.Bytes += uint64(len(value))
		return true
	})
	if counted > 0 {
		o.Bytes = o.Bytes / counted * o.Entries
	}
	return o, o.images(r)
}

// images counts each bundle once, however many entries name it.
func (o *Outstanding) images(r kv.Reader) (err error) {
	seen := map[wire.Digest]bool{}
	eachUnstored(r, Place{}, func(_ Place, d wire.Digest) bool {
		if seen[d] {
			return true
		}
		seen[d] = true
		if len(seen) > countedAtMost {
			return true
		}
		var i Image
		if i, err = readImage(r, d); err == nil {
			o.ImageB += i.Size
		}
		return err == nil
	})
	o.Images = uint64(len(seen))
	if o.Images > countedAtMost {
		o.ImageB = o.ImageB / countedAtMost * o.Images
	}
	return err
}

package journal

import (
	"bytes"
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// PutRestored stores a range of the node's own entries that came back from the
// hub under a proved receipt, and the receipt: from here on they are level L2.
// fresh counts the entries that were not here. A range that is here already
// changes nothing. Errors: Denied for another node or cluster; Conflict for the
// incarnation that is written; Fork where another hash lies under a receipt or
// before the range; Gap for a hole before it.
func PutRestored(w kv.Writer, p wire.ProvedRange) (fresh int, err error) {
	const op = "journal: restore"
	in, err := newRestoring(w, p.Receipt)
	if err != nil {
		return 0, err
	}
	switch {
	case p.Receipt.First > in.receipted+1:
		return 0, fault.New(fault.Gap, op, p.After.String(), nil)
	case p.Receipt.Last <= in.receipted:
		return 0, nil
	}
	before, err := hashAt(w, p.After.Node, p.After.Incarnation, p.After.Seq)
	if err != nil {
		return 0, damaged(op, p.After.String(), err)
	}
	if before != p.After {
		return 0, fault.New(fault.Fork, op, p.After.String(), nil)
	}
	for _, e := range p.Entries {
		news, err := in.put(e)
		if err != nil {
			return fresh, err
		}
		if news {
			fresh++
		}
	}
	return fresh, in.secure(p)
}

// secure stores the receipt of the range.
func (in *restoring) secure(p wire.ProvedRange) error {
	if err := in.list.put(in.w); err != nil { // what was set aside ended it sooner
		return err
	}
	return secure(in.w, in.state, p.Signed, p.Receipt)
}

// restoring is one range on its way in.
type restoring struct {
	w         kv.Writer
	state     State
	list      chapters
	receipted uint64 // last sequence of the range's incarnation under a receipt
}

// newRestoring checks whose range it is. An incarnation that this journal has
// never heard of was written by the node after the copy was made from which the
// journal came back: it takes its place among the closed ones.
func newRestoring(w kv.Writer, r wire.Receipt) (*restoring, error) {
	const op = "journal: restore"
	id, err := readIdentity(w)
	if err != nil {
		return nil, err
	}
	in := &restoring{w: w}
	if in.state, err = readState(w); err != nil {
		return nil, err
	}
	if in.list, err = readChapters(w); err != nil {
		return nil, err
	}
	switch {
	case r.Cluster != id.Cluster || r.Node != id.Node || r.Incarnation == 0:
		return nil, fault.New(fault.Denied, op, "entries of another history", nil)
	case r.Incarnation == in.state.Head.Incarnation:
		return nil, fault.New(fault.Conflict, op, "the incarnation is written", nil)
	case in.list.order(r.Incarnation) < 0:
		in.list = in.list.insert(Chapter{Incarnation: r.Incarnation, Why: WhyFetched})
	}
	in.receipted = receiptedOf(w, r.Incarnation)
	return in, nil
}

// put stores one entry in its place, and reports whether it was not there.
func (in *restoring) put(e wire.ProvedEntry) (bool, error) {
	const op = "journal: restore"
	key, value := entryKey(e.At.Incarnation, e.At.Seq), storedEntry(e.At.Hash, e.Entry)
	held := in.w.Get(bucketEntries, key)
	switch {
	case len(held) >= len(e.At.Hash) && bytes.Equal(held[:len(e.At.Hash)], e.At.Hash[:]):
		return false, in.imagesStored(e.Header) // with its body, which the hub may have erased
	case held != nil && e.At.Seq <= in.receipted:
		return false, fault.New(fault.Fork, op, e.At.String(), nil)
	case held != nil:
		if err := in.setAside(e.At); err != nil {
			return false, err
		}
	}
	if err := in.w.Put(bucketEntries, key, value); err != nil {
		return false, err
	}
	if err := in.index(e.Header.Record, key); err != nil {
		return false, err
	}
	if err := in.images(e.Header); err != nil {
		return false, err
	}
	return true, in.track(e.Header, e.At)
}

// index leads a record to its newest place: one that was issued again stays
// where that was.
func (in *restoring) index(record wire.RecordID, key []byte) error {
	held := in.w.Get(bucketRecords, record[:])
	if held != nil && in.newer(held, key) {
		return nil
	}
	return in.w.Put(bucketRecords, record[:], key)
}

func (in *restoring) newer(a, b []byte) bool {
	one, _, _ := parseEntryKey(a)
	two, _, _ := parseEntryKey(b)
	return in.list.order(one) > in.list.order(two)
}

// images notes what the entry names. The hub took it under a receipt, so it has
// them; this machine may not.
func (in *restoring) images(h wire.Header) error {
	const op = "journal: restore images"
	place := Place{Incarnation: h.Incarnation, Seq: h.Seq}
	for _, image := range h.Images {
		i, err := readImage(in.w, image.Digest)
		switch {
		case fault.Is(err, fault.NotFound):
			i = Image{Record: h.Record, Size: image.Size}
		case err != nil:
			return err
		case i.Size != image.Size:
			return fault.New(fault.Corrupt, op, image.Digest.String(), nil)
		}
		i.Stored = true
		if !i.names(place) {
			i.Named = append(i.Named, place)
		}
		if err := putImage(in.w, image.Digest, i); err != nil {
			return err
		}
	}
	return nil
}

// imagesStored notes that the hub has the bundles of an entry that was here.
func (in *restoring) imagesStored(h wire.Header) error {
	for _, image := range h.Images {
		if err := MarkStored(in.w, image.Digest); err != nil {
			return damaged("journal: restore images", image.Digest.String(), err)
		}
	}
	return nil
}

// track keeps the view of a request in step with an entry that came back. The
// notices say where the case is, before or after it: what they said stands.
func (in *restoring) track(h wire.Header, at wire.Position) error {
	if h.Kind != wire.KindRequestReleased && h.Kind != wire.KindRequestAmended && h.Kind != wire.KindRequestCancelled {
		return nil
	}
	if refused := h.Validate(); refused != nil {
		return nil //nolint:nilerr // the hub has committed it as refused
	}
	q, err := readRequest(in.w, h.Reference)
	known := err == nil
	if !known && !fault.Is(err, fault.NotFound) {
		return err
	}
	switch {
	case h.Kind == wire.KindRequestCancelled:
		if !known {
			return nil
		}
		q.Withdrawn = true
		return putRequest(in.w, q)
	case !known:
		return putRequest(in.w, opened(Request{Reference: h.Reference, Opened: h.Time}, h, at))
	case q.Position.Seq != 0 && (h.Replaces == nil || q.Record != *h.Replaces):
		return nil // a later packet counts, or this very one issued again
	}
	fresh := opened(q, h, at)
	fresh.Refused, fresh.Unamended, fresh.Read = q.Refused, q.Unamended, q.Read
	if fresh.Opened == 0 {
		fresh.Opened = h.Time
	}
	return putRequest(in.w, fresh)
}

// setAside takes what this machine wrote at a place and behind it, and nobody
// else ever saw, out of the chain that the hub proves. It was issued again when
// its incarnation was closed; what is kept aside is evidence.
func (in *restoring) setAside(at wire.Position) error {
	const op = "journal: set aside"
	var keys, values [][]byte
	in.w.Ascend(bucketEntries, entryKey(at.Incarnation, at.Seq), func(key, value []byte) bool {
		inc, _, ok := parseEntryKey(key)
		if ok && inc == at.Incarnation {
			keys, values = append(keys, bytes.Clone(key)), append(values, bytes.Clone(value))
		}
		return ok && inc == at.Incarnation
	})
	in.list[in.list.order(at.Incarnation)].End = at.Seq - 1
	before, err := hashAt(in.w, at.Node, at.Incarnation, at.Seq-1)
	if err != nil {
		return damaged(op, at.String(), err)
	}
	for i, key := range keys {
		hash, e, err := decodeStored(values[i])
		if err != nil {
			return err
		}
		h, err := e.CheckStub()
		if err != nil {
			return fault.New(fault.Corrupt, op, at.String(), err)
		}
		if index := in.w.Get(bucketRecords, h.Record[:]); !in.newer(index, key) {
			return fault.New(fault.Fork, op, at.String(), nil) // it has no other place: nothing may take this one
		}
		if err := in.w.Put(bucketAside, append(bytes.Clone(key), hash[:]...), append(before.Hash[:], values[i]...)); err != nil {
			return err
		}
		before.Hash = hash
		if err := in.w.Delete(bucketEntries, key); err != nil {
			return err
		}
		if err := in.unname(h); err != nil {
			return err
		}
	}
	return nil
}

// unname takes an entry that was set aside from the lists of its images.
func (in *restoring) unname(h wire.Header) error {
	place := Place{Incarnation: h.Incarnation, Seq: h.Seq}
	for _, image := range h.Images {
		i, err := readImage(in.w, image.Digest)
		if err != nil {
			return damaged("journal: set aside images", image.Digest.String(), err)
		}
		i.Named = slices.DeleteFunc(i.Named, func(p Place) bool { return p == place })
		if err := in.w.Delete(bucketUnstored, unstoredKey(place, image.Digest)); err != nil {
			return err
		}
		if err := putImage(in.w, image.Digest, i); err != nil {
			return err
		}
	}
	return nil
}

// Restore stores a range that came back from the hub, in one durable transaction
// (see the function PutRestored).
func (j *Journal) Restore(p wire.ProvedRange) (fresh int, err error) {
	changed, err := j.update(func(w kv.Writer) (err error) {
		fresh, err = PutRestored(w, p)
		return err
	})
	if err != nil {
		return 0, err
	}
	if changed {
		j.notify()
	}
	return fresh, nil
}

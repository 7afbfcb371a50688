package journal

import (
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Opening says how a journal goes on when continuity cannot be proved.
type Opening struct {
	Incarnation uint64 // random, never used before
	Why         Why
	At          int64 // wall clock, ms
}

// OpenIncarnation moves the head to the genesis of a new incarnation and issues
// again, under the same record ids, what has no receipt: the record index, the
// requests and the list of images that wait speak of the new places from here
// on, so that a retry is answered there and levels go on to be true. What was
// written before stays, readable, provable and open to late receipts.
func OpenIncarnation(w kv.Writer, o Opening) (State, error) {
	const op = "journal: open incarnation"
	s, err := readState(w)
	if err != nil {
		return s, err
	}
	list, err := readChapters(w)
	switch {
	case err != nil:
		return s, err
	case o.Incarnation == 0 || list.order(o.Incarnation) >= 0:
		return s, fault.New(fault.Invalid, op, "incarnation", nil)
	}
	old, receipted := s.Head, s.Receipted
	s.Head, s.Receipted, s.Oldest = wire.Genesis(old.Node, o.Incarnation), 0, 0
	for seq := receipted + 1; seq <= old.Seq; seq++ {
		one, err := readEntry(w, old.Incarnation, seq)
		if err != nil {
			return s, damaged(op, uitoa(seq), err)
		}
		if err := again(w, &s, one); err != nil {
			return s, err
		}
	}
	c := Chapter{Incarnation: o.Incarnation, Why: o.Why, At: o.At, Again: s.Head.Seq}
	list[len(list)-1].End, list[len(list)-1].Receipted = old.Seq, receipted
	if err := append(list, c).put(w); err != nil {
		return s, err
	}
	return s, putState(w, s)
}

// again puts an entry at the head once more: another place, the same content.
func again(w kv.Writer, s *State, one held) error {
	h := one.header
	h.Incarnation, h.Seq = s.Head.Incarnation, s.Head.Seq+1
	entry, err := wire.NewEntry(h, one.entry.Body)
	if err != nil {
		return err
	}
	s.Head = s.Head.Next(entry)
	if s.Oldest == 0 {
		s.Oldest = s.Head.Seq
	}
	key := entryKey(h.Incarnation, h.Seq)
	if err := w.Put(bucketEntries, key, storedEntry(s.Head.Hash, entry)); err != nil {
		return err
	}
	if err := w.Put(bucketRecords, h.Record[:], key); err != nil {
		return err
	}
	for _, image := range h.Images {
		i, err := readImage(w, image.Digest)
		if err != nil {
			return damaged("journal: name images again", image.Digest.String(), err)
		}
		i.Named = append(i.Named, Place{Incarnation: h.Incarnation, Seq: h.Seq})
		if err := putImage(w, image.Digest, i); err != nil {
			return err
		}
	}
	return moveRequest(w, h, s.Head)
}

// moveRequest lets what a post knows of a request speak of the packet's new
// place.
func moveRequest(w kv.Writer, h wire.Header, at wire.Position) error {
	if h.Kind != wire.KindRequestReleased && h.Kind != wire.KindRequestAmended {
		return nil
	}
	q, err := readRequest(w, h.Reference)
	if err != nil {
		return damaged("journal: move request", at.String(), err)
	}
	if q.Record == h.Record && q.Position.Seq != 0 {
		q.Position = at
	}
	if i := q.before(h.Record); i >= 0 {
		q.Before[i].Position = at
	}
	return putRequest(w, q)
}

// OpenIncarnation goes on in a new incarnation, in one durable transaction (see
// the function OpenIncarnation). Whoever waits for a change is woken.
func (j *Journal) OpenIncarnation(o Opening) (State, error) {
	var s State
	_, err := j.update(func(w kv.Writer) (err error) {
		s, err = OpenIncarnation(w, o)
		return err
	})
	if err != nil {
		return State{}, err
	}
	j.metrics.opened(s)
	j.notify()
	return s, nil
}

package journal

import (
	"bytes"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// PutNotices stores notices that the caller has verified and moves the cursor
// and the requests they speak of, all in one transaction. What was stored
// before is passed over. fault.Gap is a hole before a notice, fault.Fork
// another notice where one is stored, or one that does not continue ours.
func PutNotices(w kv.Writer, notices []wire.VerifiedNotice) error {
	s, err := readState(w)
	if err != nil {
		return err
	}
	before := s.Notices
	for _, n := range notices {
		fresh, err := follows(w, s.Notices, n)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if err := w.Put(bucketNotices, noticeKey(n.At.Seq), n.Raw); err != nil {
			return err
		}
		if err := applyNotice(w, n.Notice); err != nil {
			return err
		}
		s.Notices = n.At
	}
	if s.Notices == before {
		return nil
	}
	return putState(w, s)
}

// follows reports whether n is the next notice, false for a repeat.
func follows(r kv.Reader, cursor wire.NoticeCursor, n wire.VerifiedNotice) (bool, error) {
	const op = "journal: store notices"
	subject := "notice " + uitoa(n.At.Seq)
	switch {
	case n.At.Seq > cursor.Seq+1:
		return false, fault.New(fault.Gap, op, subject, nil)
	case n.At.Seq == cursor.Seq+1:
		if cursor.Next(n.Raw) != n.At {
			return false, fault.New(fault.Fork, op, subject, nil)
		}
		return true, nil
	case !bytes.Equal(r.Get(bucketNotices, noticeKey(n.At.Seq)), n.Raw):
		return false, fault.New(fault.Fork, op, subject, nil)
	}
	return false, nil
}

// applyNotice moves the view of the request that a notice speaks of. A notice
// of an older case version changes nothing.
func applyNotice(w kv.Writer, n wire.Notice) error {
	if n.Reference == "" || n.Kind == wire.NoticePouch { // a pouch stands under its label
		return nil
	}
	q, err := readRequest(w, n.Reference)
	if fault.Is(err, fault.NotFound) && ofOthers(n) {
		return nil
	}
	if fault.Is(err, fault.NotFound) {
		q = Request{Reference: n.Reference, Record: n.Record}
	} else if err != nil {
		return err
	}
	switch {
	case n.Kind == wire.NoticeEntryRefused && n.State == 0:
		q.refused(n)
	case n.Kind == wire.NoticeCaseMoved && n.Case >= q.Version:
		q.moved(n)
	case n.Kind == wire.NoticeConflict && n.Case >= q.Version:
		q.collected(n) // version and state go together: they come with the case's own notice
	}
	q.Told = max(q.Told, n.Time)
	return putRequest(w, q)
}

// reasonConflict is the hub's reason for an entry that met another's change.
const reasonConflict = 271

// ofOthers reports whether a notice gives back what this post said of a request
// that it does not know: the desk keeps that, and nothing here waits for it.
func ofOthers(n wire.Notice) bool {
	return n.Kind == wire.NoticeConflict || n.Kind == wire.NoticeEntryRefused && n.Reason == reasonConflict
}

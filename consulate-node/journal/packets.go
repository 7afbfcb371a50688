package journal

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Packet is one that an amendment replaced and of whose replacement the hub has
// not spoken: if it refuses the newer one, this one counts again.
type Packet struct {
	Record   wire.RecordID   `cbor:"1,keyasint"`
	Position wire.Position   `cbor:"2,keyasint"`
	Service  uint8           `cbor:"3,keyasint"`
	Pickup   consular.PostID `cbor:"4,keyasint"`
	SlipHash wire.Digest     `cbor:"5,keyasint"`
	State    uint8           `cbor:"6,keyasint"` // what the hub said of this packet last
	Reason   uint16          `cbor:"7,keyasint"`
}

// push keeps the packet that counts behind the one that replaces it. What the
// hub said of the old one says nothing of the new one.
func (q *Request) push() {
	if q.Position.Seq == 0 {
		return
	}
	q.Before = append(q.Before, Packet{
		Record: q.Record, Position: q.Position, Service: q.Service, Pickup: q.Pickup, SlipHash: q.SlipHash,
		State: q.State, Reason: q.Reason,
	})
	q.State, q.Reason = 0, 0
}

// refused notes that the hub did not take a packet. An amendment gives way to
// the packet that it meant to replace; one that was replaced meanwhile is
// forgotten, so that nothing falls back to it.
func (q *Request) refused(n wire.Notice) {
	if n.Record == q.Record && len(q.Before) > 0 {
		last := q.Before[len(q.Before)-1]
		q.Before = q.Before[:len(q.Before)-1]
		q.Record, q.Position, q.Service, q.Pickup, q.SlipHash = last.Record, last.Position, last.Service, last.Pickup, last.SlipHash
		q.State, q.Reason = last.State, last.Reason
		q.Unamended, q.Read = n.Reason, false
		return
	}
	if n.Record == q.Record {
		q.Refused, q.Reason, q.Read = true, n.Reason, false
		return
	}
	if i := q.before(n.Record); i >= 0 {
		q.Before = slices.Delete(q.Before, i, i+1)
	}
}

// moved takes over where the hub says that the case is. While it still speaks
// of a packet that this post has replaced, the newer one is on its way.
func (q *Request) moved(n wire.Notice) {
	q.Version = n.Case
	if i := q.before(n.Record); i >= 0 && n.Record != q.Record {
		q.Before[i].State, q.Before[i].Reason = n.State, n.Reason
		q.Before = slices.Delete(q.Before, 0, i)
		return
	}
	q.Before = nil
	q.collected(n)
	q.State, q.Reason = n.State, n.Reason
	q.Elsewhere = q.Position.Seq != 0 && n.Record != q.Record && !n.Record.IsZero()
}

// collected takes over where the document is to be collected, once the hub has
// taken the packet that counts here.
func (q *Request) collected(n wire.Notice) {
	if n.Pickup != "" && len(q.Before) == 0 {
		q.Pickup = n.Pickup
	}
}

func (q *Request) before(record wire.RecordID) int {
	return slices.IndexFunc(q.Before, func(p Packet) bool { return p.Record == record })
}

// Waits reports whether the post that released the request must do something:
// the hub sent it back, or did not take what the post said.
func (q *Request) Waits() bool {
	if q.Position.Seq == 0 || q.Withdrawn || q.Elsewhere {
		return false
	}
	switch workflow.State(q.State) { //nolint:exhaustive // in all others somebody else acts
	case workflow.Returned, workflow.Recapture, workflow.Supplement:
		return true
	default:
		return !q.Read && (q.Refused || q.Unamended != 0)
	}
}

// index keeps the list of the requests that wait for this post.
func (q *Request) index(w kv.Writer) error {
	listed := w.Get(bucketWaiting, []byte(q.Reference)) != nil
	switch {
	case q.Waits() && !listed:
		return w.Put(bucketWaiting, []byte(q.Reference), []byte{1})
	case listed && !q.Waits():
		return w.Delete(bucketWaiting, []byte(q.Reference))
	}
	return nil
}

// Waiting lists the requests that wait for this post in order of reference, at
// most limit. A reference is random, so the order tells nothing.
func Waiting(r kv.Reader, limit int) ([]Tracked, error) {
	var out []Tracked
	var failed error
	r.Ascend(bucketWaiting, nil, func(key, _ []byte) bool {
		if len(out) >= limit {
			return false
		}
		q, err := readRequest(r, string(key))
		if err != nil {
			failed = err
			return false
		}
		out = append(out, Tracked{Request: q, Level: LevelOf(r, q)})
		return true
	})
	return out, failed
}

// Waiting gives the requests that wait for this post (see the function Waiting).
func (j *Journal) Waiting(limit int) ([]Tracked, error) {
	return view(j, func(r kv.Reader) ([]Tracked, error) { return Waiting(r, limit) })
}

// MarkRead says that somebody at the post has read what the hub refused: the
// request leaves the list of those that wait. Durable on return; said again, it
// changes nothing. Errors: NotFound.
func (j *Journal) MarkRead(reference string) error {
	_, err := j.update(func(w kv.Writer) error {
		q, err := readRequest(w, reference)
		if err != nil {
			return err
		}
		if q.Read || !q.Refused && q.Unamended == 0 {
			return errUnchanged
		}
		q.Read = true
		return putRequest(w, q)
	})
	return err
}

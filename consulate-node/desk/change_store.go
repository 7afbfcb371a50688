package desk

import (
	"bytes"
	"log/slog"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// bucketChanges has what this post said of requests that stand, and what the hub
// gave back of it, under the record id of the entry; in bucketHeard stands up to
// which notice the desk has read.
var (
	bucketChanges = []byte("desk.changes")
	bucketHeard   = []byte("desk.heard")

	keyHeard = []byte("notices")
)

const (
	maxChange   = 4096
	hearSlice   = 64
	hearKept    = 512 // notices read without a word of it on disk
	changesLast = 90  // days that a settled change is kept
)

// How a conflict ended.
const (
	settledAgain uint8 = 1
	settledStand uint8 = 2
)

// heldChange is a change of this post and what became of it. It holds nothing of
// a person.
type heldChange struct {
	Reference string          `cbor:"1,keyasint"`
	Kind      wire.Kind       `cbor:"2,keyasint"`
	Pickup    consular.PostID `cbor:"3,keyasint,omitempty"`
	Seen      uint64          `cbor:"4,keyasint,omitempty"`
	At        int64           `cbor:"5,keyasint"`
	Document  uint8           `cbor:"6,keyasint,omitempty"`
	Again     *wire.RecordID  `cbor:"7,keyasint,omitempty"` // the change that this one says once more

	Reason   uint16          `cbor:"8,keyasint,omitempty"`  // why the hub refused it
	Conflict []byte          `cbor:"9,keyasint,omitempty"`  // wire.Conflict: both versions
	Stands   uint64          `cbor:"10,keyasint,omitempty"` // version of the case then
	State    uint8           `cbor:"11,keyasint,omitempty"`
	Where    consular.PostID `cbor:"12,keyasint,omitempty"` // where it is collected
	Told     int64           `cbor:"13,keyasint,omitempty"` // hub time of that word
	Settled  int64           `cbor:"14,keyasint,omitempty"`
	How      uint8           `cbor:"15,keyasint,omitempty"`

	Slip *wire.Digest `cbor:"16,keyasint,omitempty"` // of the slip that the person brought
}

// open reports whether somebody here has to look at it.
func (c heldChange) open() bool { return c.Settled == 0 && (c.Reason != 0 || c.Conflict != nil) }

func (d *Desk) putChange(w kv.Writer, id wire.RecordID, c heldChange) error {
	return w.Put(bucketChanges, id[:], wire.Marshal(c))
}

func readChange(r kv.Reader, id wire.RecordID) (c heldChange, found bool, err error) {
	raw := r.Get(bucketChanges, id[:])
	if raw == nil {
		return c, false, nil
	}
	if err := wire.Unmarshal(raw, maxChange, &c); err != nil {
		return c, false, fault.New(fault.Corrupt, "desk: read change", id.String(), err)
	}
	return c, true, nil
}

func (d *Desk) heldChange(id wire.RecordID) (c heldChange, found bool, err error) {
	err = d.o.Journal.View(func(r kv.Reader) error {
		c, found, err = readChange(r, id)
		return err
	})
	return c, found, err
}

// hear takes in what the hub said since. It writes only when there is something
// to keep: d.heard is ahead of the disk by notices that say nothing of changes.
func (d *Desk) hear() error {
	for {
		var list []wire.Notice
		err := d.o.Journal.View(func(r kv.Reader) (err error) {
			d.heard = max(d.heard, heardOf(r))
			list, err = journal.NoticesAfter(r, d.heard, hearSlice)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		last := list[len(list)-1].Seq
		err = d.o.Journal.Update(func(w kv.Writer) error {
			wrote := false
			for _, n := range list {
				one, err := d.take(w, n)
				if err != nil {
					return err
				}
				wrote = wrote || one
			}
			if !wrote && last < heardOf(w)+hearKept {
				return nil
			}
			return w.Put(bucketHeard, keyHeard, wire.Marshal(last))
		})
		if err != nil {
			return err
		}
		d.heard = last
	}
}

func heardOf(r kv.Reader) (seq uint64) {
	if raw := r.Get(bucketHeard, keyHeard); raw != nil && wire.Unmarshal(raw, maxChange, &seq) != nil {
		return 0 // what cannot be read is read again
	}
	return seq
}

// take notes what a notice says of a change of this post.
func (d *Desk) take(w kv.Writer, n wire.Notice) (bool, error) {
	if n.Kind != wire.NoticeConflict && n.Kind != wire.NoticeEntryRefused {
		return false, nil
	}
	c, found, err := readChange(w, n.Record)
	switch {
	case err != nil:
		return false, err
	case n.Kind == wire.NoticeEntryRefused && (!found || c.Settled != 0):
		return false, nil // a packet's or a card's: other desks tell of those
	case n.Kind == wire.NoticeEntryRefused:
		c.Reason, c.Told = n.Reason, n.Time
		return true, d.putChange(w, n.Record, c)
	}
	said, err := wire.DecodeConflict(n.Body)
	if err != nil {
		d.o.Logger.Warn("conflict cannot be read", slog.Uint64("notice", n.Seq), slog.String("kind", fault.KindOf(err).Code()))
		return false, nil
	}
	if !found { // a packet, a card, or a change of the machine before this one
		c = heldChange{Reference: n.Reference, Kind: said.Kind, Pickup: said.Pickup, Seen: said.Seen, At: said.At}
	}
	c.Conflict, c.Stands, c.State, c.Where, c.Told = bytes.Clone(n.Body), n.Case, n.State, n.Pickup, n.Time
	return true, d.putChange(w, n.Record, c)
}

// changes lists what is kept, by record id, which is random.
func (d *Desk) changes(keep func(heldChange) bool) (ids []wire.RecordID, list []heldChange, err error) {
	err = d.o.Journal.View(func(r kv.Reader) error {
		var failed error
		r.Ascend(bucketChanges, nil, func(key, value []byte) bool {
			var c heldChange
			if len(key) != len(wire.RecordID{}) || wire.Unmarshal(value, maxChange, &c) != nil {
				failed = fault.New(fault.Corrupt, "desk: list changes", "", nil)
				return false
			}
			if keep(c) {
				ids, list = append(ids, wire.RecordID(bytes.Clone(key))), append(list, c)
			}
			return true
		})
		return failed
	})
	return ids, list, err
}

// reapChanges forgets what is long settled, or was taken long ago.
func (d *Desk) reapChanges() error {
	before := d.now().AddDate(0, 0, -changesLast).UnixMilli()
	ids, _, err := d.changes(func(c heldChange) bool { return !c.open() && max(c.At, c.Settled) < before })
	if err != nil || len(ids) == 0 {
		return err
	}
	return d.o.Journal.Update(func(w kv.Writer) error {
		for _, id := range ids {
			if err := w.Delete(bucketChanges, id[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

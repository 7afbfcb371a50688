package desk

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// Buckets of the desk in journal.db (DESIGN.md).
var (
	bucketKeys   = []byte("desk.keys")
	bucketDrafts = []byte("desk.drafts")
	bucketImages = []byte("desk.images")
	bucketSlips  = []byte("desk.slips")
)

// schema is the version of the JSON inside the sealed values.
const schema = 1

// Draft is a visit before its release, as it lies sealed in the store.
type Draft struct {
	Service consular.Service `json:"service"`
	Pickup  consular.PostID  `json:"pickup"`
	Version uint64           `json:"version"` // +1 for each change, images too
	By      string           `json:"by"`      // who began it
	Editors []string         `json:"editors"` // everybody who changed it, By included
	Begun   int64            `json:"begun"`   // wall clock of the desk, ms
	Changed int64            `json:"changed"`
	Forms   Forms            `json:"forms"`
	Since   map[Group]uint64 `json:"since"` // version at which each group changed last
	Amends  *Amends          `json:"amends,omitempty"`

	// Protected says that the person is an adult for whom a guardian acts. Of a
	// minor it says nothing: the age does.
	Protected bool `json:"protected,omitempty"`

	Payment *consular.Payment `json:"payment,omitempty"`
	Receipt string            `json:"receipt,omitempty"` // number drawn for cash, kept when the payment is put right
}

// open is a draft with its key; close forgets the key.
type open struct {
	Draft
	id     wire.RecordID
	key    *seal.DraftKey
	images map[string]imageMeta
}

func (o *open) close() { o.key.Destroy() }

// touch notes who changed the draft, and counts.
func (o *open) touch(who string, now time.Time) {
	o.Version++
	o.Changed = now.UnixMilli()
	if !slices.Contains(o.Editors, who) {
		o.Editors = append(o.Editors, who)
	}
}

// load opens a draft. Errors: NotFound; Conflict with CodeReleased when the
// visit is sealed; Corrupt.
func (d *Desk) load(id wire.RecordID) (*open, error) {
	var o *open
	err := d.o.Journal.View(func(r kv.Reader) error {
		var err error
		o, err = d.read(r, id)
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	// An older copy has the draft of what was released later.
	if h, sealed := d.o.Journal.ByRecord(id); sealed == nil && (err != nil || !o.changedSince(h)) {
		if err == nil {
			o.close()
		}
		return nil, fault.New(fault.Conflict, "desk: open draft", id.String(), web.CodeReleased.Cause())
	}
	return o, err
}

func (d *Desk) read(r kv.Reader, id wire.RecordID) (*open, error) {
	const op = "desk: open draft"
	wrapped := r.Get(bucketKeys, id[:])
	if wrapped == nil {
		return nil, fault.New(fault.NotFound, op, id.String(), nil)
	}
	key, err := d.o.DataKey.OpenDraftKey(id[:], wrapped)
	if err != nil {
		return nil, err
	}
	o := &open{id: id, key: key, images: map[string]imageMeta{}}
	if err := o.openValue(bucketDrafts, id[:], r.Get(bucketDrafts, id[:]), &o.Draft); err != nil {
		o.close()
		return nil, err
	}
	if err := o.readImages(r); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

func (o *open) readImages(r kv.Reader) error {
	var failed error
	r.Ascend(bucketImages, o.id[:], func(key, value []byte) bool {
		if !bytes.HasPrefix(key, o.id[:]) {
			return false
		}
		var m imageMeta
		if failed = o.openValue(bucketImages, key, value, &m); failed != nil {
			return false
		}
		o.images[string(key[len(o.id):])] = m
		return true
	})
	return failed
}

func (o *open) openValue(bucket, key, sealed []byte, v any) error {
	plain, err := o.key.Open(cell(bucket, key), sealed)
	if err != nil {
		return err
	}
	defer clear(plain)
	if err := json.Unmarshal(plain, v); err != nil {
		// The decoder's text may quote what it read.
		return fault.New(fault.Corrupt, "desk: read value", o.id.String(), nil)
	}
	return nil
}

func (o *open) sealValue(w kv.Writer, bucket, key []byte, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return fault.New(fault.Internal, "desk: write value", o.id.String(), nil)
	}
	defer clear(plain)
	sealed, err := o.key.Seal(cell(bucket, key), plain)
	if err != nil {
		return err
	}
	return w.Put(bucket, key, sealed)
}

func cell(bucket, key []byte) []byte {
	return seal.Cell{Bucket: string(bucket), Key: key, Schema: schema}.AAD()
}

// save writes the draft durably, with whatever else belongs to the change.
func (d *Desk) save(o *open, also func(kv.Writer) error) error {
	return d.o.Journal.Update(func(w kv.Writer) error {
		if also != nil {
			if err := also(w); err != nil {
				return err
			}
		}
		return o.sealValue(w, bucketDrafts, o.id[:], o.Draft)
	})
}

// forget overwrites and removes the draft's key and removes its rows: from the
// commit on, what lies elsewhere of the draft is noise.
func forget(w kv.Writer, id wire.RecordID) error {
	noise, err := seal.Shred()
	if err != nil {
		return err
	}
	if err := w.Put(bucketKeys, id[:], noise); err != nil {
		return err
	}
	if err := w.Delete(bucketKeys, id[:]); err != nil {
		return err
	}
	if err := w.Delete(bucketDrafts, id[:]); err != nil {
		return err
	}
	var images [][]byte
	w.Ascend(bucketImages, id[:], func(key, _ []byte) bool {
		if !bytes.HasPrefix(key, id[:]) {
			return false
		}
		images = append(images, bytes.Clone(key))
		return true
	})
	for _, key := range images {
		if err := w.Delete(bucketImages, key); err != nil {
			return err
		}
	}
	return nil
}

// conflict says that the version seen is not the version held.
func conflict(op string, o *open) error {
	return fault.New(fault.Conflict, op, o.id.String(), web.CodedError{Code: web.CodeVersionConflict, Version: o.Version})
}

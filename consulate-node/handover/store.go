package handover

import (
	"bytes"
	"encoding/binary"

	"jaliya/consulate-node/journal"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// Buckets in journal.db (DESIGN.md).
var (
	bucketCards   = []byte("handover.cards")
	bucketPouches = []byte("handover.pouches")
	bucketIndex   = []byte("handover.index")
	bucketHeld    = []byte("handover.held")
	bucketCursor  = []byte("handover.cursor")

	keyCursor = []byte("notices")
)

const (
	// schema is the version of the CBOR inside the sealed values.
	schema = 1
	// maxHeld bounds what is decoded from the store, in bytes.
	maxHeld = 1 << 18
)

func cell(bucket, key []byte) []byte {
	return seal.Cell{Bucket: string(bucket), Key: key, Schema: schema}.AAD()
}

// put seals a value into its place.
func (h *Handover) put(w kv.Writer, bucket, key []byte, value any) error {
	plain := wire.Marshal(value)
	defer clear(plain)
	sealed, err := h.vault.Seal(cell(bucket, key), plain)
	if err != nil {
		return err
	}
	return w.Put(bucket, key, sealed)
}

// open reads a sealed value; found is false when there is none.
func open[T any](h *Handover, bucket, key, sealed []byte) (value T, found bool, err error) {
	if sealed == nil {
		return value, false, nil
	}
	plain, err := h.vault.Open(cell(bucket, key), sealed)
	if err != nil {
		return value, false, err
	}
	defer clear(plain)
	if wire.Unmarshal(plain, maxHeld, &value) != nil {
		return value, false, fault.New(fault.Corrupt, "handover: read "+string(bucket), "", nil)
	}
	return value, true, nil
}

// cardKey is where a card lies: a reference leads to a person.
func (h *Handover) cardKey(ref consular.Reference) []byte {
	sum := h.index.Sum([]byte("reference"), []byte(ref))
	return sum[:]
}

func (h *Handover) cardAt(r kv.Reader, key []byte) (card, bool, error) {
	c, found, err := open[card](h, bucketCards, key, r.Get(bucketCards, key))
	if err != nil || !found {
		return c, found, err
	}
	return c, true, c.settle(func(record wire.RecordID) (uint64, error) { return journal.SecuredAt(r, record) })
}

func (h *Handover) card(r kv.Reader, ref consular.Reference) (card, bool, error) {
	return h.cardAt(r, h.cardKey(ref))
}

// putCard keeps a card, and whether it lies here.
func (h *Handover) putCard(w kv.Writer, c *card) error {
	key := h.cardKey(c.Reference)
	if err := h.put(w, bucketCards, key, c); err != nil {
		return err
	}
	if c.Held {
		return w.Put(bucketHeld, key, []byte{1})
	}
	return w.Delete(bucketHeld, key)
}

func (h *Handover) pouch(r kv.Reader, label consular.PouchID) (pouch, bool, error) {
	return open[pouch](h, bucketPouches, []byte(label), r.Get(bucketPouches, []byte(label)))
}

func (h *Handover) putPouch(w kv.Writer, p *pouch) error {
	return h.put(w, bucketPouches, []byte(p.Label), p)
}

// pouches gives all bags, in order of their labels.
func (h *Handover) pouches(r kv.Reader) (out []pouch, err error) {
	r.Ascend(bucketPouches, nil, func(key, sealed []byte) bool {
		var p pouch
		if p, _, err = open[pouch](h, bucketPouches, bytes.Clone(key), sealed); err != nil {
			return false
		}
		out = append(out, p)
		return true
	})
	return out, err
}

// cardsOf gives the cards of a bag's manifest that still belong to it.
func (h *Handover) cardsOf(r kv.Reader, p *pouch) ([]card, error) {
	out := make([]card, 0, len(p.Cards))
	for _, ref := range p.Cards {
		c, found, err := h.card(r, ref)
		if err != nil {
			return nil, err
		}
		if found && c.Pouch == p.Label {
			out = append(out, c)
		}
	}
	return out, nil
}

// indexKey is one term's place in the index, before the key of the card.
func (h *Handover) indexKey(kind, term string) []byte {
	sum := h.index.Sum([]byte(kind), []byte(term))
	return sum[:]
}

// putTerms makes a card findable; dropTerms ends that.
func (h *Handover) putTerms(w kv.Writer, c *card) error {
	return h.eachTerm(c, func(key []byte) error { return w.Put(bucketIndex, key, []byte{1}) })
}

func (h *Handover) dropTerms(w kv.Writer, c *card) error {
	return h.eachTerm(c, func(key []byte) error { return w.Delete(bucketIndex, key) })
}

func (h *Handover) eachTerm(c *card, do func(key []byte) error) error {
	at := h.cardKey(c.Reference)
	for _, t := range termsOf(c) {
		if err := do(append(h.indexKey(t.Kind, t.Text), at...)); err != nil {
			return err
		}
	}
	return nil
}

// under gives the keys of the cards that a term leads to.
func (h *Handover) under(r kv.Reader, t term) (keys [][]byte) {
	prefix := h.indexKey(t.Kind, t.Text)
	r.Ascend(bucketIndex, prefix, func(key, _ []byte) bool {
		if !bytes.HasPrefix(key, prefix) {
			return false
		}
		keys = append(keys, bytes.Clone(key[len(prefix):]))
		return true
	})
	return keys
}

func cursorOf(r kv.Reader) uint64 {
	if raw := r.Get(bucketCursor, keyCursor); len(raw) == 8 {
		return binary.BigEndian.Uint64(raw)
	}
	return 0
}

func putCursor(w kv.Writer, seq uint64) error {
	return w.Put(bucketCursor, keyCursor, binary.BigEndian.AppendUint64(nil, seq))
}

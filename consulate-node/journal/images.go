package journal

import (
	"bytes"
	"slices"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Image is a sealed bundle that one entry or several name.
type Image struct {
	Record    wire.RecordID `cbor:"1,keyasint"` // of the entry that named it first
	Named     []Place       `cbor:"2,keyasint"` // the entries that name it, oldest first
	Size      uint64        `cbor:"3,keyasint"`
	ChunkSize uint32        `cbor:"4,keyasint"`
	Chunks    []byte        `cbor:"5,keyasint"`
	Stored    bool          `cbor:"6,keyasint"` // the hub said that it is verified and fsynced
}

// Place is an entry's place in this journal.
type Place struct {
	_           struct{} `cbor:",toarray"`
	Incarnation uint64
	Seq         uint64
}

// Offer gives the frame that announces the bundle.
func (i Image) Offer(digest wire.Digest) wire.Offer {
	return wire.Offer{Digest: digest, Size: i.Size, ChunkSize: i.ChunkSize, Chunks: i.Chunks, Record: i.Record}
}

// away reports whether the bundle was never on this machine: the entry that
// names it came back from the hub.
func (i Image) away() bool { return i.Stored && len(i.Chunks) == 0 }

func (i Image) sameCut(other Image) bool {
	return i.Size == other.Size && i.ChunkSize == other.ChunkSize && bytes.Equal(i.Chunks, other.Chunks)
}

// putImages notes the bundles that an entry names. One that an earlier entry
// named too, as an amended packet does, is the same bundle: what the hub said
// about it stays true.
func putImages(w kv.Writer, h wire.Header, files []ImageFile) error {
	const op = "journal: name images"
	place := Place{Incarnation: h.Incarnation, Seq: h.Seq}
	for n, image := range h.Images {
		fresh := Image{Record: h.Record, Size: image.Size, ChunkSize: files[n].ChunkSize, Chunks: files[n].Chunks}
		if err := fresh.Offer(image.Digest).Validate(); err != nil {
			return err
		}
		i, err := readImage(w, image.Digest)
		switch {
		case fault.Is(err, fault.NotFound):
			i = fresh
		case err != nil:
			return err
		case i.away() && i.Size == fresh.Size: // until now only the hub had it
			i.ChunkSize, i.Chunks = fresh.ChunkSize, fresh.Chunks
		case !i.sameCut(fresh):
			return fault.New(fault.Invalid, op, image.Digest.String(), nil)
		}
		if slices.Contains(i.Named, place) {
			return fault.New(fault.Invalid, op, "the same image twice", nil)
		}
		i.Named = append(i.Named, place)
		if err := putImage(w, image.Digest, i); err != nil {
			return err
		}
	}
	return nil
}

// putImage writes an image and, for each entry that names it, whether that
// entry waits for it.
func putImage(w kv.Writer, digest wire.Digest, i Image) error {
	for _, p := range i.Named {
		key := unstoredKey(p, digest)
		var err error
		if i.Stored {
			err = w.Delete(bucketUnstored, key)
		} else {
			err = w.Put(bucketUnstored, key, []byte{1})
		}
		if err != nil {
			return err
		}
	}
	return w.Put(bucketImages, digest[:], encodeHeld(i))
}

func readImage(r kv.Reader, digest wire.Digest) (Image, error) {
	const op = "journal: read image"
	raw := r.Get(bucketImages, digest[:])
	if raw == nil {
		return Image{}, fault.New(fault.NotFound, op, digest.String(), nil)
	}
	return decodeHeld[Image](op, digest.String(), raw)
}

const unstoredKeySize = entryKeySize + 32

func unstoredKey(p Place, digest wire.Digest) []byte {
	return append(entryKey(p.Incarnation, p.Seq), digest[:]...)
}

func parseUnstoredKey(key []byte) (Place, wire.Digest, bool) {
	if len(key) != unstoredKeySize {
		return Place{}, wire.Digest{}, false
	}
	incarnation, seq, _ := parseEntryKey(key[:entryKeySize])
	return Place{Incarnation: incarnation, Seq: seq}, wire.Digest(key[entryKeySize:]), true
}

// Unstored lists the bundles that the hub does not have, at most limit: those
// of the incarnation first, oldest entry first, then those of older ones.
// firstSeq, 0 for none, is the first entry without a receipt that names one. It
// bounds what may be sent: images go before the entry that names them (D45).
// A bundle that the hub has lost of an entry it has bounds nothing.
func Unstored(r kv.Reader, incarnation uint64, limit int) (digests []wire.Digest, firstSeq uint64) {
	add := func(d wire.Digest) bool {
		if len(digests) < limit && !slices.Contains(digests, d) {
			digests = append(digests, d)
		}
		return len(digests) < limit
	}
	eachUnstored(r, Place{Incarnation: incarnation}, func(p Place, d wire.Digest) bool {
		return p.Incarnation == incarnation && add(d)
	})
	if len(digests) < limit {
		eachUnstored(r, Place{}, func(_ Place, d wire.Digest) bool { return add(d) })
	}
	from := Place{Incarnation: incarnation, Seq: receiptedOf(r, incarnation) + 1}
	eachUnstored(r, from, func(p Place, _ wire.Digest) bool {
		if p.Incarnation == incarnation {
			firstSeq = p.Seq
		}
		return false
	})
	return digests, firstSeq
}

func eachUnstored(r kv.Reader, from Place, yield func(Place, wire.Digest) bool) {
	r.Ascend(bucketUnstored, entryKey(from.Incarnation, from.Seq), func(key, _ []byte) bool {
		p, d, ok := parseUnstoredKey(key)
		return !ok || yield(p, d) // Verify reports a key that is none
	})
}

// MarkStored notes that the hub verified and fsynced a bundle.
func MarkStored(w kv.Writer, digest wire.Digest) error { return mark(w, digest, true) }

// MarkMissing notes that the hub lacks a bundle after all, so that it is sent
// again. Entries that name it and have no receipt wait for it.
func MarkMissing(w kv.Writer, digest wire.Digest) error { return mark(w, digest, false) }

func mark(w kv.Writer, digest wire.Digest, stored bool) error {
	i, err := readImage(w, digest)
	if err != nil || i.Stored == stored {
		return err
	}
	i.Stored = stored
	return putImage(w, digest, i)
}

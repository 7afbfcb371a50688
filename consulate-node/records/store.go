package records

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
	bucketFiles  = []byte("records.files")
	bucketCursor = []byte("records.cursor")
	keyCursor    = []byte("notices")
)

const (
	schema  = 1       // of the CBOR inside the sealed values
	maxHeld = 1 << 16 // of a value, in bytes
)

func cell(key []byte) []byte {
	return seal.Cell{Bucket: string(bucketFiles), Key: key, Schema: schema}.AAD()
}

// key is where a file lies: a reference leads to a person.
func (r *Records) key(ref consular.Reference) []byte {
	sum := r.index.Sum([]byte("reference"), []byte(ref))
	return sum[:]
}

func (r *Records) put(w kv.Writer, f *file) error {
	key := r.key(f.Reference)
	plain := wire.Marshal(f)
	defer clear(plain)
	sealed, err := r.vault.Seal(cell(key), plain)
	if err != nil {
		return err
	}
	return w.Put(bucketFiles, key, sealed)
}

func (r *Records) drop(w kv.Writer, f *file) error { return w.Delete(bucketFiles, r.key(f.Reference)) }

func (r *Records) open(reader kv.Reader, key, sealed []byte) (f file, err error) {
	plain, err := r.vault.Open(cell(key), sealed)
	if err != nil {
		return f, err
	}
	defer clear(plain)
	if wire.Unmarshal(plain, maxHeld, &f) != nil {
		return f, fault.New(fault.Corrupt, "records: read file", "", nil)
	}
	return f, f.settle(func(record wire.RecordID) (uint64, error) { return journal.SecuredAt(reader, record) })
}

func (r *Records) get(reader kv.Reader, ref consular.Reference) (f file, found bool, err error) {
	key := r.key(ref)
	sealed := reader.Get(bucketFiles, key)
	if sealed == nil {
		return f, false, nil
	}
	f, err = r.open(reader, key, sealed)
	return f, err == nil, err
}

// all gives every file. There are as many as persons who wait, some hundreds at
// the largest post, so a search reads them and needs no index.
func (r *Records) all() (out []file, err error) {
	err = r.o.Journal.View(func(reader kv.Reader) error {
		reader.Ascend(bucketFiles, nil, func(key, sealed []byte) bool {
			var f file
			if f, err = r.open(reader, bytes.Clone(key), sealed); err != nil {
				return false
			}
			out = append(out, f)
			return true
		})
		return err
	})
	return out, err
}

func cursorOf(reader kv.Reader) uint64 {
	if raw := reader.Get(bucketCursor, keyCursor); len(raw) == 8 {
		return binary.BigEndian.Uint64(raw)
	}
	return 0
}

func putCursor(w kv.Writer, seq uint64) error {
	return w.Put(bucketCursor, keyCursor, binary.BigEndian.AppendUint64(nil, seq))
}

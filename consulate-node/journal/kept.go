package journal

import (
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

var keyLog = []byte("log")

// Kept is the newest checkpoint of the national log that this post was shown and
// has proved. Without any its size is 0.
type Kept struct {
	Size uint64      `cbor:"1,keyasint"`
	Root wire.Digest `cbor:"2,keyasint"`
	Note []byte      `cbor:"3,keyasint"` // as it was signed
}

// Kept gives the newest checkpoint.
func (j *Journal) Kept() (Kept, error) {
	return view(j, func(r kv.Reader) (Kept, error) {
		raw := r.Get(bucketMeta, keyLog)
		if raw == nil {
			return Kept{}, nil
		}
		return decodeHeld[Kept]("journal: read checkpoint", "", raw)
	})
}

// Keep replaces the newest checkpoint, durable on return. The caller has proved
// that the new one extends it.
func (j *Journal) Keep(k Kept) error {
	_, err := j.update(func(w kv.Writer) error { return w.Put(bucketMeta, keyLog, encodeHeld(k)) })
	return err
}

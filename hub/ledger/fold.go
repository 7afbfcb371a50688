package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// folding is a kv.Writer that folds every change of one command into the
// rolling state hash (D21, I13):
//
//	hash' = SHA-256("jaliya/state-hash/1" || hash || index || term || changes)
//
// with each change as op, and bucket, key and value, each after its length.
// Where the applied index and the membership are kept is left out: Persist
// moves them at another time on every member.
type folding struct {
	kv.Writer
	sum     hash.Hash
	scratch []byte
}

const (
	opPut    = 1
	opDelete = 2
	opDigest = 3 // a value whose digest stands for it
)

func newFolding(w kv.Writer, index, term uint64) *folding {
	f := &folding{Writer: w, sum: sha256.New(), scratch: make([]byte, 0, 64)}
	f.sum.Write([]byte("jaliya/state-hash/1"))
	f.sum.Write(w.Get(inMeta, keyHash))
	f.sum.Write(numbers(index, term))
	return f
}

func (f *folding) change(op byte, in, key, value []byte) {
	b := append(f.scratch[:0], op, byte(len(in))) //nolint:gosec // a bucket name of ours
	b = append(b, in...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(key))) //nolint:gosec // keys are at most 48 bytes
	b = append(b, key...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value))) //nolint:gosec // values are far below 4 GiB
	f.scratch = b
	f.sum.Write(b)
	f.sum.Write(value)
}

// Put implements kv.Writer.
func (f *folding) Put(in, key, value []byte) error {
	f.change(opPut, in, key, value)
	return f.Writer.Put(in, key, value)
}

// putDigested is Put for a value whose digest is known already: bodies are most
// of the bytes, and need not be hashed twice.
func (f *folding) putDigested(in, key, value []byte, digest wire.Digest) error {
	f.change(opDigest, in, key, digest[:])
	return f.Writer.Put(in, key, value)
}

// Delete implements kv.Writer.
func (f *folding) Delete(in, key []byte) error {
	f.change(opDelete, in, key, nil)
	return f.Writer.Delete(in, key)
}

// finish stores the new hash.
func (f *folding) finish() error {
	return f.Writer.Put(inMeta, keyHash, f.sum.Sum(nil))
}

package kv

import (
	"bytes"
	"errors"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"jaliya/internal/fault"
)

const (
	opPut    = "kv: put"
	opDelete = "kv: delete"
)

// boltTx is one transaction on a Bolt. It remembers buckets, for bbolt walks
// the root for each, and the first failed write, which forbids the commit.
type boltTx struct {
	store   *Bolt
	tx      *bbolt.Tx
	buckets map[string]*bbolt.Bucket
	err     error
}

func newBoltTx(b *Bolt, tx *bbolt.Tx) *boltTx {
	return &boltTx{store: b, tx: tx, buckets: make(map[string]*bbolt.Bucket)}
}

func (t *boltTx) bucket(name []byte) *bbolt.Bucket {
	if b, known := t.buckets[string(name)]; known {
		return b
	}
	b := t.tx.Bucket(name)
	if b != nil {
		t.remember(name, b)
	}
	return b
}

func (t *boltTx) remember(name []byte, b *bbolt.Bucket) {
	if t.store.appends[string(name)] {
		b.FillPercent = appendFill
	}
	t.buckets[string(name)] = b
}

// Get implements Reader.
func (t *boltTx) Get(bucket, key []byte) []byte {
	b := t.bucket(bucket)
	if b == nil {
		return nil
	}
	return b.Get(key)
}

// Ascend implements Reader.
func (t *boltTx) Ascend(bucket, from []byte, yield func(key, value []byte) bool) {
	b := t.bucket(bucket)
	if b == nil {
		return
	}
	c := b.Cursor()
	k, v := c.Seek(from)
	for ; k != nil; k, v = c.Next() {
		if !yield(k, v) {
			return
		}
	}
}

// Descend implements Reader.
func (t *boltTx) Descend(bucket, from []byte, yield func(key, value []byte) bool) {
	b := t.bucket(bucket)
	if b == nil {
		return
	}
	c := b.Cursor()
	first, _ := c.First()
	if first == nil {
		return // bbolt's Last never ends when every page was emptied
	}
	k, v := startDown(c, first, from)
	for k != nil {
		if !yield(k, v) {
			return
		}
		k, v = prev(c, first, k)
	}
}

// startDown finds the last pair at or below from; nil is the last of all.
func startDown(c *bbolt.Cursor, first, from []byte) (k, v []byte) {
	if from == nil {
		return c.Last()
	}
	switch k, v = c.Seek(from); {
	case k == nil:
		return c.Last()
	case bytes.Compare(k, from) > 0:
		return prev(c, first, k)
	}
	return k, v
}

// prev steps down from key. bbolt's Prev answers nil at the start of the bucket
// and also on a page that this transaction emptied; only the first is the end.
func prev(c *bbolt.Cursor, first, key []byte) (k, v []byte) {
	for k == nil && !bytes.Equal(first, key) {
		k, v = c.Prev()
	}
	return k, v
}

// Put implements Writer. The value is kept until the transaction ends.
func (t *boltTx) Put(bucket, key, value []byte) error {
	b := t.bucket(bucket)
	if b == nil {
		var err error
		if b, err = t.tx.CreateBucketIfNotExists(bucket); err != nil {
			return t.fail(opPut, err)
		}
		t.remember(bucket, b)
	}
	if value == nil {
		value = []byte{} // bbolt would call it missing until the commit
	}
	if err := b.Put(key, value); err != nil {
		return t.fail(opPut, err)
	}
	return nil
}

// Delete implements Writer.
func (t *boltTx) Delete(bucket, key []byte) error {
	b := t.bucket(bucket)
	if b == nil || len(key) == 0 {
		return nil
	}
	if err := b.Delete(key); err != nil {
		return t.fail(opDelete, err)
	}
	return nil
}

// fail keeps the first error, so that a transaction of which a part was refused
// is never committed even when the caller forgot to look.
func (t *boltTx) fail(op string, err error) error {
	kind := fault.Storage
	switch {
	case errors.Is(err, berrors.ErrKeyRequired), errors.Is(err, berrors.ErrBucketNameRequired),
		errors.Is(err, berrors.ErrTxNotWritable):
		kind = fault.Invalid
	case errors.Is(err, berrors.ErrKeyTooLarge), errors.Is(err, berrors.ErrValueTooLarge):
		kind = fault.TooLarge
	}
	f := fault.New(kind, op, t.store.path, err)
	if t.err == nil {
		t.err = f
	}
	return f
}

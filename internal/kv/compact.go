package kv

import (
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
)

const (
	opCompact = "kv: compact store"
	opExport  = "kv: export store"

	// copyBytes is how much a rewriting puts into one transaction.
	copyBytes = 8 << 20
)

// CompactFile gives the space of free pages back to the disk by rewriting the
// closed store at path: into a temporary file, fsync, open and count, rename,
// fsync of the directory (D7). A crash at any moment leaves the old file or the
// complete new one under the name. It needs as much free space as there is data.
func CompactFile(path string) error {
	if _, suspect := Suspect(path); suspect {
		return fault.New(fault.Corrupt, opCompact, path, errors.New("the file is suspect, rewrite it with a verifier"))
	}
	return replace(opCompact, path, func(Reader) error { return nil })
}

// Export writes a complete store file to w, from one consistent state. It is
// meant for a copy of moderate size: while it runs, pages that are freed cannot
// be reused (D6).
func (b *Bolt) Export(w io.Writer) error {
	tx, err := b.beginView()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.WriteTo(w); err != nil {
		return fault.New(fault.Storage, opExport, b.path, err)
	}
	return nil
}

// replace holds the lock of the old file until the new one has its name, so
// that no writer can slip in between.
func replace(op, path string, verify func(Reader) error) (err error) {
	tmp := path + suffixCompact
	if err := removeFile(tmp); err != nil {
		return fault.New(fault.Storage, op, tmp, err)
	}
	// Exclusive although nothing is written: a reader would share the lock.
	src, err := openFile(path, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if err := rewriteInto(op, tmp, src); err != nil {
		return errors.Join(err, removeFile(tmp))
	}
	if err := proveCopy(op, tmp, src, verify); err != nil {
		return errors.Join(err, removeFile(tmp))
	}
	if err := durable.Rename(tmp, path); err != nil {
		return fault.New(fault.Storage, op, path, err)
	}
	return syncDir(path)
}

// rewriteInto copies all pairs of src into a fresh file at tmp and syncs it.
func rewriteInto(op, tmp string, src *Bolt) error {
	db, file, err := newFile(tmp)
	if err != nil {
		return err
	}
	err = src.db.View(func(tx *bbolt.Tx) error { return copyPairs(db, tx) })
	if err = errors.Join(err, durable.Sync(file), db.Close()); err != nil {
		return fault.New(fault.Storage, op, tmp, err)
	}
	return nil
}

// copyPairs writes in key order, in transactions of copyBytes, with full pages.
func copyPairs(dst *bbolt.DB, src *bbolt.Tx) error {
	c := copier{dst: dst}
	err := src.ForEach(func(name []byte, b *bbolt.Bucket) error {
		c.bucket = name
		if err := c.put(nil, nil); err != nil { // an empty bucket stays one
			return err
		}
		return b.ForEach(c.put)
	})
	if c.tx == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, c.tx.Rollback())
	}
	return c.tx.Commit()
}

type copier struct {
	dst    *bbolt.DB
	tx     *bbolt.Tx
	bucket []byte
	bytes  int
}

func (c *copier) put(key, value []byte) (err error) {
	if c.tx != nil && c.bytes >= copyBytes {
		done := c.tx
		c.tx, c.bytes = nil, 0
		if err := done.Commit(); err != nil {
			return err
		}
	}
	if c.tx == nil {
		if c.tx, err = c.dst.Begin(true); err != nil {
			return err
		}
	}
	b, err := c.tx.CreateBucketIfNotExists(c.bucket)
	if err != nil || key == nil {
		return err
	}
	b.FillPercent = 1
	c.bytes += len(key) + len(value)
	return b.Put(key, value)
}

// proveCopy opens the new file as a reader would, counts, and lets the caller
// look.
func proveCopy(op, tmp string, src *Bolt, verify func(Reader) error) (err error) {
	got, err := openFile(tmp, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, got.Close()) }()
	want, err := countPairs(src)
	if err != nil {
		return err
	}
	have, err := countPairs(got)
	if err != nil {
		return err
	}
	if have != want {
		return fault.New(fault.Corrupt, op, tmp, fmt.Errorf("%d of %d pairs copied", have, want))
	}
	return got.View(verify)
}

func countPairs(b *Bolt) (n int, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(_, _ []byte) error { n++; return nil })
		})
	})
	return n, err
}

package journal

import (
	"bytes"
	"errors"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

// errUnchanged rolls back a transaction that wrote nothing: there is nothing to
// make durable, and a repeat costs no sync.
var errUnchanged = errors.New("nothing to write")

// countingWriter counts writes.
type countingWriter struct {
	kv.Writer
	writes int
}

// Put implements kv.Writer.
func (c *countingWriter) Put(bucket, key, value []byte) error {
	c.writes++
	return c.Writer.Put(bucket, key, value)
}

// Delete implements kv.Writer.
func (c *countingWriter) Delete(bucket, key []byte) error {
	c.writes++
	return c.Writer.Delete(bucket, key)
}

// foreignWriter is what others get: they share the file, not our buckets.
type foreignWriter struct{ kv.Writer }

// Put implements kv.Writer.
func (f foreignWriter) Put(bucket, key, value []byte) error {
	if err := refuseOwn(bucket); err != nil {
		return err
	}
	return f.Writer.Put(bucket, key, value)
}

// Delete implements kv.Writer.
func (f foreignWriter) Delete(bucket, key []byte) error {
	if err := refuseOwn(bucket); err != nil {
		return err
	}
	return f.Writer.Delete(bucket, key)
}

func refuseOwn(bucket []byte) error {
	for _, own := range [][]byte{
		bucketMeta, bucketEntries, bucketRecords, bucketImages,
		bucketUnstored, bucketReceipts, bucketNotices, bucketRequests, bucketWaiting, bucketAside,
	} {
		if bytes.Equal(bucket, own) {
			return fault.New(fault.Denied, "journal: write beside", "bucket "+string(bucket), nil)
		}
	}
	return nil
}

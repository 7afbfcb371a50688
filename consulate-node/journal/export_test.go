package journal

import (
	"io"

	"jaliya/internal/kv"
)

// OpenOn runs a journal in dir on a store of the test's own.
func OpenOn(dir string, store kv.Store, o Options) (*Journal, error) {
	if err := makeDirs(dir); err != nil {
		return nil, err
	}
	j := newJournal(dir, o)
	return j, j.begin(store, o)
}

// BucketEntries is where entries lie.
func BucketEntries() []byte { return bucketEntries }

// PullTheDisk makes every later write and sync of a bundle fail.
func PullTheDisk(w io.Writer) error { return w.(*bundleWriter).file.Close() }

// EncodeHeld and DecodeHeld write and read the journal's own values.
var EncodeHeld = encodeHeld

// DecodeHeld is the other way.
func DecodeHeld[T any](raw []byte) (T, error) { return decodeHeld[T]("test", "", raw) }

// KindOfWrite is how a failed write is told from a full disk.
var KindOfWrite = kindOfWrite

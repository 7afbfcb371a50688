package journal

import (
	"io"
	"time"

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

// WithMirror gives o with a mirror in dir, which may lie on the same disk.
func WithMirror(o Options, dir string) Options {
	o.Mirror = MirrorOptions{Dir: dir, SameDisk: true}
	return o
}

// Impatient waits that long for the second disk.
func Impatient(o Options, d time.Duration) Options {
	o.mirrorPatience = d
	return o
}

// SmallFrames lets a mirror take no larger transaction.
func SmallFrames(o Options, size int64) Options {
	o.mirrorMaxFrame = size
	return o
}

// RetryMirror tries the second disk now and returns when that is done.
func (j *Journal) RetryMirror() { j.mirror.Sync() }

package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const (
	// damagedDir keeps bundles that do not match their address any more, beside
	// the journal, each under <digest>.<ms since 1970>: evidence about the disk.
	damagedDir = "damaged"
	// scrubEvery is how long a round is good for; with the nights that it takes
	// each bundle is proved within 30 days (D47).
	scrubEvery = 27 * 24 * time.Hour
	// keepScrubbed is after how many bundles it is kept how far the scrub is.
	keepScrubbed = 64
	// maxLost bounds the bundles that are named as lost; more are not better news.
	maxLost = 64
)

// keyScrubbed holds how far the bundles were proved again.
var keyScrubbed = []byte("scrubbed")

// Scrubbed says how the bundles stand that were proved again.
type Scrubbed struct {
	Begun    int64         `cbor:"1,keyasint" json:"begun_ms"`    // of the round under way, or of the last one; 0 for none yet
	Done     int64         `cbor:"2,keyasint" json:"done_ms"`     // end of the last whole round, 0 for none yet
	After    *wire.Digest  `cbor:"3,keyasint,omitempty" json:"-"` // of the round under way: the last bundle that was proved
	Proved   uint64        `cbor:"4,keyasint" json:"proved"`      // bundles, ever
	Restored uint64        `cbor:"5,keyasint" json:"restored"`    // taken from the second disk, ever
	Aside    uint64        `cbor:"6,keyasint" json:"aside"`       // set aside because the hub has them whole, ever
	Lost     []wire.Digest `cbor:"7,keyasint,omitempty" json:"-"` // neither here nor at the hub: people are needed
}

// ScrubOptions bounds one run of ScrubBundles.
type ScrubOptions struct {
	GoOn func() bool           // asked before each bundle
	Wait func(read int64) bool // after each bundle: keeps the disk free for others; false ends the run
	Now  func() time.Time
}

// Scrubbed gives how far the bundles were proved again, zero for not yet.
func (j *Journal) Scrubbed() (Scrubbed, error) {
	return view(j, func(r kv.Reader) (Scrubbed, error) {
		raw := r.Get(bucketMeta, keyScrubbed)
		if raw == nil {
			return Scrubbed{}, nil
		}
		return decodeHeld[Scrubbed]("journal: read scrub", "", raw)
	})
}

// ScrubBundles reads bundles that entries name and proves them by their address,
// from where the last run ended, for as long as o lets it. What the disk has
// spoiled comes back from the second disk; without one, it is set aside when
// the hub has it, and is lost, for people to see, when not (D47).
func (j *Journal) ScrubBundles(o ScrubOptions) error {
	s, err := j.Scrubbed()
	if err != nil {
		return err
	}
	for _, d := range slices.Clone(s.Lost) { // it may be at the hub by now, or mended by hand
		if _, err := j.scrubOne(&s, d, o.Now()); err != nil {
			return errors.Join(err, j.keepScrub(s))
		}
	}
	if s.After == nil {
		if !s.due(o.Now()) {
			return j.keepScrub(s)
		}
		s.Begun, s.After = o.Now().UnixMilli(), &wire.Digest{}
	}
	err = j.goRound(&s, o)
	return errors.Join(err, j.keepScrub(s)) // as the round left it
}

// due reports whether the last whole round is too old, or of a time to come.
func (s Scrubbed) due(now time.Time) bool {
	age := now.UnixMilli() - s.Begun
	return s.Done == 0 || age < 0 || age >= scrubEvery.Milliseconds()
}

// goRound goes on with a round, to its end or that of the run.
func (j *Journal) goRound(s *Scrubbed, o ScrubOptions) error {
	for n := 1; ; n++ {
		next, err := j.imageAfter(*s.After)
		switch {
		case err != nil:
			return err
		case next == nil:
			s.Done, s.After = o.Now().UnixMilli(), nil
			return nil
		case !o.GoOn():
			return nil
		}
		size, err := j.scrubOne(s, *next, o.Now())
		if err != nil {
			return err
		}
		s.After = next
		if n%keepScrubbed == 0 {
			if err := j.keepScrub(*s); err != nil {
				return err
			}
		}
		if !o.Wait(size) {
			return nil
		}
	}
}

// keepScrub keeps how far the scrub is, if that is news.
func (j *Journal) keepScrub(s Scrubbed) error {
	raw := encodeHeld(s)
	_, err := j.update(func(w kv.Writer) error {
		if string(w.Get(bucketMeta, keyScrubbed)) == string(raw) {
			return nil
		}
		return w.Put(bucketMeta, keyScrubbed, raw)
	})
	return err
}

// imageAfter gives the bundle that follows, nil for none.
func (j *Journal) imageAfter(after wire.Digest) (*wire.Digest, error) {
	return view(j, func(r kv.Reader) (next *wire.Digest, _ error) {
		r.Ascend(bucketImages, after[:], func(key, _ []byte) bool {
			if len(key) == len(after) && wire.Digest(key) != after {
				d := wire.Digest(key)
				next = &d
			}
			return next == nil
		})
		return next, nil
	})
}

// scrubOne proves one bundle and deals with what it finds; it gives how much it
// read.
func (j *Journal) scrubOne(s *Scrubbed, digest wire.Digest, now time.Time) (int64, error) {
	image, err := j.Image(digest)
	if err != nil || image.away() {
		return 0, err
	}
	path := bundleFile(j.dir, digest)
	size, whole, err := proveFile(path, digest)
	if err != nil {
		return size, err
	}
	s.Lost = slices.DeleteFunc(s.Lost, func(d wire.Digest) bool { return d == digest })
	if whole {
		s.Proved++
		return size, nil
	}
	back, err := j.fromMirror(digest, now)
	switch {
	case err != nil:
		return size, err
	case back:
		s.Restored++
		j.logger.Error("bundle was damaged, and is back from the second disk", slog.String("bundle", digest.String()))
	case image.Stored:
		moved, err := j.bundleAside(digest, now)
		if err != nil {
			return size, err
		}
		if moved {
			s.Aside++
			j.logger.Error("bundle is damaged and set aside; the hub has it", slog.String("bundle", digest.String()))
		}
	default: // what is left of it stays where it is: nobody sends it, for each chunk is proved
		if len(s.Lost) < maxLost {
			s.Lost = append(s.Lost, digest)
		}
		j.logger.Error("bundle is damaged, and the hub does not have it", slog.String("bundle", digest.String()))
	}
	return size, nil
}

// proveFile reads a file from the disk itself, not from memory, and compares it
// with its address. One that is not there, or that the disk gives up, is not
// whole.
func proveFile(path string, digest wire.Digest) (size int64, whole bool, err error) {
	const op = "journal: prove bundle"
	f, err := os.Open(path) //nolint:gosec // a digest in our own directory
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, false, nil
	case err != nil:
		return 0, false, fault.New(fault.Unavailable, op, digest.String(), err)
	}
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) // a file system that does not know it reads all the same
	h := sha256.New()
	size, err = io.Copy(h, f)
	switch err = errors.Join(err, f.Close()); {
	case errors.Is(err, unix.EIO):
		return size, false, nil
	case err != nil:
		return size, false, fault.New(fault.Unavailable, op, digest.String(), err)
	}
	return size, wire.Digest(h.Sum(nil)) == digest, nil
}

// fromMirror takes a bundle from the second disk, when that has it whole.
func (j *Journal) fromMirror(digest wire.Digest, now time.Time) (bool, error) {
	if j.mirror == nil || j.mirror.Status().State != mirror.Good {
		return false, nil
	}
	path := j.mirror.Path(treeBundles, bundleRel(digest))
	if _, whole, err := proveFile(path, digest); err != nil || !whole {
		return false, nil //nolint:nilerr // a second disk that cannot be read is told of elsewhere
	}
	if _, err := j.bundleAside(digest, now); err != nil {
		return false, err
	}
	_, err := j.WriteBundle(func(w io.Writer) (wire.Digest, error) {
		in, err := os.Open(path) //nolint:gosec // a digest in our own directory
		if err != nil {
			return digest, fault.New(fault.Unavailable, "journal: read second disk", digest.String(), err)
		}
		_, err = io.Copy(w, in)
		return digest, errors.Join(err, in.Close())
	})
	return err == nil, err
}

// bundleAside moves a damaged bundle out of the way; there may be none.
func (j *Journal) bundleAside(digest wire.Digest, now time.Time) (moved bool, err error) {
	const op = "journal: set bundle aside"
	dir, from := filepath.Join(j.dir, damagedDir), bundleFile(j.dir, digest)
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return false, fault.New(fault.Unavailable, op, digest.String(), err)
	}
	to := filepath.Join(dir, hex.EncodeToString(digest[:])+"."+strconv.FormatInt(now.UnixMilli(), 10))
	if err := durable.Rename(from, to); err != nil {
		return false, fault.New(fault.Unavailable, op, digest.String(), err)
	}
	if err := errors.Join(durable.SyncDir(dir), durable.SyncDir(j.dir), durable.SyncDir(filepath.Dir(from))); err != nil {
		return false, j.fail(fault.New(fault.Storage, op, digest.String(), err))
	}
	return true, nil
}

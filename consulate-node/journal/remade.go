package journal

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"jaliya/consulate-node/journal/mirror"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const suffixDamaged = ".damaged"

// errOlder is a mirror that ends before what a damaged journal had confirmed.
var errOlder = errors.New("the journal is damaged, and the mirror ends before what it had confirmed: " +
	"mend journal.db, or move it away to go on from the mirror")

// remake puts a journal.db that does not prove aside and makes it again from the
// mirror, if the mirror has all that was confirmed: what the anchor has seen, and
// what the damaged file itself still says. It gives cause back when that is not to
// be had, with the reason when there is a mirror that could.
func remake(dir string, o Options, cause error) error {
	j := newJournal(dir, o)
	if _, err := os.Stat(j.path()); o.Mirror.Dir == "" || !fault.Is(cause, fault.Corrupt) || err != nil {
		return cause
	}
	said, err := lastSaid(j.path())
	if err != nil {
		return errors.Join(cause, err)
	}
	if err := j.dropBallast(o); err != nil {
		return errors.Join(cause, err)
	}
	known, err := j.newMirror(o).Rebuild(mirror.Rebuilding{
		Path: j.path(), Aside: freeName(j.path() + suffixDamaged), Reach: said, Set: setMirror,
		Verify: func(r kv.Reader) error {
			if err := checkMade(r); err != nil {
				return err
			}
			return reaches(r, o)
		},
	})
	switch {
	case err == nil:
		j.logger.Error("journal.db was damaged and was made again from the mirror; the damaged file is beside it")
		return nil
	case errors.Is(err, mirror.ErrBefore), errors.Is(err, errOlder):
		return fault.New(fault.Corrupt, "journal: make again from the mirror", j.path(), errors.Join(errOlder, cause))
	case known:
		return errors.Join(cause, err)
	}
	j.logger.Warn("no mirror to make the journal again from", slog.String("error", err.Error()))
	return cause
}

// reaches makes sure that a journal that was made again is not behind its anchor.
func reaches(r kv.Reader, o Options) error {
	held, found, err := readAnchor(o.Anchor)
	if err != nil || !found || held.Node != o.Identity.Node {
		return err
	}
	behind, err := Behind(r, held)
	if behind || fault.Is(err, fault.NotFound) {
		return errOlder
	}
	return err
}

// readAnchor reads what OpenAnchor would, and writes nothing.
func readAnchor(path string) (held wire.Position, found bool, err error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if errors.Is(err, os.ErrNotExist) {
		return held, false, nil
	}
	if err != nil {
		return held, false, fault.New(fault.Unavailable, "journal: read anchor", path, err)
	}
	defer func() { _ = f.Close() }() // only read
	one, found := newestSlot(f)
	return one.At, found, nil
}

// freeName gives a name that no file has: what was put aside before stays.
func freeName(path string) string {
	name := path
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) || n == math.MaxInt {
			return name
		}
		name = path + "." + strconv.Itoa(n)
	}
}

// lastSaid looks through a damaged journal.db, page by page and whatever they belong
// to, for the latest position that it had reached in the chain that it shares with
// its mirror; nil when there is none. A value carries its checksum, so what is
// found was written.
func lastSaid(path string) (last *mirror.Position, err error) {
	const op = "journal: read damaged file"
	f, err := os.Open(path) //nolint:gosec // a file of the post's own
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, filepath.Base(path), err)
	}
	defer func() { _ = f.Close() }() // only read
	raw := make([]byte, 1<<20)
	for at := int64(0); ; at += int64(len(raw) - len(keyMirror) - mostSaid) { // one may lie across
		n, err := f.ReadAt(raw, at)
		for rest := raw[:n]; ; {
			i := bytes.Index(rest, keyMirror)
			if i < 0 {
				break
			}
			rest = rest[i+len(keyMirror):]
			if p, ok := saidAt(rest); ok && (last == nil || p.N >= last.N) {
				last = &p
			}
		}
		if err != nil {
			return last, nil // its end, or a part that the disk does not give any more
		}
	}
}

// A position takes between so many bytes.
var (
	leastSaid = len(encodeHeld(mirror.Position{}))
	mostSaid  = len(encodeHeld(mirror.Position{N: math.MaxUint64}))
)

// saidAt reads a position at the beginning of raw, of which nobody knows how long
// it is.
func saidAt(raw []byte) (p mirror.Position, ok bool) {
	for size := leastSaid; size <= min(mostSaid, len(raw)); size++ {
		if p, err := decodeHeld[mirror.Position]("journal: read damaged file", "", raw[:size]); err == nil {
			return p, true
		}
	}
	return p, false
}

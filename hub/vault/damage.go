package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// damagedDir keeps what did not match its name any more, each under
// <digest>.<ms since 1970>: evidence for whoever looks after the disk. One of
// them without an object of that digest says that the object is wanted, so
// that moving an object there and asking for it again is one rename.
const damagedDir = "damaged"

// errDamaged says that bytes are not those of their name.
var errDamaged = errors.New("the bytes do not match the address")

// parseDamaged gives the digest of a name in damagedDir.
func parseDamaged(name string) (wire.Digest, bool) {
	before, _, _ := strings.Cut(name, ".")
	digest, err := wire.ParseDigest(before)
	return digest, err == nil
}

// findWanted fills wanted when the vault is opened.
func (d *Directory) findWanted() error {
	entries, err := os.ReadDir(filepath.Join(d.root, damagedDir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		digest, ok := parseDamaged(e.Name())
		if !ok {
			continue
		}
		switch _, err := os.Stat(d.objectPath(digest)); {
		case errors.Is(err, fs.ErrNotExist):
			d.wanted[digest] = true
		case err != nil:
			return err
		}
	}
	return nil
}

// Wanted gives the objects that were damaged and have not come back, and a
// channel that closes at the next change of them.
func (d *Directory) Wanted() ([]wire.Digest, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]wire.Digest, 0, len(d.wanted))
	for digest := range d.wanted {
		list = append(list, digest)
	}
	slices.SortFunc(list, func(a, b wire.Digest) int { return slices.Compare(a[:], b[:]) })
	return list, d.wants
}

// want notes whether an object is wanted; mu is held.
func (d *Directory) want(digest wire.Digest, on bool) {
	if d.wanted[digest] == on {
		return
	}
	if delete(d.wanted, digest); on {
		d.wanted[digest] = true
	}
	d.metrics.want(len(d.wanted))
	close(d.wants)
	d.wants = make(chan struct{})
}

// prove reads a whole object, and hands the size of each block to pace. It leaves
// the file's offset at the start. What does not match is read once more, from the
// disk, before it is called fault.Corrupt: one bad read says nothing about what is
// kept.
func prove(f *os.File, digest wire.Digest, pace func(int) error) (size int64, err error) {
	size, err = proveOnce(f, digest, pace)
	if fault.Is(err, fault.Corrupt) {
		forget(f)
		size, err = proveOnce(f, digest, pace)
	}
	return size, err
}

func proveOnce(f *os.File, digest wire.Digest, pace func(int) error) (size int64, err error) {
	const op = "vault: prove object"
	h, block := sha256.New(), make([]byte, proveBlock)
	for {
		n, err := f.ReadAt(block, size)
		if err := pace(n); err != nil {
			return size, err
		}
		h.Write(block[:n])
		size += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			if wire.Digest(h.Sum(nil)) != digest {
				return size, fault.New(fault.Corrupt, op, digest.String(), errDamaged)
			}
			return size, nil
		case errors.Is(err, unix.EIO): // the disk itself gave it up
			return size, fault.New(fault.Corrupt, op, digest.String(), err)
		case err != nil:
			return size, fault.New(fault.Storage, op, digest.String(), err)
		}
	}
}

// proveBlock is how much is read at once, in bytes.
const proveBlock = 256 << 10

// setAside moves a damaged object out of the way, durably, so that it is never
// served again. What took its place meanwhile stays: f is the damaged file.
func (d *Directory) setAside(f *os.File, digest wire.Digest) error {
	const op = "vault: set aside"
	from := d.objectPath(digest)
	to := filepath.Join(d.root, damagedDir, hex.EncodeToString(digest[:])+"."+strconv.FormatInt(time.Now().UnixMilli(), 10))
	d.place.Lock()
	defer d.place.Unlock()
	mine, err := f.Stat()
	if err != nil {
		return fault.New(fault.Storage, op, digest.String(), err)
	}
	there, err := os.Stat(from)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // somebody else found it too
	case err != nil:
		return fault.New(fault.Storage, op, digest.String(), err)
	case !os.SameFile(mine, there):
		return nil
	}
	if err := durable.Rename(from, to); err != nil {
		return fault.New(kindOfWrite(err), op, digest.String(), err)
	}
	d.mu.Lock()
	d.want(digest, true)
	d.metrics.damage()
	d.mu.Unlock()
	if err := errors.Join(durable.SyncDir(filepath.Dir(to)), durable.SyncDir(filepath.Dir(from))); err != nil {
		return d.fail(fault.New(fault.Storage, op, digest.String(), err))
	}
	return nil
}

// Damaged counts what was set aside and has not come back.
func (d *Directory) Damaged() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.wanted)
}

// forget has the system drop what it keeps of the file in memory, which says
// nothing about the disk. A file system that does not do so is read all the same.
func forget(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// back notes that an object stands durably under its name, unless it was set
// aside again meanwhile.
func (d *Directory) back(digest wire.Digest) {
	d.place.Lock()
	defer d.place.Unlock()
	if _, err := os.Stat(d.objectPath(digest)); err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.want(digest, false)
}

package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const (
	suffixTemp = ".tmp"

	fileMode = 0o600
	dirMode  = 0o700
)

// bundleFile spreads bundles over 256 directories by the first digest byte.
func bundleFile(dir string, digest wire.Digest) string {
	return filepath.Join(dir, bundlesDir, bundleRel(digest))
}

func bundleRel(digest wire.Digest) string {
	name := hex.EncodeToString(digest[:])
	return filepath.Join(name[:2], name)
}

// WriteBundle stores a sealed bundle under the address that fill returns. On
// return file, name and directories are on disk, so an entry may name it: the
// image is durable before the entry is (D45). An address that is not the
// SHA-256 of what fill wrote is fault.Corrupt, a full disk fault.Full; both
// leave nothing behind. After a sync that failed the journal takes nothing any
// more: fault.Storage, and the process is to leave (D3).
func (j *Journal) WriteBundle(fill func(io.Writer) (wire.Digest, error)) (wire.Digest, error) {
	const op = "journal: write bundle"
	if err := j.usable(op); err != nil {
		return wire.Digest{}, err
	}
	tmp := filepath.Join(j.dir, bundlesDir, rand.Text()+suffixTemp)
	f, err := durable.Create(tmp, fileMode)
	if err != nil {
		return wire.Digest{}, fault.New(kindOfWrite(err), op, "", err)
	}
	digest, err := j.fillBundle(f, fill)
	if err = errors.Join(err, closeFault(op, f)); err == nil {
		err = j.nameBundle(tmp, digest)
	}
	if err == nil && j.mirror != nil {
		j.mirror.Copied(treeBundles, bundleRel(digest))
	}
	if err != nil {
		return wire.Digest{}, errors.Join(err, ignoreMissing(durable.Remove(tmp)))
	}
	return digest, nil
}

// fillBundle writes and syncs the file, and proves the address.
func (j *Journal) fillBundle(f *os.File, fill func(io.Writer) (wire.Digest, error)) (wire.Digest, error) {
	const op = "journal: write bundle"
	w := &bundleWriter{file: f, sum: sha256.New()}
	digest, err := fill(w)
	switch {
	case w.err != nil: // whatever fill made of it
		return digest, fault.New(kindOfWrite(w.err), op, "", w.err)
	case err != nil:
		return digest, err
	case wire.Digest(w.sum.Sum(nil)) != digest:
		return digest, fault.New(fault.Corrupt, op, digest.String(), nil)
	}
	if err := durable.Sync(f); err != nil {
		return digest, j.fail(fault.New(fault.Storage, op, digest.String(), err))
	}
	return digest, nil
}

func (j *Journal) nameBundle(tmp string, digest wire.Digest) error {
	const op = "journal: name bundle"
	path := bundleFile(j.dir, digest)
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fault.New(kindOfWrite(err), op, digest.String(), err)
	}
	if err := durable.Rename(tmp, path); err != nil {
		return fault.New(kindOfWrite(err), op, digest.String(), err)
	}
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} {
		if err := durable.SyncDir(dir); err != nil {
			return j.fail(fault.New(fault.Storage, op, digest.String(), err))
		}
	}
	return nil
}

// bundleWriter hashes what it writes, and remembers its own failure: whoever
// seals through it wraps the error in words of its own.
type bundleWriter struct {
	file   *os.File
	offset int64
	sum    hash.Hash
	err    error
}

// Write implements io.Writer.
func (w *bundleWriter) Write(p []byte) (int, error) {
	if w.err == nil {
		w.err = durable.WriteAt(w.file, p, w.offset)
	}
	if w.err != nil {
		return 0, w.err
	}
	w.offset += int64(len(p))
	return w.sum.Write(p)
}

// kindOfWrite tells a disk that is full, where nothing is lost, from one that fails.
func kindOfWrite(err error) fault.Kind {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Full
	}
	return fault.Storage
}

func closeFault(op string, f *os.File) error {
	if err := f.Close(); err != nil {
		return fault.New(fault.Storage, op, "", err)
	}
	return nil
}

// OpenBundle opens a sealed bundle for reading at any offset. Its bytes are
// proved by whoever sends them, chunk by chunk.
func (j *Journal) OpenBundle(digest wire.Digest) (*os.File, error) {
	const op = "journal: open bundle"
	f, err := os.Open(bundleFile(j.dir, digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, op, digest.String(), err)
	case err != nil:
		return nil, fault.New(fault.Storage, op, digest.String(), err)
	}
	return f, nil
}

// checkBundles makes sure that what an entry is about to name is there (D45), or
// at the hub, where the disk has spoiled it here.
func (j *Journal) checkBundles(r kv.Reader, images []wire.Image) error {
	const op = "journal: find bundle"
	for _, image := range images {
		info, err := os.Stat(bundleFile(j.dir, image.Digest))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if i, known := readImage(r, image.Digest); known == nil && i.Stored && !i.away() && i.Size == image.Size {
				continue
			}
			return fault.New(fault.NotFound, op, image.Digest.String(), err)
		case err != nil:
			return fault.New(fault.Storage, op, image.Digest.String(), err)
		case uint64(info.Size()) != image.Size: //nolint:gosec // a file size is not negative
			return fault.New(fault.Invalid, op, "size of "+image.Digest.String(), nil)
		}
	}
	return nil
}

// reap removes what a crash left unnamed: bundles that were being written and
// the trial file of a preflight. Named bundles stay: an entry may name them.
func reap(dir string) error {
	const op = "journal: reap"
	for _, one := range []struct{ dir, prefix, suffix string }{
		{filepath.Join(dir, bundlesDir), "", suffixTemp},
		{dir, "preflight-", ""},
	} {
		entries, err := os.ReadDir(one.dir)
		if err != nil {
			return fault.New(fault.Storage, op, "", err)
		}
		for _, e := range entries {
			if e.IsDir() || !strings.HasPrefix(e.Name(), one.prefix) || !strings.HasSuffix(e.Name(), one.suffix) {
				continue
			}
			if err := ignoreMissing(durable.Remove(filepath.Join(one.dir, e.Name()))); err != nil {
				return fault.New(fault.Storage, op, e.Name(), err)
			}
		}
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

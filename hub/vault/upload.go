package vault

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Upload is one object on its way in. One goroutine writes to it; a newer
// upload of the same object takes over, and the older one gets fault.Stale.
type Upload struct {
	vault *Directory
	offer wire.Offer

	mu      sync.Mutex // guards what follows
	file    *os.File   // nil once it ended
	missing wire.Bitmap
	stored  bool
}

// Begin starts or resumes the upload of what offer announces. Chunks that are
// there from an earlier try are verified again, because a crash may have torn
// them. fault.Full when the disk has no room.
func (d *Directory) Begin(offer wire.Offer) (*Upload, error) {
	if err := offer.Validate(); err != nil {
		return nil, err
	}
	u := &Upload{vault: d, offer: offer, missing: wire.NewBitmap(offer.Count())}
	u.mu.Lock() // until it is open: a newer one that takes over waits for that
	defer u.mu.Unlock()
	if err := u.takeOver(); err != nil || u.stored {
		return u, err
	}
	if err := u.open(); err != nil {
		u.forget()
		return nil, err
	}
	return u, nil
}

// takeOver makes u the one upload of its object and ends the one before, whose
// chunks it finds. It marks u stored when that one had come to its end.
func (u *Upload) takeOver() (err error) {
	d, digest := u.vault, u.offer.Digest
	if u.stored, err = d.Has(digest, u.offer.Size); err != nil || u.stored {
		return err
	}
	d.mu.Lock()
	older := d.live[digest]
	if older == nil {
		err = d.room(u.offer.Size)
	}
	if err == nil {
		d.live[digest] = u
	}
	d.mu.Unlock()
	if err != nil || older == nil {
		return err
	}
	if err = older.end(); err == nil {
		u.stored, err = d.Has(digest, u.offer.Size)
	}
	if err != nil || u.stored {
		u.forget()
	}
	return err
}

// forget takes u out of the uploads under way, if it is the newest.
func (u *Upload) forget() {
	u.vault.mu.Lock()
	defer u.vault.mu.Unlock()
	if u.vault.live[u.offer.Digest] == u {
		delete(u.vault.live, u.offer.Digest)
	}
}

// open opens the partial file and marks what is missing in it; mu is held.
func (u *Upload) open() error {
	const op = "vault: begin upload"
	f, err := openPartial(u.vault.partialPath(u.offer.Digest), int64(u.offer.Size)) //nolint:gosec // bounded by the chunks
	if err != nil {
		return fault.New(kindOfWrite(err), op, u.offer.Digest.String(), err)
	}
	u.file = f
	for i := range u.offer.Count() {
		whole, err := u.verify(i)
		if err != nil {
			return errors.Join(err, u.close())
		}
		if !whole {
			u.missing.Set(i)
		}
	}
	return nil
}

// openPartial opens the file, or begins it anew when it is longer than the
// object: then another offer lied about the size.
func openPartial(path string, size int64) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // a digest in our own directory
	if err == nil {
		info, err := f.Stat()
		if err == nil && info.Size() <= size {
			return f, nil
		}
		if err := errors.Join(err, f.Close(), durable.Remove(path)); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return durable.Create(path, 0o600)
}

// kindOfWrite tells a disk that is full, where nothing is lost, from one that fails.
func kindOfWrite(err error) fault.Kind {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Full
	}
	return fault.Storage
}

// span gives offset and length of chunk i.
func (u *Upload) span(i int) (offset, length int64) {
	size := int64(u.offer.ChunkSize)
	offset = int64(i) * size
	return offset, min(size, int64(u.offer.Size)-offset) //nolint:gosec // bounded by the chunks
}

func (u *Upload) verify(i int) (bool, error) {
	offset, length := u.span(i)
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(u.file, offset, length)); err != nil {
		return false, fault.New(fault.Storage, "vault: verify chunk", u.offer.Digest.String(), err)
	}
	return wire.Digest(h.Sum(nil)) == u.offer.ChunkDigest(i), nil
}

// Stored reports whether the object stands durably under its name.
func (u *Upload) Stored() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.stored
}

// Missing gives the chunks that are still to come.
func (u *Upload) Missing() wire.Bitmap {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append(wire.Bitmap(nil), u.missing...)
}

// WriteChunk takes one chunk. A chunk that does not match its digest is
// fault.Corrupt and changes nothing.
func (u *Upload) WriteChunk(i int, sealed []byte) error {
	const op = "vault: write chunk"
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.file == nil {
		return fault.New(fault.Stale, op, u.offer.Digest.String(), nil)
	}
	if i < 0 || i >= u.offer.Count() {
		return fault.New(fault.Invalid, op, "index", nil)
	}
	offset, length := u.span(i)
	if int64(len(sealed)) != length || sha256.Sum256(sealed) != u.offer.ChunkDigest(i) {
		return fault.New(fault.Corrupt, op, u.offer.Digest.String(), nil)
	}
	if err := durable.WriteAt(u.file, sealed, offset); err != nil {
		return fault.New(kindOfWrite(err), op, u.offer.Digest.String(), err)
	}
	u.missing.Clear(i)
	return nil
}

// Commit verifies the whole object, makes it durable and gives it its name. It
// returns nil only after file and directories are on disk: from then on the
// entry that names it may be proposed. An offer whose chunks do not add up to
// its digest is fault.Corrupt, and its partial file is removed.
func (u *Upload) Commit() error {
	const op = "vault: commit object"
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.stored:
		return nil
	case u.file == nil:
		return fault.New(fault.Stale, op, u.offer.Digest.String(), nil)
	case u.vault.Err() != nil:
		return u.vault.Err()
	case u.missing.Count() > 0:
		return fault.New(fault.Gap, op, u.offer.Digest.String(), nil)
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(u.file, 0, int64(u.offer.Size))); err != nil { //nolint:gosec // bounded
		return fault.New(fault.Storage, op, u.offer.Digest.String(), err)
	}
	if wire.Digest(h.Sum(nil)) != u.offer.Digest {
		err := errors.Join(u.close(), durable.Remove(u.vault.partialPath(u.offer.Digest)))
		return fault.New(fault.Corrupt, op, u.offer.Digest.String(), err)
	}
	if err := durable.Sync(u.file); err != nil {
		return u.vault.fail(fault.New(fault.Storage, op, u.offer.Digest.String(), err))
	}
	if err := u.name(); err != nil {
		return err
	}
	u.stored = true
	return u.close()
}

// name gives the object its name. Has does not see it before the directories
// are on disk too.
func (u *Upload) name() error {
	const op = "vault: name object"
	d, digest := u.vault, u.offer.Digest
	path := d.objectPath(digest)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fault.New(kindOfWrite(err), op, digest.String(), err)
	}
	d.setNaming(digest, true)
	d.place.Lock()
	err := durable.Rename(d.partialPath(digest), path)
	d.place.Unlock()
	if err != nil {
		d.setNaming(digest, false)
		return fault.New(kindOfWrite(err), op, digest.String(), err)
	}
	// A rename between directories is durable when both are.
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path)), filepath.Dir(d.partialPath(digest))} {
		err = errors.Join(err, durable.SyncDir(dir))
	}
	if err != nil {
		return d.fail(fault.New(fault.Storage, op, digest.String(), err))
	}
	d.setNaming(digest, false)
	d.back(digest)
	return nil
}

func (d *Directory) setNaming(digest wire.Digest, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if delete(d.naming, digest); on {
		d.naming[digest] = true
	}
}

// End gives up the upload and keeps what came: the next Begin resumes.
func (u *Upload) End() error {
	u.forget()
	return u.end()
}

func (u *Upload) end() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.close()
}

// close closes the file; mu is held.
func (u *Upload) close() error {
	if u.file == nil {
		return nil
	}
	f := u.file
	u.file = nil
	if err := f.Close(); err != nil {
		return fault.New(fault.Storage, "vault: close partial", u.offer.Digest.String(), err)
	}
	return nil
}

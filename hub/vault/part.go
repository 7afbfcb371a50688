package vault

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Part reads at most length bytes of an object, for whoever takes it part by part
// and proves the whole by its address in the end. With the first part the object is
// proved here, as by Open: for each of the others that would read all of it again.
// An offset beyond the object is fault.Invalid.
func (d *Directory) Part(digest wire.Digest, offset uint64, length uint32) (part []byte, err error) {
	const op = "vault: read part"
	open := d.openProved
	if offset > 0 {
		open = d.openUnproved
	}
	f, err := open(digest)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fault.New(fault.Storage, op, digest.String(), cerr)
		}
	}()
	skipped, err := f.Seek(0, io.SeekEnd)
	if err == nil && uint64(skipped) < offset { //nolint:gosec // a file size is not negative
		return nil, fault.New(fault.Invalid, op, "offset", nil)
	}
	if err == nil {
		part, err = io.ReadAll(io.NewSectionReader(f, int64(offset), int64(length))) //nolint:gosec // within the file
	}
	if err != nil {
		return nil, fault.New(fault.Storage, op, digest.String(), err)
	}
	return part, nil
}

func (d *Directory) openUnproved(digest wire.Digest) (*os.File, error) {
	const op = "vault: open object"
	f, err := os.Open(d.objectPath(digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, op, digest.String(), nil)
	case err != nil:
		return nil, fault.New(fault.Storage, op, digest.String(), err)
	}
	return f, nil
}

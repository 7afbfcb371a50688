package desk

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// piece is the most plain bytes of one sealed record of an image file, and so
// the memory of an upload.
const piece = 128 << 10

// imageFile is an image on disk: sealed records one after the other, each
// length (4 bytes) and sealed bytes, bound to visit, name, generation and
// offset. What does not open is the torn end of a write that was never
// acknowledged; the next record is written over it.
type imageFile struct {
	f      *os.File
	key    *seal.DraftKey
	prefix []byte // visit, name, generation
	offset int64  // plain bytes before the next record
	end    int64  // where the next record begins
}

func (d *Desk) openImage(o *open, name string, flag int) (*imageFile, error) {
	m := o.images[name]
	f, err := os.OpenFile(d.imagePath(o.id, name, m), flag, 0)
	if err != nil {
		return nil, fault.New(fault.Storage, "desk: open image", o.id.String(), err)
	}
	return &imageFile{
		f: f, key: o.key, prefix: binary.BigEndian.AppendUint64(imageKey(o.id, name), m.Generation),
	}, nil
}

func (i *imageFile) aad() []byte {
	return cell(bucketImages, binary.BigEndian.AppendUint64(append([]byte(nil), i.prefix...), uint64(i.offset))) //nolint:gosec // never negative
}

// next opens the record at the end reached so far; io.EOF when there is no
// whole one.
func (i *imageFile) next() ([]byte, error) {
	const op = "desk: read image"
	var head [4]byte
	if _, err := i.f.ReadAt(head[:], i.end); err != nil {
		return nil, endOr(op, err)
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n <= seal.SealedOverhead || n > piece+seal.SealedOverhead {
		return nil, io.EOF
	}
	sealed := make([]byte, n)
	if _, err := i.f.ReadAt(sealed, i.end+int64(len(head))); err != nil {
		return nil, endOr(op, err)
	}
	plain, err := i.key.Open(i.aad(), sealed)
	if err != nil {
		return nil, io.EOF
	}
	i.offset += int64(len(plain))
	i.end += int64(len(head) + n)
	return plain, nil
}

func endOr(op string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return fault.New(fault.Storage, op, "", err)
}

// seek goes to the end of what is whole.
func (i *imageFile) seek() error {
	for {
		plain, err := i.next()
		clear(plain)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// write seals one piece at the end; on return it is on disk.
func (i *imageFile) write(plain []byte) error {
	const op = "desk: write image"
	sealed, err := i.key.Seal(i.aad(), plain)
	if err != nil {
		return err
	}
	record := append(binary.BigEndian.AppendUint32(nil, uint32(len(sealed))), sealed...) //nolint:gosec // at most a piece
	if err := durable.WriteAt(i.f, record, i.end); err != nil {
		return fault.New(fault.Storage, op, "", err)
	}
	if err := durable.Sync(i.f); err != nil {
		return fault.New(fault.Storage, op, "", err)
	}
	i.offset += int64(len(plain))
	i.end += int64(len(record))
	return nil
}

// reader reads the plain bytes from the beginning.
type reader struct {
	file *imageFile
	rest []byte
}

// Read opens the next record when the last one is used up.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		plain, err := r.file.next()
		if err != nil {
			return 0, err //nolint:wrapcheck // io.EOF must stay what it is
		}
		r.rest = plain
	}
	n := copy(p, r.rest)
	clear(r.rest[:n])
	r.rest = r.rest[n:]
	return n, nil
}

// makeImage creates an empty file; name and directories are durable on return.
func (d *Desk) makeImage(id wire.RecordID, path string) error {
	const op = "desk: create image"
	dir := d.draftDir(id)
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return fault.New(fault.Storage, op, id.String(), err)
	}
	f, err := durable.Create(path, 0o600)
	if err != nil {
		return fault.New(fault.Storage, op, id.String(), err)
	}
	err = errors.Join(durable.Sync(f), f.Close(), durable.SyncDir(dir), durable.SyncDir(d.drafts))
	if err != nil {
		return fault.New(fault.Storage, op, id.String(), err)
	}
	d.onSecondDisk(path, 0)
	return nil
}

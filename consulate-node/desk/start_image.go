package desk

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// ImageInput announces an image: what will have arrived when it is complete.
type ImageInput struct {
	Visit   wire.RecordID
	Name    string // portrait, signature, exceptions, print-FINGER, scan-PAPER[-PAGE]
	Size    int64  // bytes
	Digest  wire.Digest
	Replace bool // in the place of another image of that name
}

// StartImage announces an image. The same announcement again gives the status,
// from which the upload goes on. Errors: Invalid, TooLarge, Exists for another
// image of that name unless it is to be replaced, Full, and those of Put.
func (d *Desk) StartImage(ctx context.Context, p access.Principal, in ImageInput) (ImageStatus, error) {
	const op = "desk: start image"
	if err := p.Require(access.VisitWrite); err != nil {
		return ImageStatus{}, err
	}
	if err := checkImage(op, in); err != nil {
		return ImageStatus{}, err
	}
	if err := ctx.Err(); err != nil {
		return ImageStatus{}, fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(in.Visit)()
	o, err := d.load(in.Visit)
	if err != nil {
		return ImageStatus{}, err
	}
	defer o.close()
	held, there := o.images[in.Name]
	switch {
	case there && held.Size == in.Size && held.Digest == in.Digest:
		return d.imageStatus(o, in.Name)
	case there && !in.Replace:
		return ImageStatus{}, fault.New(fault.Exists, op, o.id.String(), nil)
	case !there && len(o.images) >= MaxParts:
		return ImageStatus{}, fault.New(fault.TooLarge, op, o.id.String(), nil)
	}
	if err := d.o.CanCapture(); err != nil {
		return ImageStatus{}, err
	}
	return d.announce(p, o, in)
}

func checkImage(op string, in ImageInput) error {
	switch {
	case mediaFor(in.Name) == nil:
		return refuse(op, "name", consular.RuleUnknown)
	case in.Size <= 0:
		return refuse(op, "size", consular.RuleRange)
	case in.Size > MaxImage:
		return fault.New(fault.TooLarge, op, "size", nil)
	case in.Digest.IsZero():
		return refuse(op, "sha256", consular.RuleRequired)
	}
	return nil
}

// announce makes the file first, then the row that names it, then removes what
// it replaces: a crash in between leaves a file without a row, for reap.
func (d *Desk) announce(p access.Principal, o *open, in ImageInput) (ImageStatus, error) {
	old, replaced := o.images[in.Name]
	var generation [8]byte
	_, _ = rand.Read(generation[:]) // crypto/rand ends the process instead of failing
	m := imageMeta{Generation: binary.BigEndian.Uint64(generation[:]), Size: in.Size, Digest: in.Digest}
	if err := d.makeImage(o.id, d.imagePath(o.id, in.Name, m)); err != nil {
		return ImageStatus{}, err
	}
	o.images[in.Name] = m
	o.touch(p.ID, d.o.Clock())
	key := imageKey(o.id, in.Name)
	err := d.save(o, func(w kv.Writer) error { return o.sealValue(w, bucketImages, key, m) })
	if err != nil {
		return ImageStatus{}, err
	}
	if replaced {
		d.removeFile(d.imagePath(o.id, in.Name, old))
	}
	return statusOf(o, in.Name, 0), nil
}

// removeFile takes away a file whose row is gone. What cannot be removed now is
// sealed under a key that goes with the draft, and reap tries again.
func (d *Desk) removeFile(path string) {
	if err := durable.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.o.Logger.Warn("image file not removed", errorAttr(err))
	}
	d.offSecondDisk(path)
}

// ImageStatus says how far an image has come. Errors: NotFound.
func (d *Desk) ImageStatus(ctx context.Context, p access.Principal, visit wire.RecordID, name string) (ImageStatus, error) {
	const op = "desk: look at image"
	if err := p.Require(access.VisitWrite); err != nil {
		return ImageStatus{}, err
	}
	if err := ctx.Err(); err != nil {
		return ImageStatus{}, fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(visit)()
	o, err := d.load(visit)
	if err != nil {
		return ImageStatus{}, err
	}
	defer o.close()
	if _, err := o.image(op, name); err != nil {
		return ImageStatus{}, err
	}
	return d.imageStatus(o, name)
}

func (d *Desk) imageStatus(o *open, name string) (ImageStatus, error) {
	m := o.images[name]
	if m.Complete {
		return statusOf(o, name, m.Size), nil
	}
	file, err := d.openImage(o, name, os.O_RDONLY)
	if err != nil {
		return ImageStatus{}, err
	}
	if err := errors.Join(file.seek(), file.f.Close()); err != nil {
		return ImageStatus{}, err
	}
	return statusOf(o, name, file.offset), nil
}

// DropImage removes an image. Errors: NotFound, and those of Put.
func (d *Desk) DropImage(ctx context.Context, p access.Principal, visit wire.RecordID, name string) (View, error) {
	const op = "desk: drop image"
	if err := p.Require(access.VisitWrite); err != nil {
		return View{}, err
	}
	if err := ctx.Err(); err != nil {
		return View{}, fault.New(fault.Timeout, op, "", err)
	}
	defer d.lock(visit)()
	o, err := d.load(visit)
	if err != nil {
		return View{}, err
	}
	defer o.close()
	if _, err := o.image(op, name); err != nil {
		return View{}, err
	}
	if err := d.drop(p.ID, o, name); err != nil {
		return View{}, err
	}
	return d.view(o), nil
}

func (d *Desk) drop(who string, o *open, name string) error {
	m := o.images[name]
	delete(o.images, name)
	o.touch(who, d.o.Clock())
	key := imageKey(o.id, name)
	if err := d.save(o, func(w kv.Writer) error { return w.Delete(bucketImages, key) }); err != nil {
		return err
	}
	d.removeFile(d.imagePath(o.id, name, m))
	return nil
}

// wrongOffset tells where the upload continues.
func wrongOffset(op string, o *open, offset int64) error {
	return fault.New(fault.Conflict, op, o.id.String(), web.CodedError{Code: web.CodeWrongOffset, Offset: &offset})
}

package desk

import (
	"context"
	"errors"
	"io"
	"os"

	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// AppendInput is a piece of an image.
type AppendInput struct {
	Visit  wire.RecordID
	Name   string
	Offset int64 // in bytes, where the body begins
	Body   io.Reader
}

// AppendImage stores what the body holds from the offset on, at most a piece at
// a time: what a status says afterwards is on disk, also when the body broke
// off. The last byte completes the image: size, SHA-256, kind and dimensions
// are checked, and an image that fails is removed. Errors: Conflict with
// CodeWrongOffset and the offset to continue from, Conflict with
// CodeUploadComplete, TooLarge for more than was announced, Timeout for a body
// that broke off, Invalid with the code of what is wrong with the image, and
// those of Put.
func (d *Desk) AppendImage(ctx context.Context, p access.Principal, in AppendInput) (ImageStatus, error) {
	const op = "desk: append image"
	if err := p.Require(access.VisitWrite); err != nil {
		return ImageStatus{}, err
	}
	buf := make([]byte, piece)
	defer clear(buf)
	at, status, first := in.Offset, ImageStatus{}, true
	for {
		if err := ctx.Err(); err != nil {
			return status, fault.New(fault.Timeout, op, "", err)
		}
		n, broken := io.ReadFull(in.Body, buf)
		ended := errors.Is(broken, io.EOF) || errors.Is(broken, io.ErrUnexpectedEOF)
		if n > 0 || (first && ended) {
			var err error
			if status, err = d.appendPiece(p, in, at, buf[:n]); err != nil {
				return status, err
			}
			at, first = at+int64(n), false
		}
		switch {
		case ended:
			return status, nil
		case broken != nil:
			return status, fault.New(fault.Timeout, op, "body", broken)
		}
	}
}

// appendPiece holds the visit while it writes one piece, so that a slow line
// does not keep others out, nor a release.
func (d *Desk) appendPiece(p access.Principal, in AppendInput, at int64, plain []byte) (ImageStatus, error) {
	const op = "desk: append image"
	defer d.lock(in.Visit)()
	o, err := d.load(in.Visit)
	if err != nil {
		return ImageStatus{}, err
	}
	defer o.close()
	m, err := o.image(op, in.Name)
	if err != nil {
		return ImageStatus{}, err
	}
	if m.Complete {
		return ImageStatus{}, fault.New(fault.Conflict, op, o.id.String(), web.CodedError{Code: web.CodeUploadComplete, Offset: &m.Size})
	}
	offset, err := d.writePiece(o, in.Name, at, plain)
	if err != nil {
		return ImageStatus{}, err
	}
	if offset < m.Size {
		return statusOf(o, in.Name, offset), nil
	}
	return d.complete(p, o, in.Name)
}

func (d *Desk) writePiece(o *open, name string, at int64, plain []byte) (offset int64, err error) {
	const op = "desk: append image"
	file, err := d.openImage(o, name, os.O_RDWR)
	if err != nil {
		return 0, err
	}
	defer func() {
		if cerr := file.f.Close(); cerr != nil && err == nil {
			err = fault.New(fault.Storage, op, o.id.String(), cerr)
		}
	}()
	if err := file.seek(); err != nil {
		return 0, err
	}
	if file.offset != at {
		return 0, wrongOffset(op, o, file.offset)
	}
	if at+int64(len(plain)) > o.images[name].Size {
		return 0, fault.New(fault.TooLarge, op, o.id.String(), nil)
	}
	if begin := file.end; len(plain) > 0 {
		if err = file.write(plain); err == nil {
			d.onSecondDisk(d.imagePath(o.id, name, o.images[name]), begin)
		}
	}
	return file.offset, err
}

// complete checks a whole image and marks it, or removes it and says why.
func (d *Desk) complete(p access.Principal, o *open, name string) (ImageStatus, error) {
	m := o.images[name]
	found, err := d.inspect(o, name)
	if err != nil {
		if fault.Is(err, fault.Invalid) {
			err = errors.Join(err, d.drop(p.ID, o, name))
		}
		return ImageStatus{}, err
	}
	m.Complete, m.MediaType, m.Width, m.Height = true, found.media, found.width, found.height
	o.images[name] = m
	o.touch(p.ID, d.o.Clock())
	key := imageKey(o.id, name)
	err = d.save(o, func(w kv.Writer) error { return o.sealValue(w, bucketImages, key, m) })
	return statusOf(o, name, m.Size), err
}

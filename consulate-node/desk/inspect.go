package desk

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"slices"

	"github.com/gabriel-vasile/mimetype"

	"jaliya/internal/fault"
	"jaliya/internal/web"
	"jaliya/internal/wire"
)

// sniffed is how many bytes decide what a file is.
const sniffed = 3072

// inspected is what was found out about an image.
type inspected struct {
	media         string
	width, height int
}

// inspect reads a whole image once. Errors: Invalid with CodeDigest,
// CodeMediaType, CodePictureTooLarge, CodePictureTooSmall or CodePictureCut.
func (d *Desk) inspect(o *open, name string) (found inspected, err error) {
	const op = "desk: inspect image"
	file, err := d.openImage(o, name, os.O_RDONLY)
	if err != nil {
		return found, err
	}
	defer func() {
		if cerr := file.f.Close(); cerr != nil && err == nil {
			err = fault.New(fault.Storage, op, "", cerr)
		}
	}()
	hash := sha256.New()
	in := io.TeeReader(&reader{file: file}, hash)
	head := make([]byte, sniffed)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return found, err
	}
	head = head[:n]
	found, judged := judge(name, head, io.MultiReader(bytes.NewReader(head), in))
	if _, err := io.Copy(io.Discard, in); err != nil {
		return found, err
	}
	if wire.Digest(hash.Sum(nil)) != o.images[name].Digest {
		return found, bad(web.CodeDigest)
	}
	if judged != nil {
		return found, judged
	}
	return found, d.entire(o, name, found.media)
}

func bad(code web.Code) error {
	return fault.New(fault.Invalid, "desk: inspect image", "", code.Cause())
}

// judge decides whether the bytes are what the name says.
func judge(name string, head []byte, whole io.Reader) (inspected, error) {
	found := inspected{media: sniff(head)}
	if !slices.Contains(mediaFor(name), found.media) {
		return found, bad(web.CodeMediaType)
	}
	var config image.Config
	var err error
	switch found.media {
	case mediaJPEG:
		config, err = jpeg.DecodeConfig(whole)
	case mediaPNG:
		config, err = png.DecodeConfig(whole)
	default:
		return found, nil
	}
	if err != nil {
		return found, bad(web.CodeMediaType)
	}
	found.width, found.height = config.Width, config.Height
	switch {
	case config.Width <= 0 || config.Height <= 0 || config.Width > MaxPixels/config.Height:
		return found, bad(web.CodePictureTooLarge)
	case name == namePortrait && (config.Width < MinPortraitWidth || config.Height < MinPortraitHeight):
		return found, bad(web.CodePictureTooSmall)
	}
	return found, nil
}

// sniff knows the few types that a visit takes. WSQ begins with the marker SOI
// ffa0 and one of its segments (ANSI/NIST compression of fingerprints), which
// the general library does not know.
func sniff(head []byte) string {
	if len(head) > 4 && head[0] == 0xff && head[1] == 0xa0 && head[2] == 0xff && head[3] >= 0xa2 && head[3] <= 0xa8 {
		return mediaWSQ
	}
	return mimetype.Detect(head).String()
}

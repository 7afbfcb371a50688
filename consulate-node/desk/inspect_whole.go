package desk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"

	"jaliya/internal/fault"
	"jaliya/internal/web"
)

// errCut says that a picture ends before its end.
var errCut = errors.New("the picture ends early")

// entire walks a picture to its end without opening it: a cut picture is found
// while the person still stands there, and a small file that would unfold into
// a large one costs nothing. Errors: Invalid with CodePictureCut, Storage.
func (d *Desk) entire(o *open, name, media string) (err error) {
	const op = "desk: walk image"
	if media != mediaJPEG && media != mediaPNG {
		return nil
	}
	file, err := d.openImage(o, name, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := file.f.Close(); cerr != nil && err == nil {
			err = fault.New(fault.Storage, op, "", cerr)
		}
	}()
	in := bufio.NewReaderSize(&reader{file: file}, 64<<10)
	walk := walkJPEG
	if media == mediaPNG {
		walk = walkPNG
	}
	err = walk(in)
	if errors.Is(err, errCut) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return bad(web.CodePictureCut)
	}
	return err
}

// walkJPEG goes from marker to marker (ITU-T T.81, B.1) until the end of the
// image. What stands behind it is nobody's: cameras write there.
func walkJPEG(in *bufio.Reader) error {
	if _, err := in.Discard(2); err != nil { // SOI
		return err
	}
	scanned := false
	for {
		marker, err := nextMarker(in)
		switch {
		case err != nil:
			return err
		case marker == 0xd9: // EOI
			if !scanned {
				return errCut
			}
			return nil
		case marker == 0x00 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd7: // a stuffed byte, TEM, RSTn
			continue
		}
		var length [2]byte
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint16(length[:]))
		if n < 2 {
			return errCut
		}
		if _, err := in.Discard(n - 2); err != nil {
			return err
		}
		scanned = scanned || marker == 0xda
	}
}

// nextMarker skips to the byte behind the next 0xff; fill bytes count for one.
func nextMarker(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != 0xff {
			continue
		}
		for b == 0xff {
			if b, err = in.ReadByte(); err != nil {
				return 0, err
			}
		}
		return b, nil
	}
}

// walkPNG goes from chunk to chunk (RFC 2083, 3.2), each with its checksum,
// until IEND.
func walkPNG(in *bufio.Reader) error {
	if _, err := in.Discard(8); err != nil { // the signature
		return err
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		sum := crc32.NewIEEE()
		_, _ = sum.Write(head[4:]) // a hash takes everything
		if _, err := io.CopyN(sum, in, int64(binary.BigEndian.Uint32(head[:4]))); err != nil {
			return err
		}
		var want [4]byte
		if _, err := io.ReadFull(in, want[:]); err != nil {
			return err
		}
		if binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
			return errCut
		}
		if string(head[4:]) == "IEND" {
			return nil
		}
	}
}

package seal

import (
	"encoding/binary"
	"errors"
	"hash"
	"io"

	"jaliya/internal/fault"
)

// partReader gives the bytes of one image and, at its end, checks size and
// digest before it says io.EOF.
type partReader struct {
	op     string
	in     *chunkReader
	part   Part
	left   int // of the data record being read
	digest hash.Hash
	err    error // first error or io.EOF, kept
}

// Read gives authenticated bytes. io.EOF means that the image is whole.
func (p *partReader) Read(buf []byte) (int, error) {
	if p.err == nil && p.left == 0 {
		p.err = p.record()
	}
	if p.err != nil {
		return 0, p.err
	}
	if len(buf) == 0 {
		return 0, nil
	}
	b, err := p.in.some(p.op, min(p.left, len(buf)))
	if errors.Is(err, errEnd) {
		err = fault.New(fault.Corrupt, p.op, "bundle ends inside a part", nil)
	}
	if err != nil {
		p.err = err
		return 0, err
	}
	p.left -= len(b)
	p.part.Size += int64(len(b))
	p.digest.Write(b)
	return copy(buf, b), nil
}

// record reads the head of the next record of the part.
func (p *partReader) record() error {
	mark, err := p.in.take(p.op, 1)
	if err != nil {
		return err
	}
	switch mark[0] {
	case markData:
		p.left, err = p.in.dataLength(p.op)
		return err
	case markEnd:
		return p.end()
	default:
		return fault.New(fault.Corrupt, p.op, "mark in part", nil)
	}
}

func (p *partReader) end() error {
	b, err := p.in.take(p.op, 8+32)
	if err != nil {
		return err
	}
	p.digest.Sum(p.part.Digest[:0])
	if binary.BigEndian.Uint64(b) != uint64(max(p.part.Size, 0)) || [32]byte(b[8:]) != p.part.Digest {
		return fault.New(fault.Corrupt, p.op, "part size or digest", nil)
	}
	return io.EOF
}

package seal

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"jaliya/internal/fault"
)

// BundleReader opens a sealed bundle as a stream, with two chunks of memory
// whatever the size. Not for concurrent use.
type BundleReader struct {
	in   chunkReader
	used bool
}

// PartHead is what is known of an image before its bytes were read.
type PartHead struct{ Name, MediaType string }

func newBundleReader(r io.Reader, to audience, keyID uint32, keys *visitKeys) (*BundleReader, error) {
	const op = "seal: open bundle"
	if keys.bundle == nil {
		return nil, fault.New(fault.Used, op, "keys are destroyed", nil)
	}
	br := bufio.NewReaderSize(r, 16)
	head := make([]byte, bundleHead, ChunkSize)
	if _, err := io.ReadFull(br, head); err != nil {
		return nil, readFault(op, "bundle head", err)
	}
	if err := checkBundleHead(op, head, to, keyID); err != nil {
		return nil, err
	}
	sealer, err := newChunkSealer(op, keys, head)
	if err != nil {
		return nil, err
	}
	return &BundleReader{in: chunkReader{
		r: br, sealer: sealer, sealed: make([]byte, ChunkSize), headroom: bundleHead,
	}}, nil
}

// readFault tells an end that came too early, which is Corrupt, from a failure
// of the reader below, whose own kind stands.
func readFault(op, subject string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Corrupt, op, subject, err)
	}
	return fault.New(fault.Other, op, subject, err)
}

// Each calls fn for every image in order, with a reader of its bytes; what fn
// leaves unread is skipped. It gives all parts with the sizes and digests that
// were verified. Each byte was authenticated before fn sees it, but that the
// image and the bundle are whole is known only when Each returns nil: do
// nothing irreversible before. Errors: Corrupt for anything changed, cut,
// reordered, repeated or added; TooLarge; Used when called again; fn's own.
func (b *BundleReader) Each(fn func(p PartHead, r io.Reader) error) ([]Part, error) {
	const op = "seal: read bundle"
	if b.used {
		return nil, fault.New(fault.Used, op, "bundle was read", nil)
	}
	b.used = true
	var parts []Part
	for {
		p, err := b.next(op, fn)
		if err != nil {
			return nil, err
		}
		if p == nil {
			break
		}
		if parts = append(parts, *p); len(parts) > MaxParts {
			return nil, fault.New(fault.TooLarge, op, fmt.Sprintf("more than %d parts", MaxParts), nil)
		}
	}
	if err := b.in.padding(op); err != nil {
		return nil, err
	}
	return parts, nil
}

// next reads one part, or gives nil at the stop mark.
func (b *BundleReader) next(op string, fn func(p PartHead, r io.Reader) error) (*Part, error) {
	mark, err := b.in.take(op, 1)
	if err != nil {
		return nil, err
	}
	switch mark[0] {
	case markStop:
		return nil, nil //nolint:nilnil // nil without error is the end, used only by Each
	case markBegin:
	default:
		return nil, fault.New(fault.Corrupt, op, "mark", nil)
	}
	head, err := b.head(op)
	if err != nil {
		return nil, err
	}
	r := &partReader{op: op, in: &b.in, part: Part{Name: head.Name, MediaType: head.MediaType}, digest: sha256.New()}
	if err := fn(head, r); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, err
	}
	return &r.part, nil
}

func (b *BundleReader) head(op string) (PartHead, error) {
	var labels [2]string
	for i := range labels {
		n, err := b.in.take(op, 1)
		if err != nil {
			return PartHead{}, err
		}
		label, err := b.in.take(op, int(n[0]))
		if err != nil {
			return PartHead{}, err
		}
		if len(label) == 0 {
			return PartHead{}, fault.New(fault.Corrupt, op, "empty label", nil)
		}
		labels[i] = string(label)
	}
	return PartHead{Name: labels[0], MediaType: labels[1]}, nil
}

// chunkReader opens chunks in order and gives their plaintext.
type chunkReader struct {
	r        *bufio.Reader // looks one byte ahead: the chunk before the end is the last
	sealer   *chunkSealer
	sealed   []byte
	headroom int // bytes of the head that shorten chunk 0
	index    uint64
	ended    bool
	failed   error
	plain    []byte // opened and not yet taken
	small    [maxLabel]byte
}

// errEnd says that the last chunk, marked as such, was read to its end. It is
// not io.EOF, which a cut file gives as well.
var errEnd = errors.New("end of bundle")

// fill opens the next chunk; errEnd after the last. After a failed chunk, the
// failure stays.
func (c *chunkReader) fill(op string) error {
	switch {
	case c.failed != nil:
		return c.failed
	case c.ended:
		return errEnd
	}
	c.failed = c.open(op)
	return c.failed
}

// open reads and opens chunk c.index.
func (c *chunkReader) open(op string) error {
	subject := fmt.Sprintf("chunk %d", c.index)
	if c.index >= MaxBundle/ChunkSize {
		return fault.New(fault.TooLarge, op, subject, nil)
	}
	n, err := io.ReadFull(c.r, c.sealed[:ChunkSize-c.headroom])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return readFault(op, subject, err)
	}
	if _, err = c.r.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return readFault(op, subject, err)
	}
	c.ended = err != nil
	c.plain, err = c.sealer.aead.Open(c.sealed[:0], nil, c.sealed[:n], c.sealer.at(c.index, c.ended))
	if err != nil {
		c.plain = nil
		return fault.New(fault.Corrupt, op, subject, err)
	}
	c.index++
	c.headroom = 0
	return nil
}

// some gives at least one byte and at most n, valid until the next call.
func (c *chunkReader) some(op string, n int) ([]byte, error) {
	for len(c.plain) == 0 {
		if err := c.fill(op); err != nil {
			return nil, err
		}
	}
	n = min(n, len(c.plain))
	p := c.plain[:n]
	c.plain = c.plain[n:]
	return p, nil
}

// take gives exactly n bytes, at most 255, valid until the next call. An end
// that comes too early is Corrupt.
func (c *chunkReader) take(op string, n int) ([]byte, error) {
	out := c.small[:0]
	for len(out) < n {
		p, err := c.some(op, n-len(out))
		if errors.Is(err, errEnd) {
			return nil, fault.New(fault.Corrupt, op, "bundle ends inside a record", nil)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p...)
	}
	return out, nil
}

// padding reads to the end of the bundle and accepts zeros only.
func (c *chunkReader) padding(op string) error {
	for {
		p, err := c.some(op, ChunkSize)
		if errors.Is(err, errEnd) {
			return nil
		}
		if err != nil {
			return err
		}
		if !allZero(p) {
			return fault.New(fault.Corrupt, op, "padding", nil)
		}
	}
}

// dataLength reads the length of a data record.
func (c *chunkReader) dataLength(op string) (int, error) {
	b, err := c.take(op, 4)
	if err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(b)
	if n == 0 || n > dataRecord {
		return 0, fault.New(fault.Corrupt, op, "data record length", nil)
	}
	return int(n), nil
}

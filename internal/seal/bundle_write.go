package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"jaliya/internal/fault"
)

// BundleWriter seals a series of images into one stream, with two chunks of
// memory whatever the size. After an error it gives only that error. Not for
// concurrent use.
type BundleWriter struct {
	out   chunkWriter
	parts []Part
	buf   []byte
	fixed int64 // sealed size to reach, 0 for the bucket
	done  bool
	err   error // first error, kept
}

// BundleWriter starts a bundle of this visit on w. The caller makes w durable
// after Finish. Errors: Used after Destroy, or those of w.
func (v *Visit) BundleWriter(w io.Writer) (*BundleWriter, error) { return v.bundle(w, 0) }

// FixedBundleWriter is BundleWriter for a bundle of exactly size sealed bytes,
// for documents whose size must not differ by outcome; Finish gives TooLarge
// when the parts do not fit.
func (v *Visit) FixedBundleWriter(w io.Writer, size int64) (*BundleWriter, error) {
	if _, err := fixedPlain(size); err != nil {
		return nil, err
	}
	return v.bundle(w, size)
}

func (v *Visit) bundle(w io.Writer, fixed int64) (*BundleWriter, error) {
	const op = "seal: start bundle"
	if v.keys.bundle == nil {
		return nil, fault.New(fault.Used, op, "visit is destroyed", nil)
	}
	salt := make([]byte, bundleHead-saltOffset)
	if _, err := rand.Read(salt); err != nil {
		return nil, fault.New(fault.Internal, op, "salt", err)
	}
	head := appendBundleHead(v.to, v.keyID, salt)
	sealer, err := newChunkSealer(op, &v.keys, head)
	if err != nil {
		return nil, err
	}
	b := &BundleWriter{buf: make([]byte, dataRecord), fixed: fixed}
	b.out = chunkWriter{
		w: w, sealer: sealer, whole: sha256.New(),
		plain: make([]byte, 0, ChunkSize), sealed: make([]byte, 0, ChunkSize),
	}
	b.out.sealed = append(b.out.sealed, head...)
	return b, nil
}

// Add seals one image, read to its end. Errors: Invalid for a name or type that
// is empty or over 255 bytes, TooLarge, Used after Finish, or those of r and
// of the writer below.
func (b *BundleWriter) Add(name, mediaType string, r io.Reader) (Part, error) {
	const op = "seal: add part"
	switch {
	case b.err != nil:
		return Part{}, b.err
	case b.done:
		return Part{}, fault.New(fault.Used, op, "bundle is finished", nil)
	case !labelOK(name) || !labelOK(mediaType):
		return Part{}, fault.New(fault.Invalid, op, "name or media type length", nil)
	case len(b.parts) == MaxParts:
		return Part{}, fault.New(fault.TooLarge, op, fmt.Sprintf("more than %d parts", MaxParts), nil)
	}
	p := Part{Name: name, MediaType: mediaType}
	if b.err = b.add(&p, r); b.err != nil {
		return Part{}, b.err
	}
	b.parts = append(b.parts, p)
	return p, nil
}

func labelOK(s string) bool { return s != "" && len(s) <= maxLabel }

func (b *BundleWriter) add(p *Part, r io.Reader) error {
	head := append([]byte{markBegin, byte(min(len(p.Name), maxLabel))}, p.Name...)
	head = append(append(head, byte(min(len(p.MediaType), maxLabel))), p.MediaType...)
	if err := b.out.write(head); err != nil {
		return err
	}
	digest := sha256.New()
	for {
		n, err := io.ReadFull(r, b.buf)
		if n > 0 {
			digest.Write(b.buf[:n])
			p.Size += int64(n)
			if err := b.data(b.buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return fault.New(fault.Other, "seal: read part", "", err)
		}
	}
	digest.Sum(p.Digest[:0])
	end := binary.BigEndian.AppendUint64([]byte{markEnd}, uint64(max(p.Size, 0)))
	return b.out.write(append(end, p.Digest[:]...))
}

func (b *BundleWriter) data(p []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{markData}, uint32(min(len(p), dataRecord)))
	if err := b.out.write(head); err != nil {
		return err
	}
	return b.out.write(p)
}

// Finish pads the bundle to its size, seals the last chunk and says what the
// bundle is. Errors: TooLarge, Used when called again, or those of the writer
// below; after an error the bytes written so far are to be thrown away.
func (b *BundleWriter) Finish() (BundleInfo, error) {
	const op = "seal: finish bundle"
	if b.err != nil {
		return BundleInfo{}, b.err
	}
	if b.done {
		return BundleInfo{}, fault.New(fault.Used, op, "bundle is finished", nil)
	}
	b.done = true
	if b.err = b.finish(op); b.err != nil {
		return BundleInfo{}, b.err
	}
	clear(b.buf)
	info := BundleInfo{
		Size: b.out.size, ChunkSize: ChunkSize, ChunkDigests: b.out.digests, Parts: b.parts,
	}
	b.out.whole.Sum(info.Address[:0])
	return info, nil
}

func (b *BundleWriter) finish(op string) error {
	if err := b.out.write([]byte{markStop}); err != nil {
		return err
	}
	target := Bucket(b.out.taken, BundleFloor)
	if b.fixed != 0 {
		var err error
		if target, err = fixedPlain(b.fixed); err != nil {
			return err
		}
	}
	if b.out.taken > target {
		return fault.New(fault.TooLarge, op, fmt.Sprintf("%d bytes into %d", b.out.taken, target), nil)
	}
	clear(b.buf)
	for b.out.taken < target {
		if err := b.out.write(b.buf[:min(target-b.out.taken, dataRecord)]); err != nil {
			return err
		}
	}
	return b.out.flush(true)
}

// fixedPlain gives the plaintext that exactly fills a sealed size.
func fixedPlain(size int64) (int64, error) {
	chunks := int64(Chunks(size))
	plain := size - bundleHead - chunks*gcmOverhead
	if size > MaxBundle || plain < 1 || size-(chunks-1)*ChunkSize <= gcmOverhead {
		return 0, fault.New(fault.Invalid, "seal: fixed bundle", fmt.Sprintf("size %d", size), nil)
	}
	return plain, nil
}

// chunkWriter cuts plaintext into chunks. A full chunk is held back until more
// comes, because the last one is sealed as the last.
type chunkWriter struct {
	w       io.Writer
	sealer  *chunkSealer
	plain   []byte // of the chunk being filled
	sealed  []byte // before chunk 0: the head
	taken   int64  // plaintext so far
	size    int64  // sealed bytes written
	digests [][32]byte
	whole   hash.Hash
}

func (c *chunkWriter) room() int { return ChunkSize - gcmOverhead - len(c.sealed) - len(c.plain) }

func (c *chunkWriter) write(p []byte) error {
	for len(p) > 0 {
		if c.room() == 0 {
			if err := c.flush(false); err != nil {
				return err
			}
		}
		n := min(len(p), c.room())
		c.plain = append(c.plain, p[:n]...)
		c.taken += int64(n)
		p = p[n:]
	}
	return nil
}

// flush seals the chunk being filled and writes it. c.sealed is empty again
// afterwards; before chunk 0 it holds the head.
func (c *chunkWriter) flush(last bool) error {
	const op = "seal: write bundle"
	if c.size+ChunkSize > MaxBundle {
		return fault.New(fault.TooLarge, op, "bundle", nil)
	}
	out := gcmSeal(c.sealer.aead, c.sealed, c.plain, c.sealer.at(uint64(len(c.digests)), last))
	clear(c.plain)
	c.plain, c.sealed = c.plain[:0], out[:0]
	c.whole.Write(out)
	c.digests = append(c.digests, sha256.Sum256(out))
	c.size += int64(len(out))
	if n, err := c.w.Write(out); err != nil || n != len(out) {
		if err == nil {
			err = io.ErrShortWrite
		}
		return fault.New(fault.Other, op, fmt.Sprintf("chunk %d", len(c.digests)-1), err)
	}
	return nil
}

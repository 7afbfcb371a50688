package ship

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// Sizes of the chunks on the road, in bytes. They need not be those of the
// seal: the hub proves each by the offer and the whole by its address.
const (
	leastChunk = 16 << 10
	mostChunk  = 128 << 10
	goodChunks = 128 // a cut costs less than one part in as many
)

// upload sends the chunks of one bundle that the hub lacks, and notes durably
// that it has them; stored with an error says that noting failed. A cut costs
// at most one chunk, because the hub keeps what it has verified.
func (s *Ship) upload(ctx context.Context, session *link.Session, digest wire.Digest) (stored bool, err error) {
	image, err := s.cfg.Journal.Image(digest)
	if err != nil {
		return false, fault.New(fault.Corrupt, "ship: upload", digest.String(), err)
	}
	file, err := s.cfg.Journal.OpenBundle(digest)
	if err != nil {
		return false, damaged(digest, err)
	}
	take := func(n int) error { return s.pace.take(ctx, n) }
	err = carry(ctx, session, sealed{file, image.Offer(digest), take})
	if err = errors.Join(err, file.Close()); err != nil {
		return false, err
	}
	s.cfg.Metrics.uploaded(image.Size)
	return true, s.cfg.Journal.MarkStored(digest)
}

// damaged speaks of a bundle that this machine cannot read. It is not the
// journal: the process stays, and people look.
func damaged(digest wire.Digest, err error) error {
	return fault.New(fault.Corrupt, "ship: read bundle", digest.String(), err)
}

// sealed is a bundle that is to be carried; take is asked before each chunk.
type sealed struct {
	file *os.File
	of   wire.Offer
	take func(int) error
}

func carry(ctx context.Context, session *link.Session, b sealed) error {
	offer, err := cut(b.file, b.of)
	if err != nil {
		return err
	}
	stream, err := session.OpenStream(ctx)
	if err != nil {
		return err
	}
	b.of = offer
	if err := exchange(stream, b); err != nil {
		stream.Abort(link.CodeCanceled)
		return err
	}
	return stream.Close() //nolint:contextcheck // the stream has its own
}

// cut makes the offer anew, with chunks small enough that a cut of a slow link
// costs little. It reads the bundle once and proves that it is what its name
// says.
func cut(file io.ReaderAt, of wire.Offer) (wire.Offer, error) {
	offer := of
	offer.ChunkSize, offer.Chunks = chunkSize(of.Size), nil
	whole, buf := sha256.New(), make([]byte, offer.ChunkSize)
	r := io.NewSectionReader(file, 0, int64(of.Size)) //nolint:gosec // at most 2^30
	for {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			sum := sha256.Sum256(buf[:n])
			offer.Chunks = append(offer.Chunks, sum[:]...)
			whole.Write(buf[:n])
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return offer, damaged(of.Digest, err)
		}
	}
	if wire.Digest(whole.Sum(nil)) != of.Digest {
		return offer, damaged(of.Digest, nil)
	}
	return offer, offer.Validate()
}

// chunkSize is a multiple of 4 KiB.
func chunkSize(size uint64) uint32 {
	part := (size/goodChunks + 4095) &^ 4095
	return uint32(min(mostChunk, max(leastChunk, part)))
}

// exchange offers, sends what is wanted, and returns when the hub has it all.
func exchange(stream *link.Stream, b sealed) error {
	offer := b.of
	const op = "ship: upload"
	broke := stream.WriteFrame(byte(wire.FrameOffer), wire.Marshal(offer))
	for wants := 0; ; {
		// Also after a write that failed: the hub may have said why.
		kind, payload, err := stream.ReadFrame(limit)
		if err != nil {
			return errors.Join(broke, err)
		}
		switch wire.FrameType(kind) { //nolint:exhaustive // the rest is not for a node
		case wire.FrameStored:
			if string(payload) != string(offer.Digest[:]) {
				return fault.New(fault.Unsupported, op, "stored another bundle", nil)
			}
			return nil
		case wire.FrameWant:
			var w wire.Want
			if err := wire.Unmarshal(payload, len(payload), &w); err != nil || wants > 0 {
				return fault.New(fault.Unsupported, op, "want", err)
			}
			wants++
			if broke, err = sendChunks(stream, b, w.Missing); err != nil {
				return err
			}
		case wire.FrameRefusal:
			var r wire.Refusal
			if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
				return fault.New(fault.Unsupported, op, "refusal", err)
			}
			return theirs(r, op)
		default:
			return fault.New(fault.Unsupported, op, "frame type", nil)
		}
	}
}

// sendChunks gives what broke on the link apart from what is wrong here.
func sendChunks(stream *link.Stream, b sealed, missing wire.Bitmap) (broke, err error) {
	offer := b.of
	buf := make([]byte, offer.ChunkSize)
	for i := range offer.Count() {
		if !missing.Has(i) {
			continue
		}
		n, err := b.file.ReadAt(buf, int64(i)*int64(offer.ChunkSize))
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, damaged(offer.Digest, err)
		}
		if err := b.take(n); err != nil {
			return nil, err
		}
		if err := stream.WriteFrame(byte(wire.FrameChunk), wire.ChunkFrame(i, buf[:n])); err != nil {
			return err, nil
		}
	}
	return nil, nil
}

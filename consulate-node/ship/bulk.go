package ship

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// parallelUploads is how many bundles are on the way at once on one bulk
// connection, so that small ones do not each wait a round trip.
const parallelUploads = 3

// bulk uploads the bundles that the hub lacks, oldest entry first, while a
// control session stands.
func (s *Ship) bulk(ctx context.Context) error {
	for {
		changed := s.cfg.Journal.Changed()
		digests, _, err := s.cfg.Journal.Unstored(64)
		if err != nil {
			return err
		}
		if len(digests) == 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
			}
			continue
		}
		if err := s.awaitFollowing(ctx); err != nil {
			return nil //nolint:nilerr // the node stops
		}
		if err := s.uploadAll(ctx, digests); err != nil {
			if fault.Is(err, fault.Storage) {
				return err
			}
			s.cfg.Logger.Warn("upload interrupted", "kind", fault.KindOf(err).String(), "error", err)
			if !pause(ctx, Probe+s.core.jitter(Probe)) {
				return nil
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (s *Ship) uploadAll(ctx context.Context, digests []wire.Digest) error {
	session, err := s.cfg.Dial(ctx, link.ALPNBulk)
	if err != nil {
		return err
	}
	defer session.CloseWithReason(link.CodeDone, "")
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelUploads)
	for _, d := range digests {
		g.Go(func() error { return s.upload(ctx, session, d) })
	}
	return g.Wait()
}

// upload sends the chunks of one bundle that the hub lacks. A cut at any byte
// costs at most one chunk, because the hub keeps what it has verified.
func (s *Ship) upload(ctx context.Context, session *link.Session, digest wire.Digest) error {
	image, err := s.cfg.Journal.Image(digest)
	if err != nil {
		return err
	}
	file, err := s.cfg.Journal.OpenBundle(digest)
	if err != nil {
		return err
	}
	stream, err := session.OpenStream(ctx)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	offer := image.Offer(digest)
	err = s.exchange(stream, file, offer)
	if err != nil {
		stream.Abort(link.CodeCanceled)
		return errors.Join(err, file.Close())
	}
	if err := errors.Join(stream.Close(), file.Close()); err != nil {
		return err
	}
	s.cfg.Metrics.uploaded(offer.Size)
	return s.cfg.Journal.MarkStored(digest)
}

func (s *Ship) exchange(stream *link.Stream, file *os.File, offer wire.Offer) error {
	const op = "ship: upload"
	if err := stream.WriteFrame(byte(wire.FrameOffer), wire.Marshal(offer)); err != nil {
		return err
	}
	for {
		kind, payload, err := stream.ReadFrame(limit)
		if err != nil {
			return err
		}
		switch wire.FrameType(kind) {
		case wire.FrameStored:
			if string(payload) != string(offer.Digest[:]) {
				return fault.New(fault.Corrupt, op, offer.Digest.String(), nil)
			}
			return nil
		case wire.FrameWant:
			var w wire.Want
			if err := wire.Unmarshal(payload, len(payload), &w); err != nil {
				return err
			}
			if err := sendChunks(stream, file, offer, w.Missing); err != nil {
				return err
			}
		case wire.FrameRefusal:
			var r wire.Refusal
			if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
				return err
			}
			return r.Err(op)
		default:
			return fault.New(fault.Unsupported, op, "frame type", nil)
		}
	}
}

func sendChunks(stream *link.Stream, file *os.File, offer wire.Offer, missing wire.Bitmap) error {
	const op = "ship: read chunk"
	buf := make([]byte, offer.ChunkSize)
	for i := range offer.Count() {
		if !missing.Has(i) {
			continue
		}
		n, err := file.ReadAt(buf, int64(i)*int64(offer.ChunkSize))
		if err != nil && !errors.Is(err, io.EOF) {
			return fault.New(fault.Storage, op, offer.Digest.String(), err)
		}
		if err := stream.WriteFrame(byte(wire.FrameChunk), wire.ChunkFrame(i, buf[:n])); err != nil {
			return err
		}
	}
	return nil
}

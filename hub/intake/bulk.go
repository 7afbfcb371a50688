package intake

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"jaliya/hub/vault"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// bulk is one bulk session of a node.
type bulk struct {
	*Intake
	node    wire.NodeID
	batches chan struct{} // holds a token while a stream of it brings batches
}

// Bulk serves one bulk session: each stream brings one bundle into the vault, and
// one of them batches of a long backlog to the node's control session.
func (i *Intake) Bulk(ctx context.Context, session *link.Session) error {
	node, err := i.nodeOf(session)
	if err != nil {
		i.cfg.Metrics.refusal(fault.KindOf(err).String())
		return err
	}
	b := &bulk{Intake: i, node: node.ID, batches: make(chan struct{}, 1)}
	var uploads sync.WaitGroup
	defer uploads.Wait()
	// A read does not end by itself: the end of ctx ends the session.
	defer context.AfterFunc(ctx, func() { session.CloseWithReason(link.CodeStopping, link.CodeStopping.String()) })()
	for {
		stream, err := session.AcceptStream(ctx)
		if err != nil {
			return err
		}
		uploads.Go(func() { //nolint:contextcheck // a stream has its own
			if err := b.takeBundle(stream); err != nil {
				i.cfg.Logger.Info("upload ended", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
				i.cfg.Metrics.refusal(fault.KindOf(err).String())
			}
		})
	}
}

// takeBundle brings one bundle in and ends its stream. Close delivers what was
// written last, stored or the reason, and stops what still comes.
func (b *bulk) takeBundle(stream *link.Stream) error {
	err := b.take(stream)
	if broken(err) {
		stream.Abort(link.CodeFor(err))
		return err
	}
	if err != nil {
		err = errors.Join(err, stream.WriteFrame(byte(wire.FrameRefusal), wire.Marshal(wire.RefusalOf(err, nil))))
	}
	return errors.Join(err, stream.Close())
}

// broken tells a link that ended, over which nothing can be said, from a
// bundle that is refused.
func broken(err error) bool {
	switch fault.KindOf(err) { //nolint:exhaustive // all others are refusals
	case fault.Unavailable, fault.Timeout:
		return true
	}
	return false
}

// take reads an offer, asks for the chunks that are missing, and answers stored
// only after the vault has the whole object on disk under its name.
func (b *bulk) take(stream *link.Stream) (err error) {
	const op = "intake: take bundle"
	kind, payload, err := stream.ReadFrame(limit)
	if errors.Is(err, io.EOF) {
		return fault.New(fault.Unavailable, op, "the node ended the upload", nil)
	}
	if err != nil {
		return err
	}
	var offer wire.Offer
	if wire.FrameType(kind) == wire.FrameBatch {
		return b.onlyLane(stream, payload)
	}
	if wire.FrameType(kind) != wire.FrameOffer {
		return fault.New(fault.Unsupported, op, "frame type", nil)
	}
	if err := wire.Unmarshal(payload, len(payload), &offer); err != nil {
		return err
	}
	u, err := b.cfg.Vault.Begin(offer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.End()) }()
	if !u.Stored() {
		if err := b.takeChunks(stream, u); err != nil {
			return err
		}
		b.cfg.Metrics.stored(offer.Size)
	}
	return stream.WriteFrame(byte(wire.FrameStored), offer.Digest[:])
}

// onlyLane takes batches over one stream at a time: each holds a batch in memory
// while that waits for its turn, and a node is bounded by its connections.
func (b *bulk) onlyLane(stream *link.Stream, payload []byte) error {
	select {
	case b.batches <- struct{}{}:
	default:
		return fault.New(fault.Full, "intake: take batches", "a second stream of one connection", nil)
	}
	defer func() { <-b.batches }()
	return b.lane(stream, b.node, payload)
}

func (i *Intake) takeChunks(stream *link.Stream, u *vault.Upload) error {
	const op = "intake: take chunks"
	missing := u.Missing()
	want := wire.Want{Missing: missing}
	if err := stream.WriteFrame(byte(wire.FrameWant), wire.Marshal(want)); err != nil {
		return err
	}
	for range missing.Count() {
		kind, payload, err := stream.ReadFrame(limit)
		if errors.Is(err, io.EOF) {
			return fault.New(fault.Unavailable, op, "the node ended the upload", nil)
		}
		if err != nil {
			return err
		}
		if wire.FrameType(kind) != wire.FrameChunk {
			return fault.New(fault.Unsupported, op, "frame type", nil)
		}
		index, sealed, err := wire.ParseChunk(payload)
		if err == nil {
			err = u.WriteChunk(index, sealed)
		}
		if err != nil {
			return err
		}
	}
	return u.Commit()
}

// limit gives the cap of a frame type in the form that package link asks for.
func limit(kind byte) int {
	if n := wire.FrameType(kind).Limit(); n > 0 {
		return n
	}
	return link.UnknownType
}

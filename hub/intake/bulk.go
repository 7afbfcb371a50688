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

// Bulk serves one bulk session: each stream brings one bundle into the vault, or
// batches of a long backlog to the node's control session.
func (i *Intake) Bulk(ctx context.Context, session *link.Session) error {
	node, err := i.nodeOf(session)
	if err != nil {
		i.cfg.Metrics.refusal(fault.KindOf(err).String())
		return err
	}
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
			if err := i.takeBundle(stream, node.ID); err != nil {
				i.cfg.Logger.Info("upload ended", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
				i.cfg.Metrics.refusal(fault.KindOf(err).String())
			}
		})
	}
}

// takeBundle brings one bundle in and ends its stream. Close delivers what was
// written last, stored or the reason, and stops what still comes.
func (i *Intake) takeBundle(stream *link.Stream, node wire.NodeID) error {
	err := i.take(stream, node)
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
func (i *Intake) take(stream *link.Stream, node wire.NodeID) (err error) {
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
		return i.lane(stream, node, payload)
	}
	if wire.FrameType(kind) != wire.FrameOffer {
		return fault.New(fault.Unsupported, op, "frame type", nil)
	}
	if err := wire.Unmarshal(payload, len(payload), &offer); err != nil {
		return err
	}
	u, err := i.cfg.Vault.Begin(offer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.End()) }()
	if !u.Stored() {
		if err := i.takeChunks(stream, u); err != nil {
			return err
		}
		i.cfg.Metrics.stored(offer.Size)
	}
	return stream.WriteFrame(byte(wire.FrameStored), offer.Digest[:])
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

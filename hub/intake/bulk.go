package intake

import (
	"context"
	"errors"
	"io"
	"sync"

	"jaliya/hub/vault"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// Bulk serves one bulk session: each stream brings one bundle into the vault.
func (i *Intake) Bulk(ctx context.Context, session *link.Session) error {
	if _, err := i.nodeOf(session); err != nil {
		i.cfg.Metrics.refusal(fault.KindOf(err).String())
		return err
	}
	var uploads sync.WaitGroup
	defer uploads.Wait()
	for {
		stream, err := session.AcceptStream(ctx)
		if err != nil {
			return err
		}
		uploads.Go(func() {
			err := i.takeBundle(stream)
			if err == nil {
				err = stream.Close()
			}
			if err != nil {
				i.cfg.Logger.Info("upload ended", "kind", fault.KindOf(err).String(), "error", err)
				stream.Abort(link.CodeFor(err))
			}
		})
	}
}

// takeBundle reads an offer, asks for the chunks that are missing, and answers
// stored only after the vault has the whole object on disk under its name.
func (i *Intake) takeBundle(stream *link.Stream) (err error) {
	const op = "intake: take bundle"
	kind, payload, err := stream.ReadFrame(limit)
	if err != nil {
		return err
	}
	var offer wire.Offer
	if wire.FrameType(kind) != wire.FrameOffer {
		return fault.New(fault.Unsupported, op, "frame type", nil)
	}
	if err := wire.Unmarshal(payload, len(payload), &offer); err != nil {
		return err
	}
	u, err := i.cfg.Vault.Begin(offer)
	if err != nil {
		return errors.Join(err, refuse(stream, err))
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
			return errors.Join(err, refuse(stream, err))
		}
	}
	if err := u.Commit(); err != nil {
		return errors.Join(err, refuse(stream, err))
	}
	return nil
}

func refuse(stream *link.Stream, err error) error {
	return stream.WriteFrame(byte(wire.FrameRefusal), wire.Marshal(wire.RefusalOf(err, nil)))
}

// limit gives the cap of a frame type in the form that package link asks for.
func limit(kind byte) int {
	if n := wire.FrameType(kind).Limit(); n > 0 {
		return n
	}
	return link.UnknownType
}

package intake

import (
	"context"
	"errors"
	"io"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// listen reads the conversation: heartbeats, notice cursors, and the node's own
// refusal.
func (s *session) listen(ctx context.Context) error {
	const op = "intake: listen"
	s.talk.SetPatience(link.Forever)
	for {
		kind, payload, err := s.talk.ReadFrame(limit)
		switch {
		case errors.Is(err, io.EOF):
			return errEnded
		case err != nil:
			return s.unreadable(ctx, err)
		}
		s.heard.Store(s.cfg.Now().UnixNano())
		switch wire.FrameType(kind) { //nolint:exhaustive // the rest is not for the hub
		case wire.FramePing:
			err = s.pong(ctx, payload)
		case wire.FramePong:
			err = s.ponged(payload)
		case wire.FrameReport:
			s.reported(payload)
		case wire.FrameNoticeCursor:
			err = s.noticeStored(ctx, payload)
		case wire.FrameRefusal:
			return s.refusedBy(ctx, payload)
		default:
			err = fault.New(fault.Unsupported, op, "frame type", nil)
		}
		if err != nil {
			return s.refuse(ctx, err)
		}
	}
}

// unreadable tells the node when a frame is none that it may send. A link that
// broke cannot be told.
func (s *session) unreadable(ctx context.Context, err error) error {
	if k := fault.KindOf(err); k == fault.Unsupported || k == fault.TooLarge {
		return s.refuse(ctx, err)
	}
	return err
}

// refusedBy hears a node say that what the hub told it does not hold. A fork
// that only the node can see is one all the same.
func (s *session) refusedBy(ctx context.Context, payload []byte) error {
	const op = "intake: hear refusal"
	var r wire.Refusal
	if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
		return s.refuse(ctx, err)
	}
	err := error(fault.New(r.Kind, op, "by the node", nil))
	if r.Kind == fault.Fork {
		err = s.fence(ctx, s.shown[len(s.shown)-1], ledger.SeenByNode, err)
	}
	return err
}

func (s *session) pong(ctx context.Context, payload []byte) error {
	var p wire.Ping
	if err := wire.Unmarshal(payload, len(payload), &p); err != nil {
		return err
	}
	answer := wire.Pong{Counter: p.Counter, Asked: p.Time, Time: s.cfg.Now().UnixMilli()}
	return s.put(ctx, outgoing{kind: wire.FramePong, payload: wire.Marshal(answer)})
}

func (s *session) noticeStored(ctx context.Context, payload []byte) error {
	var c wire.NoticeCursor
	if err := wire.Unmarshal(payload, len(payload), &c); err != nil {
		return err
	}
	select {
	case s.acked <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// takeBatches reads the second stream: batches, in order.
func (s *session) takeBatches(ctx context.Context, stream *link.Stream) error {
	const op = "intake: take batches"
	stream.SetPatience(link.Forever)
	for {
		select {
		case s.flights <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		kind, payload, err := stream.ReadFrame(limit)
		switch {
		case errors.Is(err, io.EOF):
			return errEnded
		case err != nil:
			return s.unreadable(ctx, err)
		case wire.FrameType(kind) != wire.FrameBatch:
			err = fault.New(fault.Unsupported, op, "frame type", nil)
		default:
			s.heard.Store(s.cfg.Now().UnixNano())
			err = s.batch(ctx, payload)
		}
		if err != nil {
			return s.refuse(ctx, err)
		}
	}
}

// batch proves a batch and hands it to the proposer.
func (s *session) batch(ctx context.Context, payload []byte) error {
	const op = "intake: take batch"
	received, err := wire.DecodeBatch(payload)
	if err != nil {
		return err
	}
	if received.Node != s.node.ID {
		return fault.New(fault.Denied, op, "entries of another node", nil)
	}
	if received.Session != s.number {
		return fault.New(fault.Stale, op, "session", nil)
	}
	verified, err := received.Verify(s.key)
	if err != nil {
		return err
	}
	if err := s.imagesStored(verified); err != nil {
		return err
	}
	weight := int64(len(payload))
	if err := s.room.Acquire(ctx, weight); err != nil {
		return err
	}
	item := Item{
		Node: s.node.ID, Batch: ledger.AdmitOf(received, verified), Size: len(payload) + 64,
		Done: func(r ledger.BatchResult, err error) {
			s.room.Release(weight)
			s.answer(r, err)
		},
	}
	select {
	case s.admitter.in <- item:
		return nil
	case <-ctx.Done():
		s.room.Release(weight)
		return ctx.Err()
	}
}

// missingImageError says which bundle the vault lacks, so that the node uploads it
// again.
type missingImageError struct{ digest wire.Digest }

func (m missingImageError) Error() string {
	return "image " + m.digest.String() + " is not in the vault"
}

// imagesStored makes sure that every image is durable before the entry that
// names it is proposed (D45).
func (i *Intake) imagesStored(v wire.VerifiedBatch) error {
	const op = "intake: check images"
	for _, e := range v.Entries {
		for _, image := range e.Header.Images {
			has, err := i.cfg.Vault.Has(image.Digest, image.Size)
			if err != nil {
				return err
			}
			if !has {
				return fault.New(fault.NotFound, op, e.At.String(), missingImageError{image.Digest})
			}
		}
	}
	return nil
}

// answer hands the receipts of a batch to the writer, or ends the session with
// the reason. An unknown outcome ends it too: the node sends again, and the
// ledger decides. It is called by the admitter and never waits: each flight has
// its place in decided, whether anybody still reads it or not.
func (s *session) answer(r ledger.BatchResult, err error) {
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		p := parting{err: err}
		if r.Resume.Node == s.node.ID {
			p.resume = &r.Resume
		}
		s.part(p)
		return
	}
	s.decided <- outgoing{receipts: r.Receipts}
}

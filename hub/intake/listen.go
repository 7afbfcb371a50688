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

// batch proves a batch of the session's own stream and puts it in its place.
func (s *session) batch(ctx context.Context, payload []byte) error {
	received, err := wire.DecodeBatch(payload)
	if err != nil {
		return err
	}
	b, err := s.prove(received, len(payload))
	if err != nil {
		return err
	}
	return s.arrive(ctx, b, true)
}

func (s *session) prove(received wire.ReceivedBatch, size int) (proved, error) {
	const op = "intake: take batch"
	if received.Node != s.node.ID {
		return proved{}, fault.New(fault.Denied, op, "entries of another node", nil)
	}
	if received.Session != s.number {
		return proved{}, fault.New(fault.Stale, op, "session", nil)
	}
	verified, err := received.Verify(s.key)
	if err != nil {
		return proved{}, err
	}
	return proved{received: received, verified: verified, size: size}, s.imagesStored(verified)
}

// admit hands a batch whose turn it is to the proposer; granted says that it has
// its token among those under way.
func (s *session) admit(ctx context.Context, b proved, granted bool) error {
	if !granted {
		select {
		case s.flights <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	weight := int64(b.size)
	if err := s.room.Acquire(ctx, weight); err != nil {
		return err
	}
	select {
	case s.admitter.in <- s.item(b):
		return nil
	case <-ctx.Done():
		s.room.Release(weight)
		return ctx.Err()
	}
}

// tryAdmit is admit for a batch that has its token, and waits for nothing.
func (s *session) tryAdmit(b proved) bool {
	weight := int64(b.size)
	if !s.room.TryAcquire(weight) {
		return false
	}
	select {
	case s.admitter.in <- s.item(b):
		return true
	default:
		s.room.Release(weight)
		return false
	}
}

// item makes what the proposer is handed of a batch that has its room.
func (s *session) item(b proved) Item {
	return Item{
		Node: s.node.ID, Batch: ledger.AdmitOf(b.received, b.verified), Size: b.size + 64,
		Done: func(r ledger.BatchResult, err error) {
			s.room.Release(int64(b.size))
			s.answer(r, err)
		},
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

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

// listen reads the conversation: heartbeats and notice cursors.
func (s *session) listen(ctx context.Context) error {
	const op = "intake: listen"
	s.talk.SetPatience(link.Forever)
	for {
		kind, payload, err := s.talk.ReadFrame(limit)
		switch {
		case errors.Is(err, io.EOF):
			return errEnded
		case err != nil:
			return err
		}
		switch wire.FrameType(kind) { //nolint:exhaustive // the rest is not for the hub
		case wire.FramePing:
			err = s.pong(ctx, payload)
		case wire.FramePong:
		case wire.FrameNoticeCursor:
			err = s.noticeStored(ctx, payload)
		default:
			err = fault.New(fault.Unsupported, op, "frame type", nil)
		}
		if err != nil {
			return s.refuse(ctx, err)
		}
	}
}

// refuse hands the reason to the writer, which ends the session.
func (s *session) refuse(ctx context.Context, err error) error {
	if perr := s.put(ctx, outgoing{final: err}); perr != nil {
		return errors.Join(err, perr)
	}
	<-ctx.Done()
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
func (s *session) takeBatches(ctx context.Context) error {
	const op = "intake: take batches"
	stream, err := s.link.AcceptStream(ctx)
	if err != nil {
		return err
	}
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
			return err
		case wire.FrameType(kind) != wire.FrameBatch:
			err = fault.New(fault.Unsupported, op, "frame type", nil)
		default:
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
	item := Item{
		Node: s.node.ID, Batch: ledger.AdmitOf(received, verified), Size: len(payload) + 64,
		Done: func(r ledger.BatchResult, err error) { s.decided(ctx, r, err) },
	}
	select {
	case s.admitter.in <- item:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// missingImage says which bundle the vault lacks, so that the node uploads it
// again.
type missingImage struct{ digest wire.Digest }

func (m missingImage) Error() string { return "image " + m.digest.String() + " is not in the vault" }

// imagesStored makes sure that every image is durable before the entry that
// names it is proposed (D45).
func (s *session) imagesStored(v wire.VerifiedBatch) error {
	const op = "intake: check images"
	for _, e := range v.Entries {
		for _, image := range e.Header.Images {
			has, err := s.cfg.Vault.Has(image.Digest, image.Size)
			if err != nil {
				return err
			}
			if !has {
				return fault.New(fault.NotFound, op, e.At.String(), missingImage{image.Digest})
			}
		}
	}
	return nil
}

// decided sends the receipts of a batch, or ends the session with the reason.
// An unknown outcome ends it too: the node sends again, and the ledger decides.
func (s *session) decided(ctx context.Context, r ledger.BatchResult, err error) {
	if err == nil {
		err = r.Err()
	}
	o := outgoing{receipts: r.Receipts, landed: true}
	if err != nil {
		o = outgoing{final: err}
	}
	if perr := s.put(ctx, o); perr != nil {
		s.cfg.Logger.Debug("answer not sent", "error", perr)
	}
}

// tell sends the post its notices, one batch at a time, each after the node has
// stored the one before.
func (s *session) tell(ctx context.Context) error {
	for {
		_, changed := s.cfg.State.Watch()
		after, raw, err := s.cfg.State.NoticesAfter(s.node.Post, s.notices.Seq, noticesAtOnce)
		if err == nil && len(raw) > 0 && after != s.notices {
			err = fault.New(fault.Fork, "intake: tell", "notice cursor", nil)
		}
		if err != nil {
			return s.refuse(ctx, err)
		}
		if len(raw) == 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-changed:
				continue
			}
		}
		raw = fitNotices(raw)
		sealed := wire.SealNotices(s.node.Post, s.notices, raw, s.cfg.Signer)
		if err := s.put(ctx, outgoing{kind: wire.FrameNotices, payload: sealed}); err != nil {
			return err
		}
		for _, one := range raw {
			s.notices = s.notices.Next(one)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case stored := <-s.acked:
			if stored != s.notices {
				return s.refuse(ctx, fault.New(fault.Fork, "intake: tell", "notice cursor", nil))
			}
		}
	}
}

// fitNotices keeps as many as go into one frame, at least one.
func fitNotices(raw [][]byte) [][]byte {
	total := 0
	for n, one := range raw {
		if total += len(one) + 8; total > wire.MaxNoticeBatch-512 && n > 0 {
			return raw[:n]
		}
	}
	return raw
}

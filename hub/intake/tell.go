package intake

import (
	"context"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

const (
	// noticeBytes is how much of notices goes at once. They share a stream with
	// the heartbeat, which must not wait for seconds on a slow link.
	noticeBytes = 16 << 10
	// noticePause gathers: the state changes far more often than one post hears
	// of it.
	noticePause = 20 * time.Millisecond
)

// tell sends the post its notices, one batch at a time, each after the node has
// stored the one before.
func (s *session) tell(ctx context.Context) error {
	const op = "intake: tell"
	for {
		_, changed := s.cfg.State.Watch()
		after, raw, err := s.cfg.State.NoticesAfter(s.node.Post, s.notices.Seq, noticesAtOnce)
		if err == nil && len(raw) > 0 && after != s.notices {
			err = fault.New(fault.Fork, op, "notice cursor", nil)
		}
		if err != nil {
			return s.refuse(ctx, err)
		}
		if len(raw) == 0 {
			if err := gather(ctx, changed); err != nil {
				return err
			}
			continue
		}
		if err := s.tellSome(ctx, fitNotices(raw)); err != nil {
			return err
		}
	}
}

func (s *session) tellSome(ctx context.Context, raw [][]byte) error {
	sealed := wire.SealNotices(s.node.Post, s.notices, raw, s.cfg.Signer())
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
			return s.refuse(ctx, fault.New(fault.Invalid, "intake: tell", "notice cursor", nil))
		}
		return nil
	}
}

// gather waits for the next change, and a moment longer for those that follow.
func gather(ctx context.Context, changed <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	}
	return pause.For(ctx, noticePause)
}

// fitNotices keeps as many as go together, at least one.
func fitNotices(raw [][]byte) [][]byte {
	total := 0
	for n, one := range raw {
		if total += len(one) + 8; total > noticeBytes && n > 0 {
			return raw[:n]
		}
	}
	return raw
}

package intake

import (
	"context"
	"time"

	"jaliya/internal/checkpoint"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

// vouchEvery is how often a node that stays is shown how far the log has come.
const vouchEvery = time.Hour

// vouch shows a node that stays the log as it is by then. The welcome showed it
// first.
func (s *session) vouch(ctx context.Context) error {
	for s.vouches {
		if err := pause.For(ctx, vouchEvery); err != nil {
			return err
		}
		p, err := s.logProof()
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		if err := s.put(ctx, outgoing{kind: wire.FrameCheckpoint, payload: wire.Marshal(*p)}); err != nil {
			return err
		}
	}
	return nil
}

// logProof signs the log as it is now and proves that it begins with the one of
// which the node keeps a checkpoint (D50): 71 posts hold what a hub that rewrote its
// history would have to change. That the node has seen more than there is it finds
// by itself. It is nil for a node, or at a level, of before.
func (s *session) logProof() (*wire.LogProof, error) {
	if !s.vouches {
		return nil, nil //nolint:nilnil // nothing to show is no error
	}
	size, root, err := s.cfg.State.Root()
	if err != nil || size == 0 {
		return nil, err
	}
	cluster, err := s.cfg.State.Cluster()
	if err != nil {
		return nil, err
	}
	var p wire.LogProof
	if s.kept > 0 && s.kept < size {
		if p.Proof, err = s.cfg.State.Consistency(s.kept, size); err != nil {
			return nil, err
		}
	}
	at := checkpoint.Checkpoint{Origin: checkpoint.Origin(cluster.ID), Size: size, Root: root}
	if p.Note, err = checkpoint.Sign(at, s.cfg.Signer()); err != nil {
		return nil, err
	}
	s.kept = size
	return &p, nil
}

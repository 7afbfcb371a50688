package ship

import (
	"context"
	"errors"
	"strconv"

	"jaliya/consulate-node/journal"
	"jaliya/internal/checkpoint"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// vouched hears how far the log has come while a session lasts.
func (l *loop) vouched(ctx context.Context, payload []byte) error {
	shown, err := wire.DecodeLogProof(payload)
	if err == nil {
		err = l.proveLog(&shown)
	}
	if err != nil {
		return l.broken(ctx, err)
	}
	return l.step(ctx, Event{Kind: Alive})
}

// proveLog makes sure that the national log still begins with what this post was
// shown before, and keeps the newer checkpoint (D50). A hub that cannot prove it has
// another history, put back or rewritten: that is a fork, and nothing is sent until
// people decide. A post that keeps a checkpoint is not content without a proof.
func (l *loop) proveLog(shown *wire.LogProof) error {
	const op = "ship: compare the national log"
	kept, err := l.cfg.Journal.Kept()
	if err != nil {
		return err
	}
	if shown == nil {
		if kept.Size > 0 {
			return fault.New(fault.Fork, op, "", errors.New("the hub shows no checkpoint any more"))
		}
		return nil // a hub of before
	}
	id, err := l.cfg.Journal.Identity()
	if err != nil {
		return err
	}
	now, err := checkpoint.Open(shown.Note, checkpoint.Origin(id.Cluster), l.cfg.Keys().List()...)
	if err != nil {
		return err
	}
	older := checkpoint.Checkpoint{Origin: now.Origin, Size: kept.Size, Root: kept.Root}
	if err := now.Extends(older, shown.Proof); err != nil {
		return fault.New(fault.Fork, op, strconv.FormatUint(now.Size, 10)+" leaves", err)
	}
	if now.Size == kept.Size {
		return nil
	}
	return l.cfg.Journal.Keep(journal.Kept{Size: now.Size, Root: now.Root, Note: shown.Note})
}

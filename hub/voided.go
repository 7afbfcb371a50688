package hub

import (
	"context"
	"log/slog"
	"time"

	"jaliya/hub/gateway/records"
	"jaliya/hub/ledger"
	"jaliya/hub/rpc"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Voided implements rpc.Member. The list is as old as the last time that every
// office was asked: what this member does not know it does not call good. Where no
// office is connected nothing can be revoked.
func (h *Hub) Voided(context.Context) (rpc.Voided, error) {
	swept, err := h.ledger.VoidSwept() // before the names: they may be newer than it, never older
	if h.records == nil {
		swept, err = time.Now().UnixMilli(), nil
	}
	if err != nil {
		return rpc.Voided{}, err
	}
	names, err := h.ledger.VoidDocuments()
	return rpc.NewVoided(swept, names), err
}

// keepVoided publishes what the record offices have revoked (domain.md G.2, row
// 18: within the hour), for as long as this member leads.
func (h *Hub) keepVoided(ctx context.Context) error {
	if h.records == nil {
		return nil
	}
	ticker := time.NewTicker(h.cfg.Records.WithDefaults().Voided.Std())
	defer ticker.Stop()
	retry := time.NewTicker(voidedRetry)
	defer retry.Stop()
	for swept := false; ; {
		if h.cluster.IsLeader() {
			err := h.publishVoided(ctx)
			if swept = err == nil; !swept && ctx.Err() == nil {
				h.log.Warn("revoked documents are published later", slog.String("kind", fault.KindOf(err).String()))
			}
		}
		next := ticker.C
		if !swept { // nothing says yet how things stand
			next = retry.C
		}
		select {
		case <-ctx.Done():
			return nil
		case <-next:
		}
	}
}

// voidedRetry is how soon the offices are asked again after a time that failed,
// or that another member led.
const voidedRetry = 10 * time.Second

// publishVoided asks each office and has the ledger take what is new, and note as
// of when the list holds once all have answered. One that does not answer keeps
// no other back.
func (h *Hub) publishVoided(ctx context.Context) error {
	asked := time.Now().UnixMilli()
	names, err := h.ledger.VoidDocuments()
	if err != nil {
		return err
	}
	known := make(map[wire.Digest]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	all, failed := h.records.Voided(ctx)
	for _, one := range all {
		if known[one.Document] {
			continue
		}
		if err := h.publish(ctx, one); err != nil {
			failed = err
		}
	}
	if failed != nil {
		return failed
	}
	return h.propose(ctx, ledger.SweptVoid{Time: time.Now().UnixMilli(), Asked: asked})
}

func (h *Hub) publish(ctx context.Context, one records.Voided) error {
	c := ledger.VoidDocument{Time: time.Now().UnixMilli(), Case: one.Case, Document: one.Document}
	if err := h.propose(ctx, c); err != nil {
		h.log.Warn("revoked document not published", slog.Uint64("case", one.Case), slog.String("kind", fault.KindOf(err).String()))
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
			return nil // the office names a case that has no such document: asking again mends nothing
		}
		return err
	}
	h.log.Info("revoked document published", slog.Uint64("case", one.Case))
	return nil
}

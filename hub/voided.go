package hub

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"jaliya/hub/gateway/records"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Voided implements rpc.Member.
func (h *Hub) Voided(context.Context) ([]wire.Digest, error) { return h.ledger.VoidDocuments() }

// keepVoided publishes what the record offices have revoked (domain.md G.2, row
// 18: within the hour), for as long as this member leads.
func (h *Hub) keepVoided(ctx context.Context) error {
	if h.records == nil {
		return nil
	}
	ticker := time.NewTicker(h.cfg.Records.WithDefaults().Voided.Std())
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if !h.cluster.IsLeader() {
			continue
		}
		if err := h.publishVoided(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("revoked documents are published later", slog.String("kind", fault.KindOf(err).String()))
		}
	}
}

// publishVoided asks each office and has the ledger take what is new. One that
// does not answer keeps no other back.
func (h *Hub) publishVoided(ctx context.Context) error {
	known, err := h.ledger.VoidDocuments()
	if err != nil {
		return err
	}
	all, failed := h.records.Voided(ctx)
	for _, one := range all {
		if slices.Contains(known, one.Document) {
			continue
		}
		if err := h.publish(ctx, one); err != nil {
			failed = err
		}
	}
	return failed
}

func (h *Hub) publish(ctx context.Context, one records.Voided) error {
	c := ledger.VoidDocument{Time: time.Now().UnixMilli(), Case: one.Case, Document: one.Document}
	if err := h.propose(ctx, c); err != nil {
		h.log.Warn("revoked document not published", slog.Uint64("case", one.Case), slog.String("kind", fault.KindOf(err).String()))
		return err
	}
	h.log.Info("revoked document published", slog.Uint64("case", one.Case))
	return nil
}

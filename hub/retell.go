package hub

import (
	"context"
	"log/slog"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
)

// retellEvery is the pause between looks for posts with a new machine.
const retellEvery = time.Second

// keepTold has the machines that took another's place told what was sealed to the
// key of the one before, page after page, for as long as this member leads.
func (h *Hub) keepTold(ctx context.Context) error {
	ticker := time.NewTicker(retellEvery)
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
		posts, err := h.ledger.UntoldPosts()
		if err != nil {
			return err
		}
		for _, p := range posts {
			if err := h.retell(ctx, p); err != nil && ctx.Err() == nil {
				h.log.Warn("post is told later", slog.Any("post", p.ID), slog.String("kind", fault.KindOf(err).String()))
			}
		}
	}
}

func (h *Hub) retell(ctx context.Context, p ledger.Post) error {
	orders := uint64(0)
	for node := p.Active; p.Untold() && p.Active == node; {
		result, err := h.ask(ctx, ledger.Retell{Time: time.Now().UnixMilli(), Post: p.ID, Node: node})
		if err != nil {
			return err
		}
		orders += result.Fired
		if p, err = h.ledger.Post(p.ID); err != nil {
			return err
		}
	}
	h.log.Info("new machine is told of older cases", slog.Any("post", p.ID), slog.Uint64("orders", orders))
	return nil
}

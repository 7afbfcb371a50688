package cluster

import (
	"context"
	"log/slog"
	"time"
)

// tickLoop proposes the caller's tick while this member leads. Besides giving
// the ledger its time, an entry every interval moves the index of our snapshots
// past the stale end of a follower's log, which bounds the livelock of D12.
func (c *Cluster) tickLoop() {
	ticker := time.NewTicker(c.settings.TickInterval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			c.proposeTick(now)
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *Cluster) proposeTick(now time.Time) {
	if !c.IsLeader() {
		return
	}
	command := c.tick(now)
	if len(command) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.settings.TickInterval)
	defer cancel()
	if _, _, err := c.Propose(ctx, command); err != nil {
		c.log.Warn("tick was not committed", slog.Any("error", err))
	}
}

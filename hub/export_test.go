package hub

import "context"

// Join is for tests: it lets another member in, without a vote.
func (h *Hub) Join(ctx context.Context, id, address string) error {
	return h.cluster.Add(ctx, id, address)
}

// Leave is for tests: it takes a member out.
func (h *Hub) Leave(ctx context.Context, id string) error { return h.cluster.Remove(ctx, id) }

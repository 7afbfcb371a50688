package hub

import (
	"context"

	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// Join is for tests: it lets another member in, without a vote.
func (h *Hub) Join(ctx context.Context, id, address string) error {
	return h.cluster.Add(ctx, id, address)
}

// Leave is for tests: it takes a member out.
func (h *Hub) Leave(ctx context.Context, id string) error { return h.cluster.Remove(ctx, id) }

// TakeIn is for tests: it answers the request of a machine to join.
func (h *Hub) TakeIn(ctx context.Context, in wire.JoinRequest) (out wire.JoinReply, err error) {
	raw, err := h.join(ctx, wire.Marshal(in))
	if err != nil {
		return out, err
	}
	return out, wire.Unmarshal(raw, wire.FrameJoin.Limit(), &out)
}

// RenewMachine is for tests: it answers one that showed its device certificate.
func (h *Hub) RenewMachine(ctx context.Context, peer pki.Peer, in wire.RenewRequest) (out wire.RenewReply, err error) {
	raw, err := h.renew(ctx, peer, wire.Marshal(in))
	if err != nil {
		return out, err
	}
	return out, wire.Unmarshal(raw, wire.FrameRenew.Limit(), &out)
}

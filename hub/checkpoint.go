package hub

import (
	"context"
	"net/http"

	"jaliya/internal/checkpoint"
	"jaliya/internal/wire"
)

// Checkpoint is what the log is now, signed with the receipt key.
type Checkpoint struct {
	Note string      `json:"note"` // C2SP tlog-checkpoint
	Size uint64      `json:"size"` // leaves of the log
	Root wire.Digest `json:"root"`
}

// checkpoint signs the log as this member has applied it: what is applied is
// committed, and every later log begins with it.
func (h *Hub) checkpoint(context.Context, struct{}) (Checkpoint, error) {
	cluster, err := h.ledger.Cluster()
	if err != nil {
		return Checkpoint{}, err
	}
	size, root, err := h.ledger.Root()
	if err != nil {
		return Checkpoint{}, err
	}
	raw, err := checkpoint.Sign(checkpoint.Checkpoint{Origin: checkpoint.Origin(cluster.ID), Size: size, Root: root}, h.keys.signer())
	return Checkpoint{Note: string(raw), Size: size, Root: root}, err
}

// AskCheckpoint asks a running member for a signed checkpoint of its log.
func AskCheckpoint(ctx context.Context, c Config) (Checkpoint, error) {
	return ask[Checkpoint](ctx, c, http.MethodGet, "/checkpoint", struct{}{})
}

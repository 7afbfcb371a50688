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
	Key  string      `json:"key"` // line of the key that signed (C2SP signed-note)
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
	at := checkpoint.Checkpoint{Origin: checkpoint.Origin(cluster.ID), Size: size, Root: root}
	raw, err := checkpoint.Sign(at, h.keys.signer())
	if err != nil {
		return Checkpoint{}, err
	}
	line, err := checkpoint.KeyLine(at.Origin, h.keys.signer().Public())
	return Checkpoint{Note: string(raw), Size: size, Root: root, Key: line}, err
}

// AskCheckpoint asks a running member for a signed checkpoint of its log.
func AskCheckpoint(ctx context.Context, c Config) (Checkpoint, error) {
	return ask[Checkpoint](ctx, c, http.MethodGet, "/checkpoint", struct{}{})
}

// witnessedCheckpoint is what the witness cosigned last.
func (h *Hub) witnessedCheckpoint(context.Context, struct{}) (Checkpoint, error) {
	held, err := h.witnessed()
	if err != nil {
		return Checkpoint{}, err
	}
	return Checkpoint{Note: string(held.Note), Size: held.Size, Root: held.Root}, nil
}

// AskWitnessed asks a running member for the newest checkpoint that the witness
// cosigned.
func AskWitnessed(ctx context.Context, c Config) (Checkpoint, error) {
	return ask[Checkpoint](ctx, c, http.MethodGet, "/witnessed", struct{}{})
}

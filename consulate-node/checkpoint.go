package node

import (
	"net/http"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

const pathCheckpoint = "/checkpoint"

// Checkpoint is what this post knows of the national log. An auditor who has it
// from two posts and from the hub sees whether all were shown one history.
type Checkpoint struct {
	Note string      `json:"note"` // C2SP tlog-checkpoint, as the hub signed it
	Size uint64      `json:"size"` // leaves of the log
	Root wire.Digest `json:"root"`
}

func (n *Node) serveCheckpoint(w http.ResponseWriter, _ *http.Request) {
	k, err := n.journal.Kept()
	switch {
	case err != nil:
		tellSocket(w, http.StatusConflict, Refusal{Kind: fault.KindOf(err).String(), Text: err.Error()})
	case k.Note == nil:
		tellSocket(w, http.StatusNotFound, Refusal{Kind: fault.NotFound.String(), Text: "this post was shown no checkpoint yet"})
	default:
		tellSocket(w, http.StatusOK, Checkpoint{Note: string(k.Note), Size: k.Size, Root: k.Root})
	}
}

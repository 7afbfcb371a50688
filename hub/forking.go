package hub

import (
	"context"
	"net/http"
	"strings"
	"time"

	"jaliya/hub/forks"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// ForksRequest asks for the histories that parted, of one post or of all.
type ForksRequest struct {
	Post consular.PostID `json:"post"`
}

// SettleRequest decides about a fenced machine.
type SettleRequest struct {
	Node   string `json:"node"`
	Choice string `json:"choice"` // go-on, shut-out
	Seen   uint64 `json:"seen"`   // newest evidence that whoever decides has seen
	Reason string `json:"reason"`
	Who    string `json:"who"`
}

// forkRoutes are the commands of hub post about forks.
func (h *Hub) forkRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /post/forks", answer(h.listForks))
	mux.HandleFunc("POST /post/settle", answer(h.settleFork))
}

func (h *Hub) listForks(_ context.Context, in ForksRequest) ([]forks.Fork, error) {
	posts, err := h.ledger.Posts()
	if err != nil {
		return nil, err
	}
	list := []forks.Fork{}
	for _, p := range posts {
		if in.Post != "" && in.Post != p.ID {
			continue
		}
		found, err := forks.OfPost(h.ledger, p.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func (h *Hub) settleFork(ctx context.Context, in SettleRequest) (struct{}, error) {
	const op = "hub: settle fork"
	node, err := wire.ParseNodeID(in.Node)
	if err != nil {
		return struct{}{}, err
	}
	choice, known := forks.ParseChoice(in.Choice)
	if !known {
		return struct{}{}, fault.New(fault.Invalid, op, "choice: go-on or shut-out", nil)
	}
	return struct{}{}, h.propose(ctx, ledger.SettleFork{
		Time: time.Now().UnixMilli(), Node: node, Choice: choice, Seen: in.Seen,
		Reason: strings.Join(strings.Fields(in.Reason), " "), Who: in.Who,
	})
}

// AskForks asks a running member for the histories that parted.
func AskForks(ctx context.Context, c Config, in ForksRequest) ([]forks.Fork, error) {
	return ask[[]forks.Fork](ctx, c, http.MethodPost, "/post/forks", in)
}

// AskSettle asks a running member to note a decision about a fenced machine.
func AskSettle(ctx context.Context, c Config, in SettleRequest) error {
	_, err := ask[struct{}](ctx, c, http.MethodPost, "/post/settle", in)
	return err
}

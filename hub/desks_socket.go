package hub

import (
	"context"
	"net/http"
	"time"

	"jaliya/hub/gateway/centre"
)

// Letter is an order to a production site that needs a person.
type Letter struct {
	Order    uint64    `json:"order"`
	Kind     string    `json:"kind"`
	Case     uint64    `json:"case"`
	Site     string    `json:"site,omitempty"`
	Reason   string    `json:"reason"`
	Failures int       `json:"failures"`
	Since    time.Time `json:"since"`
}

func (h *Hub) letters(context.Context, struct{}) ([]Letter, error) {
	var held []centre.Letter
	if h.centre != nil {
		held = h.centre.Letters()
	}
	list := make([]Letter, len(held))
	for i, l := range held {
		list[i] = Letter{
			Order: l.Order, Kind: l.Kind.String(), Case: l.Case, Site: l.Site, Reason: l.Reason, Failures: l.Failures, Since: l.Since,
		}
	}
	return list, nil
}

// deskRoutes are the commands of the verification and the pouch desk.
func (h *Hub) deskRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /verify/list", answer(h.verifyList))
	mux.HandleFunc("POST /verify/show", answer(h.show))
	mux.HandleFunc("POST /verify", answer(h.verdict))
	mux.HandleFunc("POST /pouch/list", answer(h.listPouches))
	mux.HandleFunc("POST /pouch", answer(h.actOnPouch))
	mux.HandleFunc("GET /pouch/work", answer(h.pouchWork))
	mux.HandleFunc("POST /verify/openings", answer(h.openings))
	mux.HandleFunc("GET /letters", answer(h.letters))
}

// AskVerifyList asks a running member for the cases that wait for a verifier.
func AskVerifyList(ctx context.Context, c Config, in VerifyList) ([]Waiting, error) {
	return ask[[]Waiting](ctx, c, http.MethodPost, "/verify/list", in)
}

// AskVerdict says a verifier's decision.
func AskVerdict(ctx context.Context, c Config, in Verdict) (Decided, error) {
	return ask[Decided](ctx, c, http.MethodPost, "/verify", in)
}

// AskShow asks to read a packet, which is noted first.
func AskShow(ctx context.Context, c Config, in ShowRequest) (Shown, error) {
	return ask[Shown](ctx, c, http.MethodPost, "/verify/show", in)
}

// AskPouches asks for pouches.
func AskPouches(ctx context.Context, c Config, in PouchQuery) (PouchList, error) {
	return ask[PouchList](ctx, c, http.MethodPost, "/pouch/list", in)
}

// AskPouchWork asks for the cards that wait for the pouch desk.
func AskPouchWork(ctx context.Context, c Config) ([]PouchWork, error) {
	return ask[[]PouchWork](ctx, c, http.MethodGet, "/pouch/work", struct{}{})
}

// AskOpenings asks for the list of packets that officers read.
func AskOpenings(ctx context.Context, c Config, in OpeningsQuery) ([]OpeningLine, error) {
	return ask[[]OpeningLine](ctx, c, http.MethodPost, "/verify/openings", in)
}

// AskPouch acts on a pouch.
func AskPouch(ctx context.Context, c Config, in PouchAct) (PouchLine, error) {
	return ask[PouchLine](ctx, c, http.MethodPost, "/pouch", in)
}

// AskLetters asks for the orders to production sites that need a person.
func AskLetters(ctx context.Context, c Config) ([]Letter, error) {
	return ask[[]Letter](ctx, c, http.MethodGet, "/letters", struct{}{})
}

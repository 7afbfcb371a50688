package handover

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"jaliya/consulate-node/spelling"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

const (
	// MaxHits is how many cards a search shows; more is a search for nobody.
	MaxHits  = 8
	maxQuery = 256 // bytes
)

// Found is the answer to a search.
type Found struct {
	Cards []CardView `json:"cards"`
	More  bool       `json:"more"` // too many: nothing is shown, the search must say more
}

// Find looks for cards by reference, by serial, or by a name in either script,
// whole or in words; each card that is shown is an entry of who saw it (E.3).
// Nothing found is no error. Errors: Invalid for an empty or endless text.
func (h *Handover) Find(ctx context.Context, p access.Principal, text string) (Found, error) {
	const op = "handover: find card"
	if err := p.Require(access.CardRead); err != nil {
		return Found{}, err
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return Found{}, refuse(op, "text", consular.RuleRequired)
	}
	if len(text) > maxQuery {
		return Found{}, refuse(op, "text", consular.RuleLength)
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return Found{}, err
	}
	defer end()
	var cards []card
	if err := h.o.Journal.View(func(r kv.Reader) error {
		cards, err = h.hits(r, text)
		return err
	}); err != nil {
		return Found{}, err
	}
	if len(cards) > MaxHits {
		return Found{Cards: []CardView{}, More: true}, nil
	}
	slices.SortFunc(cards, func(a, b card) int { return cmp.Compare(a.Reference, b.Reference) })
	return h.show(ctx, p, cards)
}

// Card gives one card by its reference; that it was seen is an entry. Errors:
// Invalid, NotFound with CodeCardUnknown.
func (h *Handover) Card(ctx context.Context, p access.Principal, reference string) (CardView, error) {
	const op = "handover: show card"
	if err := p.Require(access.CardRead); err != nil {
		return CardView{}, err
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return CardView{}, err
	}
	defer end()
	c, err := h.lookUp(op, reference)
	if err != nil {
		return CardView{}, err
	}
	found, err := h.show(ctx, p, []card{c})
	if err != nil {
		return CardView{}, err
	}
	return found.Cards[0], nil
}

// show says who looks, and then lets them.
func (h *Handover) show(ctx context.Context, p access.Principal, cards []card) (Found, error) {
	out := Found{Cards: make([]CardView, 0, len(cards))}
	for i := range cards {
		e := entry{record: wire.NewRecordID(), kind: wire.KindFileViewed, body: wire.Custody{By: p.ID}}
		e.header.Reference = cards[i].Reference.Digits()
		if err := h.say(ctx, e, nil); err != nil {
			return Found{}, err
		}
		v, err := h.cardView(&cards[i])
		if err != nil {
			return Found{}, err
		}
		out.Cards = append(out.Cards, v)
	}
	return out, nil
}

// hits gives the cards that a text leads to: at most one by reference, those of
// a serial, else those of the whole text as a name, else those that have all of
// its words.
func (h *Handover) hits(r kv.Reader, text string) ([]card, error) {
	if ref, err := consular.ParseReference(text); err == nil {
		c, found, err := h.card(r, ref)
		if err != nil || !found {
			return nil, err
		}
		return []card{c}, nil
	}
	if serial, err := wire.ParseSerial(text); err == nil {
		if keys := h.under(r, term{Kind: bySerial, Text: serial}); len(keys) > 0 {
			return h.cardsAt(r, keys)
		}
	}
	q := spelling.Ask(text)
	if keys := h.all(r, q.Whole); len(keys) > 0 {
		return h.cardsAt(r, keys)
	}
	return h.cardsAt(r, h.all(r, q.Words))
}

// all gives the keys that every term leads to.
func (h *Handover) all(r kv.Reader, terms []term) (keys [][]byte) {
	for i, t := range terms {
		more := h.under(r, t)
		if i == 0 {
			keys = more
			continue
		}
		keys = slices.DeleteFunc(keys, func(k []byte) bool {
			return !slices.ContainsFunc(more, func(m []byte) bool { return bytes.Equal(k, m) })
		})
	}
	return keys
}

// cardsAt reads cards, one more than a search may show at most.
func (h *Handover) cardsAt(r kv.Reader, keys [][]byte) ([]card, error) {
	out := make([]card, 0, min(len(keys), MaxHits+1))
	for _, key := range keys[:min(len(keys), MaxHits+1)] {
		c, found, err := h.cardAt(r, key)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, c)
		}
	}
	return out, nil
}

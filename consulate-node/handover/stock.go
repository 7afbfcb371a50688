package handover

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/workflow"
)

// Stock is what lies at this post and what is on its way to it, by what is to be
// done next. It carries no name: a list that hangs open shows nobody.
type Stock struct {
	Pouches   int         `json:"pouches"`   // to receive, to open or to count
	Shelve    []StockLine `json:"shelve"`    // received, without a place
	Ready     []StockLine `json:"ready"`     // to be collected
	Transfer  []StockLine `json:"transfer"`  // to be packed for another post
	Unclaimed []StockLine `json:"unclaimed"` // nobody came: send back or destroy
	Aside     []StockLine `json:"aside"`     // stopped or spoilt: not to be handed over
}

// StockLine is one card that lies here.
type StockLine struct {
	Reference consular.Reference `json:"reference"`
	Serial    string             `json:"serial"`
	State     string             `json:"state"`
	Pouch     consular.PouchID   `json:"pouch"`
	Safe      string             `json:"safe,omitempty"`
	Box       string             `json:"box,omitempty"`
}

// Stock lists what lies here, each part in the order of its places. It reads the
// cards that lie here, never those that have left.
func (h *Handover) Stock(ctx context.Context, p access.Principal) (Stock, error) {
	const op = "handover: list stock"
	if err := p.Require(access.CardRead); err != nil {
		return Stock{}, err
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return Stock{}, err
	}
	defer end()
	var bags []pouch
	var cards []card
	err = h.o.Journal.View(func(r kv.Reader) error {
		if bags, err = h.pouches(r); err != nil {
			return err
		}
		cards, err = h.held(r)
		return err
	})
	if err != nil {
		return Stock{}, err
	}
	out := Stock{Shelve: []StockLine{}, Ready: []StockLine{}, Transfer: []StockLine{}, Unclaimed: []StockLine{}, Aside: []StockLine{}}
	for i := range bags {
		if !bags[i].counted() {
			out.Pouches++
		}
	}
	slices.SortFunc(cards, func(a, b card) int {
		return cmp.Or(cmp.Compare(a.Safe, b.Safe), cmp.Compare(a.Box, b.Box), cmp.Compare(a.Serial, b.Serial))
	})
	for i := range cards {
		out.add(&cards[i])
	}
	return out, nil
}

func (s *Stock) add(c *card) {
	part := &s.Aside
	switch workflow.State(c.State) { //nolint:exhaustive // in every other state a card is put aside
	case workflow.Received:
		part = &s.Shelve
	case workflow.Ready:
		part = &s.Ready
	case workflow.Transfer:
		part = &s.Transfer
	case workflow.Unclaimed:
		part = &s.Unclaimed
	}
	*part = append(*part, StockLine{
		Reference: c.Reference, Serial: c.Serial, State: workflow.State(c.State).String(), Pouch: c.Pouch, Safe: c.Safe, Box: c.Box,
	})
}

// held gives the cards that lie at this post.
func (h *Handover) held(r kv.Reader) (out []card, err error) {
	r.Ascend(bucketHeld, nil, func(key, _ []byte) bool {
		c, found, failed := h.cardAt(r, bytes.Clone(key))
		if err = failed; err != nil {
			return false
		}
		if found && c.Held {
			out = append(out, c)
		}
		return true
	})
	return out, err
}

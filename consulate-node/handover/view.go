package handover

import (
	"cmp"
	"context"
	"slices"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Tally is how the count of a bag stands.
type Tally struct {
	Total    int `json:"total"`
	Received int `json:"received"`
	Damaged  int `json:"damaged"`
	Missing  int `json:"missing"` // said to be
	Open     int `json:"open"`    // not scanned yet
	Extra    int `json:"extra"`
}

func tallyOf(p *pouch, cards []card) Tally {
	t := Tally{Total: int(p.Total), Extra: len(p.Extras)}
	for _, c := range cards {
		switch c.Counted {
		case foundGood:
			t.Received++
		case foundDamaged:
			t.Damaged++
		case foundNot:
			t.Missing++
		default:
			t.Open++
		}
	}
	return t
}

// PouchView is a bag as its desk sees it: no names, for the list hangs open
// beside the table.
type PouchView struct {
	Pouch      consular.PouchID `json:"pouch"`
	State      string           `json:"state"` // workflow state, as this post knows it
	Seal       string           `json:"seal"`
	Broken     bool             `json:"seal_broken,omitempty"`
	Complete   bool             `json:"manifest_complete"`
	OpenedBy   []string         `json:"opened_by,omitempty"` // staff ids
	Announced  time.Time        `json:"announced"`
	Arrived    time.Time        `json:"arrived,omitzero"`
	Opened     time.Time        `json:"opened,omitzero"`
	Reconciled time.Time        `json:"reconciled,omitzero"`
	Tally      Tally            `json:"tally"`
	Extras     []ExtraView      `json:"extras,omitempty"`
	Cards      []LineView       `json:"cards"`
	Refused    uint16           `json:"refused,omitempty"` // why the hub refused an entry about it
}

// ExtraView is a card that should not have been in the bag.
type ExtraView struct {
	Serial string          `json:"serial"`
	Post   consular.PostID `json:"post,omitempty"`
}

// LineView is one line of a manifest.
type LineView struct {
	Reference consular.Reference `json:"reference"`
	Serial    string             `json:"serial"`
	Finding   string             `json:"finding"` // open, received, damaged, missing
	State     string             `json:"state"`
}

func (h *Handover) contents(p *pouch) (cards []card, err error) {
	err = h.o.Journal.View(func(r kv.Reader) error {
		cards, err = h.cardsOf(r, p)
		return err
	})
	return cards, err
}

func (h *Handover) pouchView(p *pouch) (PouchView, error) {
	cards, err := h.contents(p)
	if err != nil {
		return PouchView{}, err
	}
	v := PouchView{
		Pouch: p.Label, State: workflow.State(p.State).String(), Seal: p.Seal, Broken: p.Broken, Complete: p.complete(),
		Announced: millis(p.Announced), Arrived: millis(p.Arrived), Opened: millis(p.Opened), Reconciled: millis(p.Reconciled),
		Tally: tallyOf(p, cards), Cards: make([]LineView, 0, len(cards)), Refused: p.Refused,
	}
	if p.Opened != 0 && p.Pair != [2]string{} {
		v.OpenedBy = p.Pair[:]
	}
	for _, x := range p.Extras {
		v.Extras = append(v.Extras, ExtraView(x))
	}
	for _, c := range cards {
		v.Cards = append(v.Cards, LineView{
			Reference: c.Reference, Serial: c.Serial, Finding: findings[c.Counted], State: workflow.State(c.State).String(),
		})
	}
	return v, nil
}

// findings are the words of a line.
var findings = [...]string{0: "open", foundGood: "received", foundDamaged: "damaged", foundNot: "missing"}

// Pouches lists the bags announced to this post, newest first.
func (h *Handover) Pouches(ctx context.Context, p access.Principal) ([]PouchView, error) {
	const op = "handover: list pouches"
	if err := p.Require(access.CardRead); err != nil {
		return nil, err
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return nil, err
	}
	defer end()
	var bags []pouch
	if err := h.o.Journal.View(func(r kv.Reader) error {
		bags, err = h.pouches(r)
		return err
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(bags, func(a, b pouch) int {
		return cmp.Or(cmp.Compare(b.Announced, a.Announced), cmp.Compare(a.Label, b.Label))
	})
	out := make([]PouchView, 0, len(bags))
	for i := range bags {
		v, err := h.pouchView(&bags[i])
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Pouch gives one bag. Errors: those of Arrive.
func (h *Handover) Pouch(ctx context.Context, p access.Principal, label string) (PouchView, error) {
	const op = "handover: show pouch"
	if err := p.Require(access.CardRead); err != nil {
		return PouchView{}, err
	}
	end, err := h.begin(ctx, op)
	if err != nil {
		return PouchView{}, err
	}
	defer end()
	bag, err := h.find(op, label)
	if err != nil {
		return PouchView{}, err
	}
	return h.pouchView(&bag)
}

// CardView is a card as the counter sees it.
type CardView struct {
	Reference consular.Reference `json:"reference"`
	Serial    string             `json:"serial"`
	Family    consular.Name      `json:"family_name,omitzero"` // gone once the hub knows of the hand-over
	Given     consular.Name      `json:"given_name,omitzero"`
	Birth     consular.BirthDate `json:"birth_date,omitempty"`
	Service   string             `json:"service"`
	Pouch     consular.PouchID   `json:"pouch"`
	State     string             `json:"state"` // workflow state, as this post knows it
	Held      bool               `json:"held"`  // it lies at this post
	Safe      string             `json:"safe,omitempty"`
	Box       string             `json:"box,omitempty"`
	Onward    consular.PostID    `json:"onward,omitempty"` // where the person asked here to collect
	Checks    int                `json:"failed_checks"`
	// Guardian and Second say what a hand-over will ask for.
	Guardian string        `json:"guardian"` // required, allowed, no
	Second   bool          `json:"second_person"`
	GivenAt  time.Time     `json:"given,omitzero"`    // when it left the post, into a hand or otherwise
	Level    journal.Level `json:"level"`             // of this post's newest entry about it
	Refused  uint16        `json:"refused,omitempty"` // why the hub refused one
}

func (h *Handover) cardView(c *card) (CardView, error) {
	level, err := h.levelOf(c.Last)
	if err != nil {
		return CardView{}, err
	}
	v := CardView{
		Reference: c.Reference, Serial: c.Serial, Family: c.Family, Given: c.Given, Birth: c.Birth,
		Service: c.Service.String(), Pouch: c.Pouch, State: workflow.State(c.State).String(), Held: c.Held,
		Safe: c.Safe, Box: c.Box, Onward: c.Onward, Checks: int(c.Checks), Guardian: "no", Second: c.Checks > 0,
		GivenAt: millis(c.GivenAt), Level: level, Refused: c.Refused,
	}
	if age, err := c.Birth.AgeOn(h.today()); err == nil && age < aloneFrom {
		v.Guardian = "required"
	} else if err == nil && age < noProxyFrom {
		v.Guardian = "allowed"
	}
	return v, nil
}

// levelOf gives the level of an entry of this post; what the hub said first is
// L2 from the start.
func (h *Handover) levelOf(record wire.RecordID) (level journal.Level, err error) {
	if record.IsZero() {
		return journal.L2, nil
	}
	hd, err := h.o.Journal.ByRecord(record)
	if err != nil {
		return "", err
	}
	at := wire.Position{Node: hd.Node, Incarnation: hd.Incarnation, Seq: hd.Seq}
	err = h.o.Journal.View(func(r kv.Reader) error {
		level = journal.LevelOf(r, journal.Request{Position: at})
		return nil
	})
	return level, err
}

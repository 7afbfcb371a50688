package handover

import "jaliya/internal/workflow"

// A machine that took another's place hears of bags after they came: the post's
// entries about them are with the hub, and this journal has none of them.

// How late a bag was told. A card of it carries this until the hub's next word.
const (
	lateOpened  uint8 = 1 // it had been opened
	lateCounted uint8 = 2 // it had been counted
)

// catchUp takes a bag to where the hub says it is, at a time that is the hub's:
// when it really came stands in the entries of the machine before.
func (p *pouch) catchUp(at int64) {
	switch workflow.State(p.State) { //nolint:exhaustive // in every other state the bag is under way
	case workflow.PouchArrived, workflow.PouchSealBroken:
		p.Arrived = at
	case workflow.PouchOpened:
		p.Arrived, p.Opened = at, at
	case workflow.PouchDiscrepancy, workflow.PouchReconciled:
		p.Arrived, p.Opened, p.Reconciled = at, at, at
	}
}

func (p *pouch) late() uint8 {
	switch {
	case p.Reconciled != 0 && p.Pair == [2]string{}:
		return lateCounted
	case p.Opened != 0 && p.Pair == [2]string{}:
		return lateOpened
	}
	return 0
}

// catchUp takes from the hub's word what the machine before did with the card.
// Of a bag that was counted the hub names only cards that lie here.
func (c *card) catchUp(at int64) {
	late := c.Late
	if late == 0 {
		return
	}
	c.Late = 0
	switch workflow.State(c.State) { //nolint:exhaustive // in every other state the card is still in its bag
	case workflow.Received, workflow.Ready, workflow.Hold, workflow.Unclaimed, workflow.Transfer:
		c.Held, c.Counted = true, foundGood
	case workflow.HandedOver:
		c.Counted, c.GivenAt = foundGood, at
	case workflow.PouchIncident:
		c.Counted = foundNot
	default:
		if late == lateCounted {
			c.Held, c.Counted = true, foundGood
		}
	}
}

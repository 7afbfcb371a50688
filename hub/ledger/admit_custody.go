package ledger

import (
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// card hands what a post says of a card to the card's case. That two persons
// did it is what the kind says; the post's own desk has seen to it, and who
// they are is sealed in the body.
func (t *tx) card(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	in.Event, in.Actor = cardEvent(h.Kind)
	in.TwoPersons = h.Kind.ByTwo()
	in.Serial = workflow.Digest(*h.Serial)
	if h.Pouch != nil {
		in.Pouch = workflow.PouchID(*h.Pouch)
	}
	return t.said(h, s, in)
}

// cardEvent gives the event of a kind and the party that says it.
func cardEvent(k wire.Kind) (workflow.Event, workflow.Actor) {
	switch k { //nolint:exhaustive // the kinds of cards; the others have cases of their own
	case wire.KindCardReceived:
		return workflow.CardReceived, workflow.Supervisor
	case wire.KindCardMissing:
		return workflow.CardMissing, workflow.Supervisor
	case wire.KindCardDamaged:
		return workflow.CardDamaged, workflow.Supervisor
	case wire.KindCardShelved:
		return workflow.CardShelved, workflow.Agent
	case wire.KindCardDefective:
		return workflow.CardDefective, workflow.Agent
	case wire.KindCardHandedOver:
		return workflow.CardHandedOver, workflow.Agent
	case wire.KindCheckFailed:
		return workflow.CheckFailed, workflow.Agent
	case wire.KindTransferAsked:
		return workflow.TransferAsked, workflow.Agent
	case wire.KindTransferWithdrawn:
		return workflow.TransferWithdrawn, workflow.Agent
	case wire.KindTransferSent:
		return workflow.TransferSent, workflow.Supervisor
	case wire.KindCardReclaimed:
		return workflow.Reclaimed, workflow.Agent
	case wire.KindCardSentBack:
		return workflow.UnclaimedSentBack, workflow.Supervisor
	case wire.KindCardDestroyed:
		return workflow.CardDestroyed, workflow.Supervisor
	}
	return 0, 0
}

// bag hands what a post says of a pouch to the pouch's case, all of its events
// or none.
func (t *tx) bag(h wire.Header, s *Stored, in workflow.Input) (Reason, error) {
	c, found, err := t.findPouch(*h.Pouch)
	if err != nil {
		return 0, err
	}
	if !found {
		return ReasonNoCase, nil
	}
	in.Actor, in.TwoPersons, in.Pouch = workflow.Supervisor, h.Kind.ByTwo(), workflow.PouchID(*h.Pouch)
	if h.Serial != nil {
		in.Serial = workflow.Digest(*h.Serial)
	}
	if h.Count != nil {
		in.Count = *h.Count
	}
	events := bagEvents(h)
	if reason := refusesOne(c.Flow.Case(), in, events); reason != 0 {
		return reason, nil
	}
	s.Case = c.Number
	for _, in.Event = range events {
		out, err := workflow.Step(c.Flow.Case(), in)
		if err != nil {
			return 0, err
		}
		if err := t.move(&c, in, out, s.Commit); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// refusesOne walks the events without a change and gives why one is refused.
func refusesOne(c workflow.Case, in workflow.Input, events []workflow.Event) Reason {
	for _, in.Event = range events {
		out, err := workflow.Step(c, in)
		if err != nil {
			return reasonOf(err)
		}
		c = out.Case
	}
	return 0
}

// bagEvents gives the events that an entry about a bag says, in order: one whose
// seal was broken was first found so, and then opened.
func bagEvents(h wire.Header) []workflow.Event {
	switch {
	case h.Kind == wire.KindPouchArrived:
		return []workflow.Event{workflow.BagArrived}
	case h.Kind == wire.KindPouchOpened && h.Outcome == wire.SealWhole:
		return []workflow.Event{workflow.BagOpened}
	case h.Kind == wire.KindPouchOpened:
		return []workflow.Event{workflow.SealFoundBroken, workflow.BagOpened}
	case h.Outcome == wire.CountAgrees:
		return []workflow.Event{workflow.BagCounted}
	default:
		return []workflow.Event{workflow.CountDiffers}
	}
}

// findPouch looks a pouch up by its label, under which its case stands in the
// index by reference: a label is never 18 digits, so neither is taken for the
// other.
func (t *tx) findPouch(id wire.PouchID) (Case, bool, error) {
	c, found, err := t.findCase(string(id[:]))
	return c, found && c.Flow.Kind == uint8(workflow.KindPouch), err
}

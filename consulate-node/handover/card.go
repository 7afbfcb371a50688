package handover

import (
	"slices"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// card is one card in the custody of this post, or on its way there, as it lies
// sealed in the store.
type card struct { //nolint:recvcheck // what it shows is on the value, so that no copy shows more
	Reference consular.Reference `cbor:"1,keyasint"`
	Serial    string             `cbor:"2,keyasint"`
	Family    consular.Name      `cbor:"3,keyasint,omitzero"`
	Given     consular.Name      `cbor:"4,keyasint,omitzero"`
	Birth     consular.BirthDate `cbor:"5,keyasint,omitempty"`
	Service   consular.Service   `cbor:"6,keyasint"`
	Slip      wire.Digest        `cbor:"7,keyasint"`
	Pouch     consular.PouchID   `cbor:"8,keyasint"`
	State     uint8              `cbor:"9,keyasint"` // workflow.State, as this post knows it
	Before    uint8              `cbor:"10,keyasint,omitempty"`
	Version   uint64             `cbor:"11,keyasint"`
	Checks    uint8              `cbor:"12,keyasint,omitempty"`
	Held      bool               `cbor:"13,keyasint,omitempty"` // it lies at this post
	Counted   uint8              `cbor:"14,keyasint,omitempty"` // finding at the count
	Safe      string             `cbor:"15,keyasint,omitempty"`
	Box       string             `cbor:"16,keyasint,omitempty"`
	Last      wire.RecordID      `cbor:"17,keyasint"` // this post's newest entry about it
	Said      []said             `cbor:"18,keyasint,omitempty"`
	Hub       uint8              `cbor:"19,keyasint,omitempty"` // the hub's newest word of its state
	HubCase   uint64             `cbor:"20,keyasint,omitempty"`
	Refused   uint16             `cbor:"21,keyasint,omitempty"` // why the hub refused an entry about it
	GivenBy   string             `cbor:"22,keyasint,omitempty"`
	GivenAt   int64              `cbor:"23,keyasint,omitempty"`
	Spoilt    []string           `cbor:"24,keyasint,omitempty"` // serials of cards that this one replaced
	HubIndex  uint64             `cbor:"25,keyasint,omitempty"` // Raft index of that word
	Onward    consular.PostID    `cbor:"26,keyasint,omitempty"` // where the person asked here to collect
	// Late says that the bag was told after it had come, to the machine that took
	// another's place: the hub's next word of the card says what was done with it.
	Late uint8 `cbor:"27,keyasint,omitempty"`
}

// said is a state that this post said and that the hub has not echoed yet.
type said struct {
	_      struct{} `cbor:",toarray"`
	Record wire.RecordID
	State  uint8
}

// Findings at the count of a pouch.
const (
	foundGood    uint8 = 1
	foundDamaged uint8 = 2
	foundNot     uint8 = 3
)

// flow gives the card's case as far as the workflow's table needs it here.
func (c *card) flow(post consular.PostID) workflow.Case {
	f := workflow.Case{
		Kind: workflow.KindCNIE, State: workflow.State(c.State), Before: workflow.State(c.Before), Version: c.Version,
		Service: c.Service, Pickup: post, Serial: workflow.Digest(wire.SerialDigest(c.Serial)),
		Pouch: workflow.PouchID(wire.PouchOf(c.Pouch)), Checks: c.Checks, Paid: true, Packets: 1,
	}
	if c.Held {
		f.Holder = post
	}
	return f
}

// take keeps what a step made of it, and what is now to be heard back.
func (c *card) take(out workflow.Outcome, record wire.RecordID) {
	now := out.Case
	c.State, c.Before, c.Version, c.Checks = uint8(now.State), uint8(now.Before), now.Version, now.Checks
	c.Last = record
	if out.Moved {
		c.Said = append(c.Said, said{Record: record, State: c.State})
	}
}

// hear takes the hub's word of the state. The hub hears this post late: what it
// says from before this post's own words is not news. It echoes each state that
// this post said, in order; a state of its own making stands at once, except
// that a card which has been given away stays given away.
func (c *card) hear(n wire.Notice, secured func(wire.RecordID) (uint64, error)) error {
	if n.Case <= c.HubCase {
		return nil
	}
	state := workflow.State(n.State)
	c.Hub, c.HubCase, c.HubIndex = n.State, n.Case, n.Index
	if i := slices.IndexFunc(c.Said, func(s said) bool { return s.State == c.Hub }); i >= 0 {
		if c.Said = c.Said[i+1:]; len(c.Said) == 0 {
			c.stand(state)
		}
		return nil
	}
	if len(c.Said) == 0 || stops(state) && workflow.State(c.State) != workflow.HandedOver {
		c.stand(state)
		return nil
	}
	return c.settle(secured)
}

// settle drops what the hub had taken in before its newest word: not every state
// is echoed to every post. With nothing left, that word stands. It may be asked
// at any time, for the receipt may come after the word.
func (c *card) settle(secured func(wire.RecordID) (uint64, error)) error {
	if len(c.Said) == 0 || c.HubIndex == 0 {
		return nil
	}
	for len(c.Said) > 0 {
		at, err := secured(c.Said[0].Record)
		if err != nil {
			return err
		}
		if at == 0 || at >= c.HubIndex {
			return nil
		}
		c.Said = c.Said[1:]
	}
	c.stand(workflow.State(c.Hub))
	return nil
}

// stand puts the card where the hub says it is.
func (c *card) stand(state workflow.State) {
	if workflow.State(c.State) == workflow.Hold && state == workflow.Ready {
		c.Checks = 0 // the inquiry is over
	}
	if state == workflow.Frozen && workflow.State(c.State) != workflow.Frozen {
		c.Before = c.State
	}
	c.State = uint8(state)
}

// refused takes back what the hub did not accept, as far as words go: what was
// done with the card was done, and is shown with the reason.
func (c *card) refuse(record wire.RecordID, reason uint16) bool {
	n := len(c.Said)
	c.Said = slices.DeleteFunc(c.Said, func(s said) bool { return s.Record == record })
	if n == len(c.Said) && c.Last != record {
		return false
	}
	c.Refused = reason
	return true
}

// stops are the hub's states in which a card must not be handed over, whatever
// this post has said meanwhile.
func stops(s workflow.State) bool {
	switch s { //nolint:exhaustive // the others are stages on the way to a hand-over
	case workflow.Hold, workflow.Frozen, workflow.Rejected, workflow.Canceled, workflow.Expired, workflow.Destroyed,
		workflow.Unclaimed, workflow.SentBack, workflow.Transfer, workflow.InProduction:
		return true
	}
	return false
}

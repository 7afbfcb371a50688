package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// ForkChoice is what people decided about a fenced machine. Append-only.
type ForkChoice uint8

// The choices.
const (
	// ForkGoOn: the machine is the post's true one. It opens a new incarnation and
	// says again what has no receipt, beside the history that the state holds.
	ForkGoOn ForkChoice = 1
	// ForkShutOut: it is a copy, or not to be trusted. It never comes back; the post
	// needs a machine that joins anew.
	ForkShutOut ForkChoice = 2
)

// SettleFork is the decision of people about a fork. It comes as an OfficerAct,
// or from whoever may open the hub's own socket, who says who they are.
type SettleFork struct {
	Time   int64       `cbor:"1,keyasint"`
	Node   wire.NodeID `cbor:"2,keyasint"`
	Choice ForkChoice  `cbor:"3,keyasint"`
	// Seen is the number of the newest evidence against the machine when they
	// decided, 0 for none: who decides has seen all of it.
	Seen   uint64 `cbor:"4,keyasint,omitempty"`
	Reason string `cbor:"5,keyasint"`           // why, without personal data
	Who    string `cbor:"6,keyasint,omitempty"` // without an officer: the name at the machine of the hub
}

// Settlement is what was decided. It is never taken back: what comes after is
// another one.
type Settlement struct {
	Number      uint64          `cbor:"1,keyasint"`
	Node        wire.NodeID     `cbor:"2,keyasint"`
	Post        consular.PostID `cbor:"3,keyasint"`
	Incarnation uint64          `cbor:"4,keyasint"` // the one at issue
	Choice      ForkChoice      `cbor:"5,keyasint"`
	Seen        uint64          `cbor:"6,keyasint,omitempty"`
	Reason      string          `cbor:"7,keyasint"`
	Officer     wire.StaffID    `cbor:"8,keyasint,omitempty"`
	Who         string          `cbor:"9,keyasint,omitempty"`
	Time        int64           `cbor:"10,keyasint"`
	Index       uint64          `cbor:"11,keyasint"`
	// Next is the incarnation with which the machine went on, the same one when its
	// history turned out to be the state's; 0: it has not come yet.
	Next   uint64 `cbor:"12,keyasint,omitempty"`
	NextAt int64  `cbor:"13,keyasint,omitempty"`
}

const maxWho = 64

func (SettleFork) kind() Kind { return KindSettleFork }

func (c SettleFork) when() int64 { return c.Time }

func (c SettleFork) badField(officer wire.StaffID) string {
	switch {
	case c.Node.IsZero():
		return "node"
	case c.Choice != ForkGoOn && c.Choice != ForkShutOut:
		return "choice"
	case c.Reason == "" || !noteText(c.Reason):
		return "reason"
	case (c.Who == "") == (officer == ""), len(c.Who) > maxWho, !visible(c.Who):
		return "who"
	}
	return ""
}

func (c SettleFork) apply(t *tx) (Result, error) {
	if t.cluster.Feature < featureForks {
		return errLevel(), nil
	}
	if field := c.badField(t.officer); field != "" {
		return refuse(fault.Invalid, field), nil
	}
	n, found, err := load[Node](t.w, inNodes, c.Node[:])
	if err != nil || !found {
		return refuse(fault.NotFound, "node"), err
	}
	lines, err := sightings(t.w, c.Node, 1)
	if err != nil {
		return Result{}, err
	}
	newest, incarnation := uint64(0), n.Incarnation
	if len(lines) > 0 {
		newest, incarnation = lines[0].Number, lines[0].At.Incarnation
	}
	made, err := settlements(t.w, c.Node, 1)
	if err != nil {
		return Result{}, err
	}
	switch {
	case newest != c.Seen:
		return refuse(fault.Conflict, "there is newer evidence"), nil
	case len(made) > 0 && (!n.Fenced || n.Revoked) && made[0].repeats(c, t.officer):
		return Result{Version: made[0].Number}, nil
	case n.Revoked:
		return refuse(fault.Conflict, "node is revoked"), nil
	case !n.Fenced:
		return refuse(fault.Conflict, "node is not fenced"), nil
	}
	return c.settle(t, n, incarnation)
}

// repeats tells a retry of the decision that was made last.
func (s Settlement) repeats(c SettleFork, officer wire.StaffID) bool {
	return s.Choice == c.Choice && s.Seen == c.Seen && s.Reason == c.Reason && s.Officer == officer && s.Who == c.Who
}

// settle writes the decision and what follows of it. A machine that is shut out
// stays fenced as well: the post needs another one, and people who see to it.
func (c SettleFork) settle(t *tx, n Node, incarnation uint64) (Result, error) {
	t.counts.Settlements++
	s := Settlement{
		Number: t.counts.Settlements, Node: n.ID, Post: n.Post, Incarnation: incarnation, Choice: c.Choice, Seen: c.Seen,
		Reason: c.Reason, Officer: t.officer, Who: c.Who, Time: t.time, Index: t.index,
	}
	switch c.Choice {
	case ForkGoOn:
		n.Fenced, n.Settled = false, incarnation
	case ForkShutOut:
		n.Revoked, n.Settled = true, 0
		if err := t.deny(DeniedNode(n.ID), "shut out after a fork"); err != nil {
			return Result{}, err
		}
	}
	if err := t.put(inSettlements, number(s.Number), s); err != nil {
		return Result{}, err
	}
	return Result{Version: s.Number}, t.put(inNodes, n.ID[:], n)
}

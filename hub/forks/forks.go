// Package forks draws the two histories of a fenced machine beside one another,
// for the people who decide about it: where they are surely the same, where they
// part at the latest, and what lies after on either side (D36-D39).
//
// Guarantees: nothing of it is personal, for it reads headers only; it says no
// more than the evidence does. What a machine holds that never came here is said
// to be unknown.
//
// It leaves to the ledger the evidence and the decision, to the console and the
// hub's own commands how it is shown and who may decide. DESIGN.md says why it is a
// package.
package forks

import (
	"strconv"
	"time"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// State is what is read of the ledger; ledger.Views is one.
type State interface {
	ForksOfPost(id consular.PostID) ([]ledger.ForkOf, error)
	Cursor(node wire.NodeID, incarnation uint64) (at wire.Position, known bool, err error)
	HeadersAfter(after wire.Position, n int) ([]ledger.Stored, error)
}

// Standing says how far a fork is. Stable: words are keyed by it.
type Standing string

// The standings.
const (
	Fenced  Standing = "fenced"   // nobody has decided
	Settled Standing = "settled"  // the machine may go on, and has not come yet
	ShutOut Standing = "shut-out" // the machine never comes back
	Over    Standing = "over"     // it went on
)

// The choices of people, as forms and programs name them.
const (
	GoOn     = "go-on"
	ShutsOut = "shut-out"
)

// ParseChoice reads a choice as forms and programs name it; unknown: it is none.
func ParseChoice(word string) (c ledger.ForkChoice, known bool) {
	switch word {
	case GoOn:
		return ledger.ForkGoOn, true
	case ShutsOut:
		return ledger.ForkShutOut, true
	}
	return 0, false
}

// Fork is what is known of the histories of one machine.
type Fork struct {
	Post        consular.PostID `json:"post"`
	Node        string          `json:"node"`
	Standing    Standing        `json:"standing"`
	Active      bool            `json:"active"`      // the post's machine now; false: another took its place
	Incarnation string          `json:"incarnation"` // the one at issue, hexadecimal
	Seen        uint64          `json:"seen"`        // number of the newest evidence: a decision names it
	Same        uint64          `json:"same_to"`     // both have the same until here, surely
	Parts       uint64          `json:"parts_at"`    // here they are two at the latest; 0: nothing was shown
	Hub         Head            `json:"hub"`
	Newer       *Head           `json:"newer,omitempty"` // the hub's newest incarnation, when it is another
	Rows        []Row           `json:"rows"`
	Shown       []Shown         `json:"shown"`     // what machines offered, newest first
	Decisions   []Decision      `json:"decisions"` // newest first
	Choices     []string        `json:"choices"`   // what may be decided now
}

// Head is where a history ends.
type Head struct {
	Incarnation string    `json:"incarnation"`
	Sequence    uint64    `json:"sequence"`
	Hash        string    `json:"hash"`
	Time        time.Time `json:"time,omitzero"` // of its last entry
}

// Shown is one history that a machine offered.
type Shown struct {
	Number    uint64    `json:"number"`
	Seen      string    `json:"seen"` // in-batch, at-hello, by-node, retired
	Sequence  uint64    `json:"sequence"`
	Hash      string    `json:"hash"`
	Receipted uint64    `json:"receipted"` // of which it says that it holds our receipt
	Place     string    `json:"place,omitempty"`
	At        time.Time `json:"at"`
}

// Decision is what people decided.
type Decision struct {
	Number uint64       `json:"number"`
	Choice string       `json:"choice"`
	By     wire.StaffID `json:"by,omitempty"`  // an officer
	Who    string       `json:"who,omitempty"` // somebody at the hub's own machine
	Reason string       `json:"reason,omitempty"`
	At     time.Time    `json:"at"`
	// Next is the incarnation with which the machine went on.
	Next   string    `json:"next_incarnation,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
}

// OfPost draws the forks of a post's machines, the active one first.
func OfPost(s State, id consular.PostID) ([]Fork, error) {
	found, err := s.ForksOfPost(id)
	if err != nil {
		return nil, err
	}
	list := make([]Fork, 0, len(found))
	for _, one := range found {
		f, err := draw(s, one)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

func draw(s State, of ledger.ForkOf) (Fork, error) {
	f := Fork{
		Post: of.Node.Post, Node: of.Node.ID.String(), Active: of.Active, Rows: []Row{}, Shown: []Shown{}, Decisions: []Decision{}, Choices: []string{},
	}
	incarnation := of.Node.Incarnation
	if len(of.Evidence) > 0 {
		f.Seen, incarnation = of.Evidence[0].Number, of.Evidence[0].At.Incarnation
	}
	f.Incarnation = name(incarnation)
	for _, q := range of.Evidence {
		f.Shown = append(f.Shown, shown(q))
	}
	for _, d := range of.Settled {
		f.Decisions = append(f.Decisions, decision(d))
	}
	f.Standing = standing(of)
	if f.Standing == Fenced {
		f.Choices = []string{GoOn, ShutsOut}
	}
	return f, f.histories(s, of, incarnation)
}

func standing(of ledger.ForkOf) Standing {
	switch {
	case of.Node.Revoked:
		return ShutOut
	case of.Node.Fenced:
		return Fenced
	case of.Node.Settled != 0:
		return Settled
	}
	return Over
}

func shown(q ledger.Quarantined) Shown {
	return Shown{
		Number: q.Number, Seen: seenName(q.Seen), Sequence: q.Head.Seq, Hash: q.Head.Hash.String(), Receipted: q.Receipted, Place: q.Place,
		At: time.UnixMilli(q.Time).UTC(),
	}
}

func seenName(s ledger.ForkSeen) string {
	switch s {
	case ledger.SeenInBatch:
		return "in-batch"
	case ledger.SeenAtHello:
		return "at-hello"
	case ledger.SeenByNode:
		return "by-node"
	case ledger.SeenRetired:
		return "retired"
	}
	return "at-hello"
}

func decision(d ledger.Settlement) Decision {
	out := Decision{Number: d.Number, Choice: GoOn, By: d.Officer, Who: d.Who, Reason: d.Reason, At: time.UnixMilli(d.Time).UTC()}
	if d.Choice == ledger.ForkShutOut {
		out.Choice = ShutsOut
	}
	if d.Next != 0 {
		out.Next, out.NextAt = name(d.Next), time.UnixMilli(d.NextAt).UTC()
	}
	return out
}

// name writes an incarnation as logs do.
func name(incarnation uint64) string {
	text := strconv.FormatUint(incarnation, 16)
	return "0000000000000000"[min(len(text), 16):] + text
}

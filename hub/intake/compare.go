package intake

import (
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Own is what the hub holds of one incarnation of a node.
type Own struct {
	Cursor wire.Position // after the last committed entry; the zero value when nothing is here
	Known  bool
	// HashAt gives the hub's hash at a sequence at or below the cursor.
	HashAt func(seq uint64) (wire.Digest, error)
	// Settled says that people have looked at another history of this very
	// incarnation, and decided that the node goes on with its own in a new one.
	Settled bool
	// Later says that the hub has committed entries of a later incarnation of this
	// node: whoever still writes this one came back from an older copy, or is one.
	Later bool
}

// Compare concludes from positions and hashes what a node is to do with one of
// its histories (SPEC.md section 8, D36). A different hash at the same position
// is fault.Fork, until people have decided: then the node goes on beside what is
// here, which nothing takes the place of (D38).
func Compare(held wire.History, own Own) (wire.Decision, error) {
	const op = "intake: compare histories"
	head := held.Head
	switch {
	case !own.Known:
		return wire.Decision{Verdict: wire.VerdictNew, Cursor: wire.Genesis(head.Node, head.Incarnation)}, nil
	case own.Cursor.Seq < head.Seq:
		if own.Settled {
			// Whether its own hash at the cursor is the hub's, only the node knows.
			// It loses nothing when it is: no incarnation is worth a second fork.
			return wire.Decision{Verdict: wire.VerdictReissue, Cursor: own.Cursor}, nil
		}
		if own.Later {
			// It wrote here after it had written there: two machines do.
			return wire.Decision{}, fault.New(fault.Fork, op, head.String(), nil)
		}
		// The node proves the shared part: its own hash at the cursor must be the
		// hub's, or its first batch does not follow.
		return wire.Decision{Verdict: wire.VerdictFollow, Cursor: own.Cursor}, nil
	case own.Cursor == head && own.Later:
		return wire.Decision{Verdict: wire.VerdictReissue, Cursor: own.Cursor}, nil
	case own.Cursor == head:
		return wire.Decision{Verdict: wire.VerdictFollow, Cursor: own.Cursor}, nil
	}
	hash, err := own.hashAt(head)
	switch {
	case err != nil:
		return wire.Decision{}, err
	case hash == head.Hash:
		return wire.Decision{Verdict: wire.VerdictRestore, Cursor: own.Cursor}, nil
	case own.Settled:
		return wire.Decision{Verdict: wire.VerdictReissue, Cursor: own.Cursor}, nil
	}
	return wire.Decision{}, fault.New(fault.Fork, op, head.String(), nil)
}

func (o Own) hashAt(head wire.Position) (wire.Digest, error) {
	switch head.Seq {
	case o.Cursor.Seq:
		return o.Cursor.Hash, nil
	case 0:
		return wire.Genesis(head.Node, head.Incarnation).Hash, nil
	}
	return o.HashAt(head.Seq)
}

package ledger

import (
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Result answers one command. It is the same on every member.
type Result struct {
	Kind  Kind       `cbor:"1,keyasint"`
	Index uint64     `cbor:"2,keyasint"`
	Fault fault.Kind `cbor:"3,keyasint,omitempty"` // Other: done
	Text  string     `cbor:"4,keyasint,omitempty"` // for logs, without personal data

	Batches []BatchResult  `cbor:"5,keyasint,omitempty"` // Admit: one for each batch, in order
	Session uint64         `cbor:"6,keyasint,omitempty"` // OpenSession: the number granted
	Node    *Node          `cbor:"7,keyasint,omitempty"` // JoinNode: as it stands now
	Case    uint64         `cbor:"8,keyasint,omitempty"` // Decide, CompleteOrder: the case moved
	Version uint64         `cbor:"9,keyasint,omitempty"` // and its version; ChangeStaff: the revision
	State   workflow.State `cbor:"10,keyasint,omitempty"`
	Fired   uint64         `cbor:"11,keyasint,omitempty"` // Tick: how many timers fired

	Pouch consular.PouchID `cbor:"12,keyasint,omitempty"` // OpenPouch: the label

	Commit uint64 `cbor:"13,keyasint,omitempty"` // File: the entry's number
	Reason Reason `cbor:"14,keyasint,omitempty"` // File: why it was refused
}

// Err gives the refusal of a command as a fault, nil when it was done.
func (r Result) Err() error {
	if r.Fault == fault.Other {
		return nil
	}
	return fault.New(r.Fault, "ledger: "+r.Kind.String(), r.Text, nil)
}

// refuse is the result of a command that changes nothing.
func refuse(kind fault.Kind, text string) Result { return Result{Fault: kind, Text: text} }

// BatchResult answers one batch of an Admit.
type BatchResult struct {
	// Receipts cover everything of the batch that is in the state, in order:
	// those of earlier ranges first, then the new one. They are unsigned.
	Receipts []wire.Receipt `cbor:"1,keyasint,omitempty"`
	Fault    fault.Kind     `cbor:"2,keyasint,omitempty"`
	Text     string         `cbor:"3,keyasint,omitempty"`
	// Resume is what the state holds of the batch's incarnation: with
	// fault.Gap the node sends from there.
	Resume  wire.Position  `cbor:"4,keyasint"`
	Refused []RefusedEntry `cbor:"5,keyasint,omitempty"`
}

// RefusedEntry is an entry that was committed and not accepted (D42).
type RefusedEntry struct {
	Seq    uint64 `cbor:"1,keyasint"`
	Reason Reason `cbor:"2,keyasint"`
}

// Err gives the refusal of a batch as a fault, nil when it was committed or
// known already.
func (b BatchResult) Err() error {
	if b.Fault == fault.Other {
		return nil
	}
	return fault.New(b.Fault, "ledger: admit batch", b.Text, nil)
}

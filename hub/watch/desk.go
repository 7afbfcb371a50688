package watch

import (
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/wire"
)

// Stuck is an order that was tried and has not worked: a line of the
// dead-letter desk.
type Stuck struct {
	Order     uint64
	Kind      string // workflow.Order in words, as in metrics
	Reference consular.Reference
	Post      consular.PostID // pickup post of the request, empty: of none
	Attempts  int
	Since     time.Time // when it was ordered
	Next      time.Time // of the next attempt
	Reason    string    // fault.Kind in words of the last attempt
	Late      bool      // older than an order of this kind may be
}

// Refused is an entry that the hub took and refused (D42).
type Refused struct {
	Number    uint64 // ledger.RefusedLine's
	Post      consular.PostID
	Node      wire.NodeID
	Position  wire.Position
	Reference consular.Reference // zero: the entry named none
	Reason    string             // the stable code of the refusal
	At        time.Time
	Settled   bool // somebody has dealt with it
	Note      string
}

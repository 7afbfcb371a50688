// Package workflow is step 7 of a record's path: the life of a case as pure
// tables. The ledger (step 6) feeds it what nodes and outside systems said,
// stores the case it gives back and the orders for the gateway (step 8); the
// desk (step 1) and the hand-over desk (step 9) ask the same tables what they
// may offer.
//
// One type (Machine), one table each (cnie*.go, pouch.go, record.go), one drawing each
// (DESIGN.md, generated), one function that changes a case (Step).
//
// It guarantees: the same case and input give the same outcome on every
// member and for ever (no clock, no randomness, no input or output); an event
// is accepted only from a party that may cause it, in a state that lists it,
// about the packet it has seen; a refused event leaves the case as it was; an
// accepted one raises the version by exactly one.
//
// It leaves to the ledger: who the speaker really is, the reading of clocks
// from calendars, the storage of orders under their ids, and the desk for
// refused entries. Numbers of states, events, orders, clocks and notices stand
// in the replicated log: they are append-only.
package workflow

// Kind says which machine moves a case. The zero Kind has no machine.
type Kind uint8

// The machines.
const (
	KindCNIE   Kind = 1 // a national identity card, domain.md G.1
	KindPouch  Kind = 2 // a diplomatic pouch, domain.md G.3
	KindRecord Kind = 3 // a police record or bulletin no 3, domain.md G.2
)

// Status is what the public may read of a state. It is neutral: states that
// must not be told apart share one.
type Status uint8

// The public statuses, in the order of a timeline.
const (
	StatusNone         Status = 0
	StatusDraft        Status = 1
	StatusSubmitted    Status = 2
	StatusBooked       Status = 3
	StatusEnrolled     Status = 4
	StatusVerified     Status = 5 // being verified
	StatusAction       Status = 6
	StatusInProduction Status = 7
	StatusOnItsWay     Status = 8
	StatusReady        Status = 9
	StatusHandedOver   Status = 10
	StatusRejected     Status = 11
	StatusCanceled     Status = 12
	StatusExpired      Status = 13
	StatusProcessing   Status = 14 // with the issuer, whatever it finds
	StatusIssued       Status = 15
	StatusDelivered    Status = 16 // opened online by the person
	StatusClosed       Status = 17
	StatusRevoked      Status = 18
)

var statusKeys = [...]string{
	"none", "draft", "submitted", "appointment_booked", "enrolled", "being_verified",
	"action_needed", "in_production", "on_its_way", "ready", "handed_over", "rejected",
	"cancelled", //nolint:misspell // the key in the glossary, domain.md F.2
	"expired", "processing", "issued", "delivered", "closed", "revoked",
}

// Key gives the message key of the status in the catalog (package lang).
func (s Status) Key() string { return name(statusKeys[:], uint8(s)) }

// name looks a number up in a table of names; a number from a newer program is
// shown as unknown, never as another's name.
func name(names []string, n uint8) string {
	if int(n) < len(names) && names[n] != "" {
		return names[n]
	}
	return "unknown"
}

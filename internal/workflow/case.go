package workflow

import "jaliya/internal/consular"

// Post is the code of a consular post; empty means none, or the ministry where
// a pouch begins or ends at home.
type Post = consular.PostID

// Site is the number of a production site; zero means none.
type Site uint8

// Service is the product asked for; this package only carries it.
type Service = consular.Service

// Reason is why a request was refused, returned or frozen; zero means none.
type Reason = consular.RefusalReason

// Digest is a SHA-256 value: of a card's serial or a bag's seal number.
type Digest [32]byte

// PouchID names a pouch; all zero means none.
type PouchID [16]byte

// Case is the clear record of facts that decides what may happen next. It
// holds no personal data, is comparable with ==, and its zero value with a
// Kind is a case that does not exist yet. Only Step makes another from it.
//
// For a pouch Serving is the sender, Pickup the destination, Serial the
// digest of the seal number and Count the items on the manifest.
type Case struct {
	Kind    Kind
	State   State
	Before  State  // where a frozen case goes back to
	Version uint64 // +1 for each accepted event
	Since   uint64 // version from which decisions still count: State entered, restarted
	Service Service

	Serving Post // took the person's data and answers for them
	Pickup  Post // where the citizen collects
	Holder  Post // where the card is now; empty while the nation or a courier has it
	Onward  Post // pickup post chosen while the card was under way to another

	Site   Site
	Serial Digest
	Pouch  PouchID
	Reason Reason // of the last return, refusal, freeze or incident
	Count  uint16 // items of a pouch

	// Counters stop at 255.
	Packets     uint8 // released packets received
	Supplements uint8 // at most one, law 55-19
	Recaptures  uint8
	Returns     uint8
	NoShows     uint8
	Attempts    uint8 // cards made beyond the first
	Checks      uint8 // failed identity checks since the card was ready
	Reminders   uint8
	Appeals     uint8
	// Legalizations is at most one: who was refused is offered the document
	// without.
	Legalizations uint8

	Paid  bool
	Legal LegalClock
}

// Input is an event with the facts that it brings. The ledger fills it from
// an entry's header or a command; facts an event does not need stay zero.
type Input struct {
	Event Event
	Actor Actor // exactly one party
	// Desk marks a desk stepping its own draft. A ledger leaves it false, and
	// so never stores a draft state.
	Desk bool
	// Seen is the version the speaker decided on. The nation's officers and
	// systems must name it; from posts, citizens and clocks it may be zero.
	Seen uint64

	Post       Post // the speaker's post; from a citizen, the post of the slot chosen
	Pickup     Post // the pickup post chosen
	Service    Service
	Site       Site
	Serial     Digest
	Pouch      PouchID
	Reason     Reason
	Count      uint16
	TwoPersons bool // two different persons signed
	Confirmed  bool // the person confirmed the address
}

// Outcome is a step that was accepted: the new case and everything that
// follows from it, in a fixed order.
type Outcome struct {
	Case   Case
	From   State
	Moved  bool // the state was entered, also again from itself
	Status Status
	Orders []Order
	Tells  []Tell
	Timers []Timer
	// Withdraw says that results of this case's open orders are no longer
	// wanted, except the lasting ones; Step refuses them too, by their Seen.
	Withdraw bool
	// Revoked is the serial that OrderRevoke is about.
	Revoked Digest
	// Each is applied by the ledger to every case in the pouch, in the same
	// apply, as System naming this pouch; zero is nothing. A case that refuses
	// (frozen, refused, already received) stays as it is.
	Each Event
}

package workflow

// State is where a case stands. Each comment says who acts next. Numbers are
// append-only; 1-99 belong to requests, 100-149 to pouches.
type State uint8

// None is the state of a case that does not exist yet.
const None State = 0

// States of a draft, held by the desk alone: no ledger ever stores one.
const (
	Draft     State = 1 // agent: receive the person
	CheckedIn State = 2 // agent: take the fee, begin the capture
	Capturing State = 3 // agent: capture what the profile asks for
	Captured  State = 4 // supervisor: look again and release
	Released  State = 5 // node: seal and send; nobody at the post can open it now
)

// States of a CNIE request in the network (domain.md G.1).
const (
	Supplement    State = 6  // citizen: bring the missing document, once, within 30 days
	PreRequested  State = 7  // citizen: choose a slot, or walk in
	Booked        State = 8  // citizen: come to the post
	Replicated    State = 9  // hub: open the packet and check that it is whole
	Verifying     State = 10 // verifier, or the rule for clean packets: decide
	Recapture     State = 11 // serving post: call the person back, capture again
	Returned      State = 12 // serving post: correct its own mistake and release again
	Adjudication  State = 13 // adjudicator: decide a duplicate, a mismatch or an appeal
	Approved      State = 14 // hub: choose a production site
	Routed        State = 15 // production: accept or refuse the job
	InProduction  State = 16 // production: make the card
	Produced      State = 17 // pouch officer: pack the card for its pickup post
	Packed        State = 18 // pouch officer: send the pouch off
	InTransit     State = 19 // courier: carry; pickup post: receive with two persons
	PouchIncident State = 20 // hub: inquire, then resume, take back or make anew
	Received      State = 21 // pickup post: shelve
	Discrepancy   State = 22 // hub: find the card or order a new one
	Ready         State = 23 // citizen: collect
	Hold          State = 24 // hub: inquire after two failed identity checks
	Transfer      State = 25 // holding post: send the card to the post the citizen chose
	Unclaimed     State = 26 // holding post, two persons: send back or destroy
	SentBack      State = 27 // production, two persons: destroy when the wait is over
	Destroyed     State = 28 // nobody: final
	HandedOver    State = 29 // nobody: final
	Rejected      State = 30 // final; citizen: appeal. A card still under way is destroyed
	Canceled      State = 31 // nobody: final
	Expired       State = 32 // nobody: final
	Frozen        State = 33 // hub: lift the freeze or close the case

	// SupplementUntold waits for proof that the person knows of the supplement:
	// only then does its time run.
	SupplementUntold State = 34 // hub: reach the person, or the serving post calls
)

// States of a request for a criminal record in the network (domain.md G.2).
// What the record office does between WITH_ISSUER and ISSUED is its own.
const (
	Filed           State = 40 // hub: open the packet and check that it is whole
	AwaitingPayment State = 41 // citizen: pay within 48 hours
	WithIssuer      State = 42 // record office: issue, ask once, or refuse
	IdentityQuery   State = 43 // hub: reach the person, or a post calls
	QueryTold       State = 44 // citizen: answer within 30 days
	Issued          State = 45 // citizen: open it, or have it printed
	EDelivered      State = 46 // citizen: nothing, or have it printed too
	PrintQueued     State = 47 // citizen: go to the post with the code; agent: begin the print
	Printing        State = 48 // hub: seal it to the print; agent: print
	Printed         State = 49 // agent: hand the sheet over
	NoResponse      State = 50 // nobody: final
	Revoked         State = 51 // nobody: final
	Legalizing      State = 52 // hub: bring the apostille from its authority, or the refusal
	Mailed          State = 53 // carrier: deliver or bring back; citizen: say that it came
	Acknowledged    State = 54 // nobody: final
)

// States of a pouch (domain.md G.3).
const (
	PouchOpen           State = 100 // sender: add what goes to the destination
	PouchManifested     State = 101 // sender: close the bag under a seal
	PouchClosed         State = 102 // sender: give the bag to the courier
	PouchWithCourier    State = 103 // courier: leave
	PouchInTransit      State = 104 // courier: arrive
	PouchArrived        State = 105 // destination: open, two persons
	PouchOpened         State = 106 // destination: scan and count against the manifest
	PouchReconciled     State = 107 // nobody: final
	PouchDelayed        State = 108 // pouch officer: trace the bag
	PouchSealBroken     State = 109 // destination: open, two persons, and report
	PouchReturnedByHost State = 110 // sender: open at home, two persons
	PouchLost           State = 111 // final; whoever finds the bag reports it
	PouchDiscrepancy    State = 112 // hub: settle what was missing, extra or damaged
)

var stateNames = [...]string{
	None: "NONE", Draft: "DRAFT", CheckedIn: "CHECKED_IN", Capturing: "CAPTURING",
	Captured: "CAPTURED", Released: "RELEASED", Supplement: "SUPPLEMENT",
	PreRequested: "PRE_REQUESTED", Booked: "BOOKED", Replicated: "REPLICATED",
	Verifying: "VERIFYING", Recapture: "RECAPTURE", Returned: "RETURNED",
	Adjudication: "ADJUDICATION", Approved: "APPROVED", Routed: "ROUTED",
	InProduction: "IN_PRODUCTION", Produced: "PRODUCED", Packed: "PACKED",
	InTransit: "IN_TRANSIT", PouchIncident: "POUCH_INCIDENT", Received: "RECEIVED",
	Discrepancy: "DISCREPANCY", Ready: "READY", Hold: "HOLD", Transfer: "TRANSFER",
	Unclaimed: "UNCLAIMED", SentBack: "SENT_BACK", Destroyed: "DESTROYED",
	HandedOver: "HANDED_OVER", Rejected: "REJECTED",
	Canceled: "CANCELLED", //nolint:misspell // the name in domain.md G.1
	Expired:  "EXPIRED", Frozen: "FROZEN", SupplementUntold: "SUPPLEMENT_UNTOLD",

	Filed: "FILED", AwaitingPayment: "SUBMITTED", WithIssuer: "WITH_ISSUER",
	IdentityQuery: "IDENTITY_QUERY", QueryTold: "QUERY_TOLD", Issued: "ISSUED",
	EDelivered: "E_DELIVERED", PrintQueued: "PRINT_QUEUED", Printing: "PRINTING",
	Printed: "PRINTED", NoResponse: "CLOSED_NO_RESPONSE", Revoked: "REVOKED",
	Legalizing: "LEGALIZING", Mailed: "MAILED", Acknowledged: "ACKNOWLEDGED",

	PouchOpen: "OPEN", PouchManifested: "MANIFESTED", PouchClosed: "CLOSED",
	PouchWithCourier: "HANDED_TO_COURIER", PouchInTransit: "POUCH_IN_TRANSIT",
	PouchArrived: "ARRIVED", PouchOpened: "OPENED", PouchReconciled: "RECONCILED",
	PouchDelayed: "DELAYED", PouchSealBroken: "SEAL_BROKEN",
	PouchReturnedByHost: "RETURNED_BY_HOST", PouchLost: "LOST",
	PouchDiscrepancy: "POUCH_DISCREPANCY",
}

// String gives the name of the state as in domain.md, "IN_PRODUCTION".
func (s State) String() string { return name(stateNames[:], uint8(s)) }

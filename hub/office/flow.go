package office

import (
	"jaliya/internal/fault"
)

// State is where a request stands inside the office. Append-only.
type State uint8

// The states. What each waits for stands behind it.
const (
	Matching      State = 1  // an officer finds the person in the file
	IdentityQuery State = 2  // the person answers the one question
	Resolve       State = 3  // an officer tells several persons apart
	Matched       State = 4  // an officer searches
	Searched      State = 5  // nobody: it passes at once to Clear or Review
	Clear         State = 6  // an officer orders the document, then its slot
	Review        State = 7  // two officers decide what stays
	Decided       State = 8  // an officer orders the document, then its slot
	Issued        State = 9  // the document is made; its slot, then nobody
	Refused       State = 10 // nobody
	Withdrawn     State = 11 // nobody
	Revoked       State = 12 // nobody
)

var stateNames = map[State]string{
	Matching: "MATCHING", IdentityQuery: "IDENTITY_QUERY", Resolve: "RESOLVE", Matched: "MATCHED", Searched: "SEARCHED",
	Clear: "CLEAR", Review: "REVIEW", Decided: "DECIDED", Issued: "ISSUED", Refused: "REFUSED", Withdrawn: "WITHDRAWN",
	Revoked: "REVOKED",
}

// States lists all of them.
func States() []State {
	return []State{Matching, IdentityQuery, Resolve, Matched, Searched, Clear, Review, Decided, Issued, Refused, Withdrawn, Revoked}
}

// String gives the name in the drawing.
func (s State) String() string { return stateNames[s] }

// Event is what happens to a request. Append-only: steps on disk name them.
type Event uint8

// The events.
const (
	Found           Event = 1  // one person
	SeveralFound    Event = 2  // or none that is surely the one
	Asked           Event = 3  // the one question
	Answered        Event = 4  // by the person
	EntryAdded      Event = 5  // to what the search brings
	EntryDropped    Event = 6  // from it
	SearchEnded     Event = 7  // and one of the next two follows at once
	NothingFound    Event = 8  // no entry
	EntriesFound    Event = 9  // entries to be decided about
	Proposed        Event = 10 // what stays, by a first officer
	Returned        Event = 11 // a second officer does not agree
	Confirmed       Event = 12 // a second officer agrees
	IssueOrdered    Event = 13 // by an officer
	DocumentMade    Event = 14 // by this program, shortly before the slot
	Released        Event = 15 // by this program, in the slot
	Voided          Event = 16 // made with wrong data; nobody has it yet
	RefusalDecided  Event = 17 // by an officer
	WithdrawalAsked Event = 18 // by the network
	RevocationSaid  Event = 19 // by an officer
)

var eventNames = map[Event]string{
	Found: "found", SeveralFound: "several-found", Asked: "asked", Answered: "answered", EntryAdded: "entry-added",
	EntryDropped: "entry-dropped", SearchEnded: "search-ended", NothingFound: "nothing-found", EntriesFound: "entries-found",
	Proposed: "proposed", Returned: "returned", Confirmed: "confirmed", IssueOrdered: "issue-ordered", DocumentMade: "document-made",
	Released: "released", Voided: "voided", RefusalDecided: "refused", WithdrawalAsked: "withdrawn", RevocationSaid: "revoked",
}

// Events lists all of them.
func Events() []Event {
	out := make([]Event, 0, len(eventNames))
	for e := Found; e <= RevocationSaid; e++ {
		out = append(out, e)
	}
	return out
}

// String gives the name in the drawing and on screens.
func (e Event) String() string { return eventNames[e] }

// Guard is a condition of a row.
type Guard uint8

// The guards.
const (
	Always       Guard = 0
	NotAsked     Guard = 1 // law 55-19: one question
	NoEntries    Guard = 2
	SomeEntries  Guard = 3
	NoProposal   Guard = 4
	SecondPerson Guard = 5 // there is a proposal, by somebody else
	NotOrdered   Guard = 6
	Ordered      Guard = 7
	NotReleased  Guard = 8
	WasReleased  Guard = 9
	QuestionOut  Guard = 10 // the network has it
)

var guardNames = map[Guard]string{
	Always: "", NotAsked: "not asked before", NoEntries: "no entries", SomeEntries: "entries", NoProposal: "no proposal",
	SecondPerson: "second person", NotOrdered: "not ordered", Ordered: "ordered", NotReleased: "not released",
	WasReleased: "released", QuestionOut: "question is out",
}

// Facts are what guards look at.
type Facts struct {
	Asked, Ordered, Released, QuestionOut bool
	Entries                               int
	Proposer, Actor                       string
}

// holds says why a guard does not hold.
func (g Guard) holds(f Facts) error {
	const op = "office: check guard"
	conflict := func(ok bool) error {
		if ok {
			return nil
		}
		return fault.New(fault.Conflict, op, guardNames[g], nil)
	}
	switch g {
	case Always:
		return nil
	case NotAsked:
		return conflict(!f.Asked)
	case NoEntries:
		return conflict(f.Entries == 0)
	case SomeEntries:
		return conflict(f.Entries > 0)
	case NoProposal:
		return conflict(f.Proposer == "")
	case SecondPerson:
		if f.Proposer == "" {
			return conflict(false)
		}
		if f.Proposer == f.Actor {
			return fault.New(fault.Denied, op, guardNames[g], CodeTwoOfficers.cause())
		}
		return nil
	case NotOrdered:
		return conflict(!f.Ordered)
	case Ordered:
		return conflict(f.Ordered)
	case NotReleased:
		return conflict(!f.Released)
	case WasReleased:
		return conflict(f.Released)
	case QuestionOut:
		return conflict(f.QuestionOut)
	}
	return fault.New(fault.Internal, op, "unknown guard", nil)
}

// Row is one row of the machine.
type Row struct {
	From State
	On   Event
	To   State
	If   Guard
}

// Table gives the machine: one row for each state and event that go together.
func Table() []Row {
	rows := []Row{
		{Matching, Found, Matched, Always},
		{Matching, SeveralFound, Resolve, Always},
		{Matching, Asked, IdentityQuery, NotAsked},
		{Resolve, Found, Matched, Always},
		{Resolve, Asked, IdentityQuery, NotAsked},
		{IdentityQuery, Answered, Matching, QuestionOut},
		{Matched, EntryAdded, Matched, Always},
		{Matched, EntryDropped, Matched, SomeEntries},
		{Matched, SearchEnded, Searched, Always},
		{Searched, NothingFound, Clear, NoEntries},
		{Searched, EntriesFound, Review, SomeEntries},
		{Review, Proposed, Review, NoProposal},
		{Review, Returned, Review, SecondPerson},
		{Review, Confirmed, Decided, SecondPerson},
		{Clear, IssueOrdered, Clear, NotOrdered},
		{Decided, IssueOrdered, Decided, NotOrdered},
		{Clear, DocumentMade, Issued, Ordered},
		{Decided, DocumentMade, Issued, Ordered},
		{Issued, Released, Issued, NotReleased},
		{Issued, Voided, Matched, NotReleased},
		{Issued, RevocationSaid, Revoked, WasReleased},
		{Issued, WithdrawalAsked, Withdrawn, NotReleased},
		{Refused, Released, Refused, NotReleased},
		{Refused, WithdrawalAsked, Withdrawn, Always},
	}
	for _, s := range []State{Matching, Resolve, IdentityQuery, Matched, Clear, Review, Decided} {
		rows = append(rows, Row{s, RefusalDecided, Refused, Always}, Row{s, WithdrawalAsked, Withdrawn, Always})
	}
	return rows
}

// Step gives the state that follows. Errors: Conflict where the event does not
// belong to the state or its guard does not hold; Denied for one person who
// would be two.
func Step(from State, on Event, f Facts) (State, error) {
	for _, row := range Table() {
		if row.From == from && row.On == on {
			return row.To, row.If.holds(f)
		}
	}
	return from, fault.New(fault.Conflict, "office: step", from.String()+" "+on.String(), nil)
}

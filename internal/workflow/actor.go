package workflow

import "strings"

// Actor is a set of parties. In an Input it holds exactly one, the party that
// says the event; in a table row it holds all that may.
type Actor uint16

// The parties (domain.md E.4). A post's entry may only claim the first three.
const (
	Agent        Actor = 1 << iota // counter agent at a post
	Supervisor                     // second person at a post
	Node                           // the post's machine itself: sealed, sent
	Citizen                        // the person or guardian, through the portal
	Hub                            // hub officer, or a rule that speaks for one
	Verifier                       // hub verifier
	Adjudicator                    // hub adjudicator: duplicates, fraud, appeals
	Production                     // card center
	PouchOfficer                   // the ministry's pouch desk
	Courier                        // who carries the pouch
	System                         // a clock of the ledger
	Issuer                         // record office: kept for the third table
)

// AtPost are the parties that a node's journal may speak for; the ledger
// refuses any other claim in a node's entry before it asks this package.
const AtPost = Agent | Supervisor | Node

// seers decide about a certain packet or card and must therefore name the
// version they saw. A post may be offline and a clock has no eyes.
const seers = Hub | Verifier | Adjudicator | Production | PouchOfficer | Issuer

var actorNames = [...]string{
	"agent", "supervisor", "node", "citizen", "hub", "verifier", "adjudicator", "production",
	"pouch-officer", "courier", "system", "issuer",
}

// String lists the parties of the set, "agent|supervisor".
func (a Actor) String() string {
	var names []string
	for i, n := range actorNames {
		if a&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	if names == nil {
		return "nobody"
	}
	return strings.Join(names, "|")
}

// one reports whether exactly one known party speaks.
func (a Actor) one() bool { return a != 0 && a&(a-1) == 0 && a < 1<<len(actorNames) }

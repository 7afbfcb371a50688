// Package watch tells the operators of the hub what needs them, beside the path
// of a record: it gathers how each post stands (what the nodes report, what the
// ledger holds), ranks it as needs, remembers who has taken each, and tells
// those who are not looking.
//
// Guarantees: nothing of it holds personal data, a request is named by its
// reference only; what it says is as old as the moment it names; a post is
// called silent by its own opening hours; a need that ended disappears by
// itself, and one that came back is a new one.
package watch

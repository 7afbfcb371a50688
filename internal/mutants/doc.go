// Package mutants holds mistakes that this system must not make, as edits of
// its sources, and proves for each that a named test sees it (reliability.md
// section 7.3). It stands beside the path of a record: a test that cannot fail
// proves nothing, and here each of them has to.
//
// It guarantees: no mistake is compiled into a program. An edit is applied to
// a copy at build time (go build -overlay), and an edit that no longer finds
// its place is a failure, not a mistake less.
package mutants

// Package ledger is step 6 of a record's path: the replicated state. Commands
// that the Raft majority committed come in (Apply), cases, orders, notices and
// receipts come out, and views read them. Package cluster (step 5) drives it
// through package hub, internal/workflow (step 7) decides what a case becomes.
//
// It guarantees: the same commands in the same order make the same state on
// every member, byte for byte, which the rolling state hash shows; a command is
// applied once (index guard); no content, however bad, fails, panics or blocks
// what is behind it; a position of a node has one hash for ever (I6), its
// cursor is contiguous and never goes back (I7), a record has one effect (I9),
// no entry of an older session commits after a newer one (I10).
//
// Apply is arithmetic: no clock, no randomness, no network, no log. Times, ids
// and secrets arrive inside commands. It leaves to intake the verification of
// signatures and images, to opener and gateway the carrying out of orders, to
// the hub the signing of receipts and notices, which it keeps unsigned.
//
// Buckets, keys and commands are byte tables in DESIGN.md.
package ledger

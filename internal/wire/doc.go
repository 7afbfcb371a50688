// Package wire is the format in which records travel and rest: entries,
// positions and their chain, signed batches, receipts, notices and frames. It
// stands between steps 3 (ship) and 4 (intake): the one place where the node's
// side and the hub's side meet. SPEC.md beside it is the format; this package
// follows it clause by clause.
//
// Guarantees: bytes are hashed, signed and kept as received, never re-encoded;
// caps are checked before allocation; unknown fields are kept; what has been
// verified has another type than what was received. It does no I/O, reads no
// clock, and leaves sealing to package seal and sessions to package link.
package wire

// Package journal is step 2 of a record's path: the node's truth. Before it is
// the desk (step 1), which hands it released entries; after it is ship (step
// 3), which reads from it what the hub does not have and stores in it what the
// hub says.
//
// Guarantees: Append returns after entry, head and outbox position are on disk
// in one transaction (D34), which is level L1; the journal is the outbox, so
// nothing is written twice and nothing is scanned to find unsent work; each
// entry continues a hash chain that is verified when it is read (D5); a failed
// sync latches the journal, the process is to leave, and the next start rewrites
// and proves the file (D3); a visit that would not fit is refused before capture
// (D8). Nothing is deleted here before it is archived.
//
// The decisions are functions over kv.Reader and kv.Writer, without clock,
// randomness or disk: simulation runs the same ones. Journal puts them on a
// bbolt file. DESIGN.md holds the buckets.
package journal

// Package office is the record office's own desk and store, for an office
// without a system of its own: steps 6 to 12 of a record's path (domain.md G.2),
// of which the network sees one state. It stands beside step 8: the hub's gateway
// asks it by the contract "records", officers work at its screens, and package
// document makes what it issues. It shares nothing with the hub's ledger.
//
// Guarantees: what is answered is on disk, and a killed process goes on where it
// stood; one request has one document, and no number is given to two; while a
// request is worked on, the network is given the same bytes after the same work
// whatever was found; a document is made shortly before the slot that was fixed
// when the request arrived, so neither the time of its release nor the times
// inside it tell what a search found; what was decided of entries is decided by
// two persons; content is on disk only under the office's data key, padded, and
// in no log, metric, address or title.
//
// DESIGN.md beside it holds the machine's drawing, the slots, the store and the
// limits.
package office

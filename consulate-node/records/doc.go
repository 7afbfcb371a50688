// Package records stands beside handover at step 9 of a record's path: a
// criminal record is printed at the post that the person chose, once, with a key
// that this machine makes for that one print and keeps in memory, and is given
// into the person's hand; and persons whom no message reaches are called. Before
// it are the hub's notices (journal, step 2); after it the entries that say what
// was done, which ship (step 3) carries. The printer is spoken to by
// internal/ipp.
//
// Guarantees: the document is in memory between the hub's vault and the printer
// and in no file, log, address or screen; nobody at the post can look at it
// before it is paper; the hub alone says whether the code was right, and a print
// is begun only with the link; what an action has answered is on disk (L1); an
// entry and the change that it reports are one transaction; each entry was
// allowed by package workflow first; names lie sealed under the node's data key
// and are forgotten once the hub knows of the hand-over. A process that dies
// between the beginning and the sheet has lost the key: two persons say so, and
// there is one more try.
//
// DESIGN.md holds buckets, stages and what ends each of them.
package records

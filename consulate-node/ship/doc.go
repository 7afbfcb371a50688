// Package ship is step 3 of a record's path: it sends what the journal (step 2)
// holds to the hub's intake (step 4), and brings back receipts, notices and
// documents, which it stores in the journal.
//
// Guarantees: entries go in order, each once per session, and again after a
// loss; an entry goes only after every image it names is stored at the hub
// (D45); a receipt counts only when its signature and its hash agree with the
// journal; loss of the link is noticed within 5 s and answered by a probe every
// 2 to 4 s. (Only when nothing but our own direction is gone, while it is full
// of what we send, does it take 20 s.) What is on the way is bounded in bytes
// and follows the link. What asking again would not mend is asked ever more
// seldom, up to a minute; after a fork people decide, and the node asks every
// few minutes whether they have. What one bundle suffers delays no other, and a
// damaged one never ends the process. Images travel on connections of their
// own, so that a receipt or a notice never waits behind them (D25).
//
// Core decides, without clock, randomness, disk or network; Ship drives it over
// package link. Simulation drives the same Core.
package ship

// Package backlog measures how a post's backlog reaches the hub over the links
// that posts have, next to others that carry the same sealed entries. It stands
// beside the path of a record and drives steps 2 to 6 as they are.
//
// Guarantee: each contender has a link of its own with the same rate, delay, queue
// and losses (package emulate); on slow links they run side by side. Ours is a whole hub
// and a whole node: what it sends counts when the receipt is in the journal. It
// sends twice: over a link that it never used, and over the same one again.
// The others hold all in memory and write nothing to a disk, connect at the very
// moment at which the link returns, and have the best of what is there: one
// HTTP/2 connection over TCP with sixteen batches under way, and QUIC streams
// that are always full. A batch of theirs counts when its signed answer came.
package backlog

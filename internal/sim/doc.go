// Package sim is the machinery of deterministic simulation (tier A): a virtual
// clock with a queue of events, a network that delays, loses, repeats, reorders
// and cuts, a disk that forgets what was not committed, and the record of what
// happened. It stands beside the path of a record: the tests of this package
// put the cores of steps 1 to 7 on it, with their real bytes and signatures.
//
// It guarantees: everything that happens follows from one seed. There is one
// goroutine, one generator (Rand), no wall clock and no map whose order shows;
// the same seed gives the same Trace.
package sim

// Package node builds a post's node from its parts and runs them as one: desk
// (1), journal (2), ship (3). cmd/consulate-node calls it. It is the only
// package whose name is not its folder's.
//
// Guarantee: Open returns a node that works or says in a sentence why not; the
// desk works from then on, hub or no hub; Run returns after every goroutine has
// ended and every file is closed; an error of Run means that the process is to
// leave with exit code 1 and be started again.
package node

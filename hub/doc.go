// Package hub builds the national hub from its parts and runs them as one:
// intake (4), cluster (5), ledger (6), opener and vault beside them, gateway
// (8). cmd/hub calls it.
//
// Guarantee: Open returns a hub that works or says in a sentence why not; Run
// returns after every goroutine has ended and every file is closed; an error of
// Run means that the process is to leave with exit code 1 and be started again.
package hub

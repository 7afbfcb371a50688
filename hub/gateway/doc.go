// Package gateway is step 8 of a record's path: the leader's worker. It reads
// the orders that the ledger (step 6) holds, has each carried out, and proposes
// what became of it as a command.
//
// Guarantees: an order is carried out at least once, under its order id, so that
// whoever carries it out can tell a repeat; a result is proposed with the
// version of the case that the order saw; a failure is a failed attempt with a
// plain reason and a next moment, never silence; one stuck order delays no
// other. Whether this member leads is asked before each round, and the ledger
// refuses what comes too late.
package gateway

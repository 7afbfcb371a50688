// Package portal is the citizens' web surface, step 10 of a record's path, as a
// process of its own: following a request by the numbers or the QR code of a
// slip, and proving a document that somebody shows. Signing in, filing and
// paying are surfaces that are put beside it (Extra).
//
// Guarantees: it holds no intake key and reaches the network by package rpc
// alone; nothing about a person is written to its disk, its log, its metrics or
// an address; an unknown reference, a wrong code and a wrong token are answered
// alike, and guesses are limited by client and by reference; a token is never
// logged and leaves the address bar at once; who proves a document is not
// remembered. Everything works without scripts.
//
// It leaves to the member what the answers are, to package document what holds.
// DESIGN.md says why.
package portal

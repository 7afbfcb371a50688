// Package officer knows who works at the hub and lets them in. It stands before
// step 11 of a record's path: the console asks it who sits at a browser. Whoever
// may open the admin socket adds officers and hands out one-time sheets; each
// sign-in, lock and end is a command of the ledger, so that all members know it.
//
// Guarantees: who was changed or disabled is out when the change is committed; a
// code of an authenticator and a one-time sheet work once, on all members
// together; unknown officer, wrong password and wrong code are answered alike,
// in text and in work done; names, hashes and secrets are in the ledger only
// under a key that is not in it, and in no log; a restart signs nobody out.
//
// DESIGN.md beside it holds the choices.
package officer

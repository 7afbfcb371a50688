// Package people knows who works at a record office and lets them in. It stands
// before the screens of package office, which ask it who sits at a browser.
// Whoever may open the office's admin socket adds officers and hands out one-time
// sheets; accounts, sessions and the log of sign-ins lie in the office's store.
//
// It behaves as the sign-in of the hub's console does and shares no code with
// it: that one is a part of the hub's ledger, and the office has none.
//
// Guarantees: who was changed or disabled is out when the change is on disk; a
// code of an authenticator and a one-time sheet work once; unknown officer, wrong
// password and wrong code are answered alike, in text and in work done; names,
// hashes and secrets are on disk only under the office's data key, and in no log;
// a restart signs nobody out.
package people

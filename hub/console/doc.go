// Package console is the hub's web surface for its officers, step 11 of a
// record's path: sign-in, the verification desk, the pouch desk; operators get
// their page here too. One action method stands behind each screen and its JSON
// twin: permission, validate, act.
//
// Guarantees: each action asks for its permission in its first line; whatever an
// officer decides is a command of the ledger that names them, and is refused when
// the case is no longer as their page showed it; a packet is opened only for a
// case that waits for a verifier, and only after the line that says who read it
// is committed; what was opened is never stored, cached, logged or put into an
// address.
//
// It leaves to package officer who sits there, to the ledger what may be said
// when, to the opener the packets. API.md lists the routes.
package console

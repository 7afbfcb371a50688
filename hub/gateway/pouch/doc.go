// Package pouch is the ministry's pouch desk, beside step 8 of a record's path:
// it puts finished cards into the bag of their post, closes and sends it. People
// do it by the hub's commands; with Config.Auto a rule does it. In both cases
// the manifest of a closed bag is sealed to its post before the bag may leave.
//
// Guarantees: a card and the pouch that lists it change in one command of the
// ledger; whatever the rule was doing when the program ended is finished from
// what the ledger holds; no name, reference or serial is logged.
//
// It leaves to the ledger what may be said when, to the opener the names, to
// the production sites the serials.
package pouch

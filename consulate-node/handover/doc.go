// Package handover is step 9 of a record's path, its last at a post: a card
// comes in a pouch, is counted by two persons, shelved, found again, and given
// into a hand, with or without a link. Before it are the hub's notices, which
// announce the pouch (journal, step 2); after it are the entries that say what
// was done, which ship (step 3) carries.
//
// Guarantees: what an action has answered is on disk (L1); an entry and the
// change of custody that it reports are one transaction; each entry was allowed
// by package workflow before it was appended, so that a post refuses offline
// what the hub would refuse; two persons are two, and one of them may open
// pouches; a thing done twice is done once; names, numbers and serials lie
// sealed under the node's data key and are looked up by keyed hashes; who has a
// card is forgotten at the post once the hub knows that it was handed over.
//
// Each action is a method in its own file: permission, validate, act. DESIGN.md
// holds buckets, states and what the hub's word changes.
package handover

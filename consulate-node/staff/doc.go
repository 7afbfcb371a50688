// Package staff knows who works at a post and lets them in, hub or no hub. It
// stands before step 1 of a record's path: the desk asks it who sits at a
// workstation. Staff arrive as sealed notices in the journal (step 2); each
// sign-in, refusal, lock and sign-out leaves as an entry of it.
//
// Guarantees: whom a stored notice disables is out before the next request is
// answered; a code of an authenticator and a one-time code work once, crash or
// no crash; unknown staff, wrong password and wrong code are answered alike, in
// text and in work done; names, hashes and secrets are on disk only under the
// node's data key, and in no log; a restart signs nobody out. What a person
// typed is the desk's drafts, so a lock or an end loses nothing. After 45 days
// without a word of the hub nobody is let in any more.
//
// DESIGN.md beside it holds the buckets and the choices.
package staff

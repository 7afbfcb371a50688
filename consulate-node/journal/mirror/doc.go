// Package mirror is the second disk of step 2: an append-only log of every
// transaction of a post's journal, and copies of the sealed files beside it. It
// stands beside the journal, which hands it each transaction before the commit
// and is completed from it when its own disk lost what the mirror has.
//
// Guarantees: while State is Good, whatever the journal has committed is fsynced
// here too, before anybody is told; transactions form a hash chain, so a torn
// tail is cut and a damaged middle is neither passed over nor cut; what holds the
// key of a draft is kept apart and is overwritten when the journal drops it; the
// last whole copy of a sealed image that the journal names is never removed. A disk
// that fails, hangs or is away stops nobody: State says so, and it is brought up to
// date again by itself. A history that is not the journal's own is never
// overwritten.
//
// ../DESIGN.md section 7 says what lies where and what a crash leaves.
package mirror

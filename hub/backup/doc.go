// Package backup keeps copies of a hub in a directory that may be carried away:
// its state, the keys that a restored hub needs, and the sealed objects of its
// vault. It stands beside step 6 of a record's path, which it can bring back;
// package hub asks a running member for what goes in (hub backing) and makes a
// hub of what comes out.
//
// Guarantees: a backup has its name only when all of it is on disk and its signed
// manifest with it, so that half of one never looks like a whole; what is read
// back is byte for byte what the manifest names, or an error; objects are copied
// once, and each is proved by its digest as the target gives it back. State and
// keys are readable with the offline identity alone.
//
// DESIGN.md beside this file gives the reasons and the layout.
package backup

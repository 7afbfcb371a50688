// Package byhand moves whole files between a command and the running daemon,
// over the daemon's admin socket: the files of wire's SPEC.md section 14, which
// travel where no link does. It stands beside step 3 of a record's path at the
// node and step 4 at the hub, which read and write what is in them.
//
// Guarantees: what comes in is on this machine's disk, whole, before anybody
// reads it, and gone from it afterwards; an answer that could not be finished
// is never handed over as one; a file on the caller's side has its name only
// when it is complete and synced. The socket's mode is the permission.
package byhand

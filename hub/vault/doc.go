// Package vault keeps sealed images and documents under the SHA-256 of their
// bytes. It stands beside step 4 (intake), which fills it before an entry that
// names an image is proposed (D45), and the opener, which reads from it.
//
// Guarantees: an object stands under its name only after all its bytes were
// verified against that name, fsynced, renamed and its directory synced (D46);
// it is never changed afterwards, is proved again within a month and by whoever
// reads it, is set aside and wanted when two readings do not match (D47), and gets
// its name back when a later one does; a cut upload keeps every whole chunk, so
// that at most one chunk is sent twice (D26), also across a restart; what is there
// twice is written once. It reads nothing of what it keeps.
//
// Directory is the vault of a hub of one machine.
package vault

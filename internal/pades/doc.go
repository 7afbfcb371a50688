// Package pades signs PDF files and proves signatures: PAdES baseline B-T and
// B-LT (EN 319 142-1), that is SubFilter ETSI.CAdES.detached over the whole file but
// the signature, the signer's certificate among the signed attributes, no
// signing-time (the PDF says /M), and a time-stamp token over the signature
// value. It stands beside the path of a record: a record office signs (step
// 8), whoever is given the file proves.
//
// A file to be signed holds the room for it, as package pdf leaves with
// Reserve: signing fills two holes and changes no other byte, so that one
// revision of the file is signed. Completer may append one update after it: a
// document security store with the certificates of signer and time-stamping
// authority and their lists of revoked certificates (B-LT). Where such lists
// cannot be had, the update has the same size, and the file stays B-T.
//
// Guarantees: Verify takes a file only if the byte range covers its signed
// revision from the first byte on but for one hole, the hole holds one
// signature in one spelling and zeros, the signature is by a certificate for
// documents (RFC 9336) that leads to a given root and was valid at the time of
// the token, and the token is proved as package timestamp says. What follows
// the signed revision must be, byte for byte, the update that package pdf
// writes for certificates of these two chains and lists signed by them; so
// nothing that a viewer shows can come from there. A list that says a
// certificate had been revoked when it was used makes the file worthless.
// Changing any one byte of a file is refused. No clock is read and nobody is
// asked.
//
// B-LT holds as long as its algorithms do and the key of the time-stamping
// authority stays its own: nothing in the file proves that against somebody
// who stole the key after its certificate had run out. That takes archive time
// stamps (B-LTA), which are not here.
package pades

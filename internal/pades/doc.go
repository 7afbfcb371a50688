// Package pades signs PDF files and proves signatures: PAdES baseline B-T (EN
// 319 142-1), that is SubFilter ETSI.CAdES.detached over the whole file but
// the signature, the signer's certificate among the signed attributes, no
// signing-time (the PDF says /M), and a time-stamp token over the signature
// value. It stands beside the path of a record: a record office signs (step
// 8), whoever is given the file proves.
//
// A file to be signed holds the room for it, as package pdf leaves with
// Reserve: signing fills two holes and changes no other byte, so that one
// revision of the file exists and nothing can be appended.
//
// Guarantees: Verify takes a file only if the byte range covers all of it but
// one hole, the hole holds one signature in one spelling and zeros, the
// signature is by a certificate for documents (RFC 9336) that leads to a given
// root and was valid at the time of the token, and the token is proved as
// package timestamp says. Changing any one byte of a signed file is refused.
//
// B-T is enough for a document that holds for three months. Files that are
// kept longer need the validation data of B-LT and B-LTA, which are not here:
// once the certificate of the time-stamping authority has run out, nothing in
// the file proves that it had not been revoked.
package pades

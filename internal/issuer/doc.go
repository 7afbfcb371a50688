// Package issuer holds what makes an office an issuer of documents: its key
// for PDF signatures with the chain of its certificate, and its key for seals
// on paper, each in PEM files. It stands at step 8, in the record office; the
// network never has these keys, because a post prints copies of what an issuer
// signed and never becomes the issuer.
//
// Authority is a certification authority for tests, simulators and
// demonstrations: it lives in memory, makes such identities and forgets its
// own keys. A real issuer's files come from the issuer.
//
//	sign.key  private key of PDF signatures, PKCS 8, P-256, mode 0600
//	sign.pem  its certificate, then what leads to the root, the root left out
//	seal.key  private key of seals, likewise
//	seal.pem  its certificate, likewise: what a reader's --seal-keys wants
//	root.pem  written by Create only: what a reader's --trust wants
//
// Guarantees: a key file that others may read is refused, as is a key without
// its certificate, a certificate for another purpose, and one that has run out
// or is not valid yet.
package issuer

// Package issuer holds what makes an office an issuer of documents: its key
// for PDF signatures with the chain of its certificate, and its key for seals
// on paper, each in PEM files. It stands at step 8, in the record office; the
// network never has these keys, because a post prints copies of what an issuer
// signed and never becomes the issuer.
//
// Authority is a certification authority for tests, simulators and
// demonstrations: it lives in memory, makes such identities, issues its lists
// of revoked certificates and forgets its own keys, so that the lists which
// Create writes are its last and hold as long as it does. A real issuer's files
// come from the issuer; lists that it gives out over HTTP are asked for there.
//
//	sign.key  private key of PDF signatures, PKCS 8, P-256, mode 0600
//	sign.pem  its certificate, then what leads to the root, the root left out
//	seal.key  private key of seals, likewise
//	seal.pem  its certificate, likewise: what a reader's --seal-keys wants
//	root.pem  what a reader's --trust wants; needed for documents of B-LT
//	lists.pem lists of revoked certificates of the root and of the authorities
//	          below it; read at each document, so that a new one counts at once
//
// Guarantees: a key file that others may read is refused, as is a key without
// its certificate, a certificate for another purpose, and one that has run out
// or is not valid yet.
package issuer

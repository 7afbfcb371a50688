// Package revocation finds and reads lists of revoked certificates (CRL, RFC
// 5280 clause 5): from files that an operator keeps, else from where a
// certificate says that its list is. It stands beside the path of a record;
// package pades embeds what it finds in a signed document, so that a reader
// proves years later, with nothing but the file and a root, that no
// certificate had been revoked.
//
// Guarantees: a list counts for a certificate only if its issuer's own key
// signed it, it covers the moment asked about, and nothing in it is critical
// and not understood, so that a list of some certificates, or of changes
// alone, is never taken for the whole one. Source asks outside for a limited
// time and a limited number of bytes, and follows no redirect.
//
// Not here: OCSP, lists signed by somebody else than the issuer, LDAP.
package revocation

// Package vds makes and reads visible digital seals: the bar code on a printed
// document that lets anyone with the issuer's certificate prove offline who
// signed it and what it said. It stands beside the path of a record: a record
// office seals (step 8), whoever is shown the paper reads.
//
// A seal is a header, a message of features (tag, length, value) and a raw
// ECDSA signature over both, as ICAO 9303-13 and BSI TR-03137 part 1 specify
// for version byte 03:
//
//	offset  size  content
//	0       1     dc, the magic constant
//	1       1     03, the version
//	2       2     issuing country, C40, three characters
//	4       4-    signer (4 characters), length of the certificate reference
//	              (2 hexadecimal digits), the reference; C40 as one text
//	..      3     date of issue, MMDDYYYY as a number
//	..      3     date of signature, likewise
//	..      1     feature definition
//	..      1     document category
//	..            features: tag (not ff), DER length, value
//	..      2     ff 40, then 64 bytes: r and s of P-256
//
// The seal on our documents, record.go, is a feature definition of our own on
// top; DESIGN.md says what it holds and why.
//
// Guarantees: decoding never panics and never takes more than MaxSeal bytes;
// what decodes encodes to the same bytes; a seal counts as genuine only under
// a certificate that chains to a given root, bears the signer and reference of
// the header, is no certificate for PDF signatures or times, and was valid on
// the day of signature. Foreign seals on brainpool curves are read but not
// verified: the standard library has no such curve.
package vds

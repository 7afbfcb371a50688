// Package document makes and proves the extract of a criminal record as a
// whole: the PDF that the issuer signs and times, the seal on it that a paper
// keeps, and the container that tells nothing about it by its size. It stands
// at step 8: a record office issues, and everyone who is shown a document
// proves.
//
// Issue draws the control code, seals the record, prints it with the seal and
// signs it. Verify proves a file; ReadSeal proves what a bar code reader gave,
// which is all that is left of the file on paper: the verification page of the
// portal and `jaliya verify document` are thin over these two.
//
// Pack and Unpack bring a document into one fixed size and back. Whatever
// carries a document, seals or compresses it carries a container of Size
// bytes that no compression makes smaller, for nothing and for twenty
// mentions alike.
//
// Personal data: a document and everything read from it; errors name fields
// and reasons only. Callers log neither.
package document

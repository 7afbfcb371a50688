// Package ipp prints one document on one printer of the post, by the Internet
// Printing Protocol (RFC 8010 the encoding, RFC 8011 the meaning): it asks how
// the printer stands, sends a PDF, and waits until the sheet is out. Package
// records (at the node) uses it.
//
// Guarantees: the document goes from memory into the connection and nowhere
// else; one copy, under a name that says nothing; an error says whether a sheet
// may have come out (Trouble.Spent), for then the document must not be sent a
// second time. It leaves to its caller who may print what.
package ipp

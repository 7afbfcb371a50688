// Package timestamp simulates a time-stamping authority: it speaks
// deploy/contracts/timestamp.md (RFC 3161 over HTTP, RFC 5816) and stands at
// the far end of step 8, where a record office signs documents.
//
// Its tokens are real ones of a test authority, which OpenSSL proves; its time
// is simulated. Besides the faults of every simulator it answers with another
// nonce, with another imprint, and with a certificate that has run out. It
// keeps no state but its keys.
package timestamp

// Package mail is the part of step 8 that hands mail to the carrier: one SMTP
// server, which the operator names. Package tell writes what it sends.
//
// Guarantees: without TLS nothing leaves this machine; a refusal of the address
// for good (Bounced) is told apart from what passes by itself and from what an
// operator has to mend; the Message-ID is made from the caller's key, so that a
// message which had to be sent twice is one in the reader's folder. A server's
// words and the address get into no error, log line or metric.
//
// It does not prove that anybody read anything: Accepted is the carrier's word
// that it has the message, no more.
package mail

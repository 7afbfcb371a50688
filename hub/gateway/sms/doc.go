// Package sms is the part of step 8 that hands short messages to the carrier;
// deploy/contracts/sms.md is what it speaks. Package tell writes what it sends.
//
// Guarantees: a message is sent under a key of the caller's, so that a repeat
// after a lost answer sends no second one; delivered is said only on the
// carrier's report; a carrier that fails is left alone for a while. Number and
// text travel in the request's body alone: no URL, log line, metric or error
// holds them.
package sms

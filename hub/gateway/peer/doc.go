// Package peer is what the connectors of step 8 share: how an outside system is
// asked over HTTP. centre, stamp and sms speak through it.
//
// Guarantees: a question has an end; an answer is read up to its cap and only if
// it is of the contract; a redirect is not followed and no proxy is used, so
// that what is sent goes to the configured address or nowhere; a system that
// fails in a row is left alone for a while (Breaker); a failure is a fault with
// words of our own. The texts of a library or of the other side, which have
// addresses and whatever was sent, get into no error, log line or metric.
//
// It leaves to the connectors: what a question and an answer mean.
package peer

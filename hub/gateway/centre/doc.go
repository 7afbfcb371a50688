// Package centre is the part of step 8 that speaks with the card production
// centres: it chooses a site, sends the job, follows it until the card exists,
// and takes it back when the case turns. The worker of package gateway calls
// it with the ledger's orders; deploy/contracts/centre.md is what it speaks.
//
// Guarantees: a job is sent under an id made from the produce order, so that a
// repeat after a lost answer makes no second card; nothing is remembered here
// that a restart would miss, because every open produce order is asked about
// at its site and what was told already is read from the case; choosing a site
// is a pure function; a site that fails is left alone for a while (peer.Breaker)
// and, when it has not accepted in time, left for another; what needs a person
// is a Letter with a plain reason.
//
// It leaves to the opener: the personal data, which pass through as bytes that
// are sealed to the site. No URL, log line, metric or error holds any.
package centre

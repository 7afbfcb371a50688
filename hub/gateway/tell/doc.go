// Package tell is the part of step 8 that tells the person what became of a
// request: it carries out workflow.OrderNotify through the carriers of packages
// sms and mail.
//
// Guarantees: a message says that something happened to a request, where, and
// how to follow it; it names no person, no product, no reason. Of the packet
// the contact alone is asked for, is used for one attempt and is neither kept
// nor logged. Delivered is said to the case only on a carrier's report: mail
// has none and never proves. Bounced is said when every channel refused for
// good.
//
// At most once: a short message is sent under a key made from the order, so
// that a crash between sending and commit sends no second one. A mail may be
// repeated by such a crash; its Message-ID is made from the order too, so that
// the reader's program folds both into one.
//
// The reference stands in full: it alone tells nothing and opens nothing (the
// slip code does), and without it nobody can follow or ask.
package tell

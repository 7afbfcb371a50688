// Package records simulates a record office: it speaks
// deploy/contracts/records.md and knows nothing of the hub but that page. It
// stands at the far end of step 8.
//
// It opens each packet with the office's own key and answers by chance from a
// seed and the request's id: it asks, refuses, or issues a document with
// mentions or without. The moment of each answer is a slot drawn by lot when the
// request arrives, before anything else of it is decided, from one distribution
// for all; Run lets go at a slot all that is due. While it works an answer is
// the same bytes whatever happens inside.
//
// State is on disk, a file for each request, so that a restart forgets nothing
// and issues nothing twice: a document is stored before anybody hears of it, and
// its number comes from the request. Leaky and Unpadded break the promises on
// purpose, so that a test can see that breaking them is noticed.
package records

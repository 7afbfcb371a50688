// Package stamp simulates the electronic payment of stamp duty: it speaks
// deploy/contracts/stamp.md and knows nothing of the hub but that page. It
// stands at the far end of step 8.
//
// It guarantees: what was answered is on disk first, so that a restart forgets
// no payment and no notice that is still to be sent. The payment page works
// without JavaScript: a citizen pays or refuses by a click; no card is asked
// for. It is for tests, demonstrations and training only.
package stamp

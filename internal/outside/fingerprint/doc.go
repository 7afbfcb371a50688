// Package fingerprint simulates the fingerprint reader of a workstation with
// the small service in front of it: it speaks deploy/contracts/device.md and
// knows nothing of the desk but that page. It stands before step 1.
//
// The fingers are those of package specimen: one person stands at the counter
// until another one is called. A score is drawn from the seed, the person, the
// finger and the try, not measured; what a fault makes poor is faint as well.
// State is in memory and ends with the program, tokens too, so that a browser
// has to be paired again after a restart.
package fingerprint

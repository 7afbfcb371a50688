//go:build race

package records_test

// requests is how many the statistics look at under the race detector, where a
// document takes ten times as long.
const requests = 50

// powerful says whether so many are enough to see a leak for certain. Fifty are
// not; the race detector looks at what runs, and the figures are looked at
// without it.
const powerful = false

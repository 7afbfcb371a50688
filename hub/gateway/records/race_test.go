//go:build race

package records_test

// requests is how many the statistics look at under the race detector, where a
// document takes ten times as long.
const requests = 50

//go:build !race

package records_test

// requests is how many the statistics look at.
const requests = 260

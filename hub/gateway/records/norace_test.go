//go:build !race

package records_test

// requests is how many the statistics look at.
const requests = 260

// powerful says whether so many are enough to see a leak for certain.
const powerful = true

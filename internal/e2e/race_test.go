//go:build race

package e2e

// underRace says that the race detector watches this test program.
const underRace = true

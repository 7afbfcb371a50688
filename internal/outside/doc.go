// Package outside holds what the simulators of the outside systems share. A
// simulator is a separate program (`jaliya sim NAME`) that speaks one of the
// contracts under deploy/contracts; it stands at the far end of step 8 and
// knows of the hub only what the contract says.
//
// It guarantees: faults happen on demand and are counted, so that a test can
// tell that the one it asked for has happened; chance comes from a seed; the
// log of requests has methods, patterns, statuses and times, never a path, a
// body or a header; simulated time runs faster than real time by a factor. It is for tests, demonstrations and training only.
package outside

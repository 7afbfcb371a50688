// Package e2e tests the whole, from desk (1) to ledger (6) and back: hub and
// nodes as they are built and run for real, by scripts, by kills, and under
// load. It holds tests only.
package e2e

//go:build !crashstates

package durable

// record does nothing in programs.
func record(Op) {}

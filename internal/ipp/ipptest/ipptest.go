// Package ipptest starts printers for tests.
package ipptest

import (
	"net/http/httptest"
	"testing"

	"jaliya/internal/outside/printer"
)

// Printer is a simulated printer on loopback.
type Printer = printer.Printer

// Look is what it says at one look at its job.
type Look = printer.Look

// States of printers and jobs (RFC 8011).
const (
	Idle    = printer.Idle
	Stopped = printer.Stopped

	Processing = printer.Processing
	Standing   = printer.Standing
	Canceled   = printer.Canceled
	Aborted    = printer.Aborted
	Completed  = printer.Completed
)

// New starts a printer that prints everything at once.
func New(tb testing.TB) *Printer {
	tb.Helper()
	p := printer.New()
	server := httptest.NewServer(p)
	p.Address, p.Stop = server.URL, server.Close
	tb.Cleanup(server.Close)
	return p
}

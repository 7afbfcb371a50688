package handover

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what careless code shows of a person's card.
const hidden = "[card]"

func hide(f fmt.State) {
	// A fmt.State reports no useful write error; fmt itself ignores it too.
	_, _ = io.WriteString(f, hidden)
}

// Format gives the placeholder under every verb.
func (card) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (card) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (CardView) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (CardView) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (Found) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (Found) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (Scanned) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (Scanned) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (Given) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (Given) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (GiveInput) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (GiveInput) LogValue() slog.Value { return slog.StringValue(hidden) }

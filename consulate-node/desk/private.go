package desk

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what careless code shows of a visit, in a log line and under every
// verb of fmt. A screen or an answer reads the fields.
const hidden = "[person]"

func hide(f fmt.State) {
	// A fmt.State reports no useful write error; fmt itself ignores it too.
	_, _ = io.WriteString(f, hidden)
}

// Format gives the placeholder under every verb.
func (*PersonForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (*PersonForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (*ContactForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (*ContactForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (*DeliveryForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (*DeliveryForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (*DocumentsForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (*DocumentsForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (*FingersForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (*FingersForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (*GuardianForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (*GuardianForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (NameForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (NameForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (PersonNameForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (PersonNameForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (AddressForm) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (AddressForm) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (Forms) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (Forms) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (Draft) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (Draft) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (View) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (View) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (Summary) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (Summary) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format gives the placeholder under every verb.
func (Review) Format(f fmt.State, _ rune) { hide(f) }

// LogValue gives the placeholder.
func (Review) LogValue() slog.Value { return slog.StringValue(hidden) }

package consular

import (
	"fmt"
	"io"
	"log/slog"
)

// hide writes the placeholder of a personal value whatever the fmt verb, so
// that even %#v and %d tell nothing.
func hide(f fmt.State, placeholder string) {
	// A fmt.State reports no useful write error; fmt itself ignores it too.
	_, _ = io.WriteString(f, placeholder)
}

const (
	hiddenPerson  = "[person]"
	hiddenName    = "[name]"
	hiddenBirth   = "[birth date]"
	hiddenNumber  = "[national number]"
	hiddenContact = "[contact]"
	hiddenAddress = "[address]"
	hiddenPhone   = "[phone]"
	hiddenEmail   = "[email]"
	hiddenSlip    = "[slip code]"
	hiddenToken   = "[follow token]"
)

// String gives the placeholder, never the value.
func (Person) String() string { return hiddenPerson }

// Format gives the placeholder under every verb.
func (Person) Format(f fmt.State, _ rune) { hide(f, hiddenPerson) }

// LogValue gives the placeholder.
func (Person) LogValue() slog.Value { return slog.StringValue(hiddenPerson) }

// String gives the placeholder, never the value.
func (Name) String() string { return hiddenName }

// Format gives the placeholder under every verb.
func (Name) Format(f fmt.State, _ rune) { hide(f, hiddenName) }

// LogValue gives the placeholder.
func (Name) LogValue() slog.Value { return slog.StringValue(hiddenName) }

// String gives the placeholder, never the value.
func (PersonName) String() string { return hiddenName }

// Format gives the placeholder under every verb.
func (PersonName) Format(f fmt.State, _ rune) { hide(f, hiddenName) }

// LogValue gives the placeholder.
func (PersonName) LogValue() slog.Value { return slog.StringValue(hiddenName) }

// String gives the placeholder, never the value.
func (BirthDate) String() string { return hiddenBirth }

// Format gives the placeholder under every verb.
func (BirthDate) Format(f fmt.State, _ rune) { hide(f, hiddenBirth) }

// LogValue gives the placeholder.
func (BirthDate) LogValue() slog.Value { return slog.StringValue(hiddenBirth) }

// String gives the placeholder, never the value.
func (NationalNumber) String() string { return hiddenNumber }

// Format gives the placeholder under every verb.
func (NationalNumber) Format(f fmt.State, _ rune) { hide(f, hiddenNumber) }

// LogValue gives the placeholder.
func (NationalNumber) LogValue() slog.Value { return slog.StringValue(hiddenNumber) }

// String gives the placeholder, never the value.
func (Contact) String() string { return hiddenContact }

// Format gives the placeholder under every verb.
func (Contact) Format(f fmt.State, _ rune) { hide(f, hiddenContact) }

// LogValue gives the placeholder.
func (Contact) LogValue() slog.Value { return slog.StringValue(hiddenContact) }

// String gives the placeholder, never the value.
func (Address) String() string { return hiddenAddress }

// Format gives the placeholder under every verb.
func (Address) Format(f fmt.State, _ rune) { hide(f, hiddenAddress) }

// LogValue gives the placeholder.
func (Address) LogValue() slog.Value { return slog.StringValue(hiddenAddress) }

// String gives the placeholder, never the value.
func (Phone) String() string { return hiddenPhone }

// Format gives the placeholder under every verb.
func (Phone) Format(f fmt.State, _ rune) { hide(f, hiddenPhone) }

// LogValue gives the placeholder.
func (Phone) LogValue() slog.Value { return slog.StringValue(hiddenPhone) }

// String gives the placeholder, never the value.
func (Email) String() string { return hiddenEmail }

// Format gives the placeholder under every verb.
func (Email) Format(f fmt.State, _ rune) { hide(f, hiddenEmail) }

// LogValue gives the placeholder.
func (Email) LogValue() slog.Value { return slog.StringValue(hiddenEmail) }

// String gives the placeholder, never the value.
func (SlipCode) String() string { return hiddenSlip }

// Format gives the placeholder under every verb.
func (SlipCode) Format(f fmt.State, _ rune) { hide(f, hiddenSlip) }

// LogValue gives the placeholder.
func (SlipCode) LogValue() slog.Value { return slog.StringValue(hiddenSlip) }

// String gives the placeholder, never the value.
func (Guardian) String() string { return hiddenPerson }

// Format gives the placeholder under every verb.
func (Guardian) Format(f fmt.State, _ rune) { hide(f, hiddenPerson) }

// LogValue gives the placeholder.
func (Guardian) LogValue() slog.Value { return slog.StringValue(hiddenPerson) }

package mrz

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const lineLength = 30

// TD1 is the content of the zone of a card. Names are as in the zone, with
// spaces for single fillers.
type TD1 struct {
	Code        string // "I", "ID" or another two characters that begin with I, A or C
	State       string // issuing state, "MAR"; "D" for Germany
	Number      string // document number, up to 22 characters
	Optional1   string // on the card of Morocco: national number here or in Optional2
	Optional2   string
	Birth       Date
	Sex         string // "M", "F", or "" for unspecified
	Expiry      Date
	Nationality string
	Primary     string // family name
	Secondary   string // given names
	MaybeCut    bool   // set by Parse: the last position of the name is a letter
}

// NationalNumber gives the candidates for the number of the person: the fields
// of optional data that are not empty, the first line first. Where the card of
// Morocco puts it was not confirmed, so both count.
func (t TD1) NationalNumber() []string {
	var out []string
	for _, s := range [2]string{t.Optional1, t.Optional2} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

const hidden = "[mrz]"

// String gives a placeholder, never the content.
func (TD1) String() string { return hidden }

// Format gives the placeholder under every verb.
func (TD1) Format(f fmt.State, _ rune) {
	// A fmt.State reports no useful write error; fmt itself ignores it too.
	_, _ = io.WriteString(f, hidden)
}

// LogValue gives the placeholder.
func (TD1) LogValue() slog.Value { return slog.StringValue(hidden) }

// composite is what the last check digit of line 2 covers.
func composite(line1, line2 string) string {
	return line1[5:30] + line2[0:7] + line2[8:15] + line2[18:29]
}

// unfill drops the fillers at the end.
func unfill(s string) string { return strings.TrimRight(s, "<") }

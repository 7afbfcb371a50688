package access

import (
	"fmt"
	"io"
	"time"

	"jaliya/internal/consular"
	"jaliya/internal/fault"
)

// MaxTokenDays is the longest that a token is drawn for, in days.
const MaxTokenDays = 3650

// accountTable is how accounts are called in the configuration of a surface.
const accountTable = "service_account"

func (a account) over(now time.Time) bool { return lapsed(a.expires, now) }

func lapsed(expires consular.Date, now time.Time) bool {
	return expires != "" && expires.Before(consular.DateOf(now.UTC()))
}

// DrawToken draws the token of a new service account that is good for a number
// of days, 0 for ever. The account holds the hash alone. Errors: Invalid.
func DrawToken(name, role string, days int, now time.Time) (token string, a ServiceAccount, err error) {
	const op = "access: draw token"
	if days < 0 || days > MaxTokenDays {
		return "", a, fault.New(fault.Invalid, op, fmt.Sprintf("days: 0 to %d", MaxTokenDays), nil)
	}
	a = ServiceAccount{Name: name}
	if a.Role, err = ParseRole(role); err != nil {
		return "", a, err
	}
	if days > 0 {
		a.Expires = consular.DateOf(now.UTC().AddDate(0, 0, days))
	}
	token, a.TokenSHA256 = NewToken()
	return token, a, a.Validate()
}

// PrintToken writes what an operator does with a new token: the token itself,
// once, and the lines that admit it in the configuration of a surface.
func PrintToken(out io.Writer, surface, token string, a ServiceAccount) error {
	_, err := fmt.Fprintf(out, "Token (shown once): %s\n\n[[%s.%s]]\nname = %q\nrole = %q\ntoken_sha256 = %q\n",
		token, surface, accountTable, a.Name, string(a.Role), a.TokenSHA256)
	if err == nil && a.Expires != "" {
		_, err = fmt.Fprintf(out, "expires = %q\n", string(a.Expires))
	}
	return err
}

// AccountLine is a service account as lists show it, without the hash.
type AccountLine struct {
	Name    string        `json:"name"`
	Role    Role          `json:"role"`
	Expires consular.Date `json:"expires,omitempty"`
	State   string        `json:"state"` // active, expired
}

// AccountLines lists the accounts of a configuration as they stand at a moment.
func AccountLines(accounts []ServiceAccount, now time.Time) []AccountLine {
	lines := make([]AccountLine, 0, len(accounts))
	for _, a := range accounts {
		state := "active"
		if lapsed(a.Expires, now) {
			state = "expired"
		}
		lines = append(lines, AccountLine{Name: a.Name, Role: a.Role, Expires: a.Expires, State: state})
	}
	return lines
}

// PrintAccounts writes such a list.
func PrintAccounts(out io.Writer, lines []AccountLine) error {
	for _, l := range lines {
		expires := string(l.Expires)
		if expires == "" {
			expires = "never"
		}
		if _, err := fmt.Fprintf(out, "%-24s %-14s %-8s %s\n", l.Name, l.Role, l.State, expires); err != nil {
			return err
		}
	}
	return nil
}

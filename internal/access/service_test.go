package access_test

import (
	"bytes"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// TestTokenExpires: good to the end of its last day in UTC, and not a second
// longer.
func TestTokenExpires(t *testing.T) {
	drawn := time.Date(2026, 11, 22, 23, 30, 0, 0, time.FixedZone("west", -3*3600)) // the 23rd in UTC
	token, account, err := access.DrawToken("courier", "pouch-officer", 2, drawn)
	require.NoError(t, err)
	require.Equal(t, "2026-11-25", string(account.Expires))
	now := drawn
	bearer, err := access.NewBearer([]access.ServiceAccount{account})
	require.NoError(t, err)
	bearer.At(func() time.Time { return now })
	ask := func() error {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		_, err := bearer.Authenticate(r)
		return err
	}
	require.NoError(t, ask())
	now = time.Date(2026, 11, 25, 23, 59, 59, 0, time.UTC)
	require.NoError(t, ask())
	require.Equal(t, "active", access.AccountLines([]access.ServiceAccount{account}, now)[0].State)
	now = now.Add(time.Second)
	require.ErrorIs(t, ask(), access.ErrNoIdentity)
	require.Equal(t, "expired", access.AccountLines([]access.ServiceAccount{account}, now)[0].State)
}

func TestDrawToken(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		account, role string
		days          int
		ok            bool
	}{
		"OK":         {"courier", "pouch-officer", 365, true},
		"OKForEver":  {"courier", "agent", 0, true},
		"ErrName":    {"The Courier", "agent", 1, false},
		"ErrRole":    {"courier", "king", 1, false},
		"ErrDays":    {"courier", "agent", -1, false},
		"ErrTooLong": {"courier", "agent", access.MaxTokenDays + 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			token, account, err := access.DrawToken(c.account, c.role, c.days, now)
			if !c.ok {
				require.True(t, fault.Is(err, fault.Invalid), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.days == 0, account.Expires == "")
			var out bytes.Buffer
			require.NoError(t, access.PrintToken(&out, "console", token, account))
			require.Contains(t, out.String(), "[[console.service_account]]\nname = \"courier\"")
			require.Contains(t, out.String(), token)
			require.Equal(t, c.days > 0, bytes.Contains(out.Bytes(), []byte("expires = ")))
			out.Reset()
			require.NoError(t, access.PrintAccounts(&out, access.AccountLines([]access.ServiceAccount{account}, now)))
			require.NotContains(t, out.String(), account.TokenSHA256)
			require.Contains(t, out.String(), "active")
		})
	}
	_, err := access.NewBearer([]access.ServiceAccount{{Name: "a", Role: access.Agent, TokenSHA256: string(bytes.Repeat([]byte("0"), 64)), Expires: "soon"}})
	require.True(t, fault.Is(err, fault.Invalid))
}

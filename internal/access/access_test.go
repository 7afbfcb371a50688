package access_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/internal/access"
	"jaliya/internal/fault"
)

// table is the contract in words: one line for each role, all its permissions
// in the order of Permissions.
const table = `
agent visit.read visit.write request.read request.follow handover.write node.status card.read
supervisor visit.read visit.write visit.release request.read request.follow handover.write pouch.open card.destroy node.status card.read handover.except link.carry
post-admin staff.manage node.status link.carry
mobile-lead visit.read visit.write visit.release request.read request.follow handover.write node.status card.read handover.except link.carry
verifier case.verify hub.status
adjudicator case.verify case.adjudicate hub.status
record-officer record.decide
production production.write
pouch-officer pouch.open pouch.write
hub-operator node.status hub.status hub.operate
auditor audit.read
exporter export.read
`

func TestTableIsExhaustive(t *testing.T) {
	var b strings.Builder
	b.WriteByte('\n')
	for _, role := range access.Roles() {
		b.WriteString(string(role))
		for _, p := range access.Permissions() {
			who := access.Principal{ID: "someone", Role: role}
			if role.Has(p) {
				require.NoError(t, who.Require(p))
				b.WriteString(" " + string(p))
				continue
			}
			require.True(t, fault.Is(who.Require(p), fault.Denied))
			require.NotErrorIs(t, who.Require(p), access.ErrNoIdentity)
		}
		b.WriteByte('\n')
	}
	require.Equal(t, table, b.String())
}

func TestRequire(t *testing.T) {
	t.Run("ErrNobody", func(t *testing.T) {
		err := access.Principal{Role: access.Agent}.Require(access.VisitRead)
		require.True(t, fault.Is(err, fault.Denied))
		require.ErrorIs(t, err, access.ErrNoIdentity)
	})
	t.Run("ErrUnknownRole", func(t *testing.T) {
		for _, p := range access.Permissions() {
			require.Error(t, access.Principal{ID: "x", Role: "king"}.Require(p))
		}
		_, err := access.ParseRole("king")
		require.True(t, fault.Is(err, fault.Invalid))
	})
	t.Run("OKParse", func(t *testing.T) {
		for _, role := range access.Roles() {
			got, err := access.ParseRole(string(role))
			require.NoError(t, err)
			require.Equal(t, role, got)
		}
	})
}

func TestBearer(t *testing.T) {
	token, hash := access.NewToken()
	other, _ := access.NewToken()
	require.Regexp(t, `^jal_[a-z2-7]{52}$`, token)
	bearer, err := access.NewBearer([]access.ServiceAccount{
		{Name: "desk-one", Role: access.Agent, TokenSHA256: hash},
		{Name: "desk-two", Role: access.Supervisor, TokenSHA256: strings.Repeat("0", 64)},
	})
	require.NoError(t, err)
	cases := map[string]struct {
		header string
		ok     bool
	}{
		"OK":            {"Bearer " + token, true},
		"OKScheme":      {"bearer " + token, true},
		"ErrNone":       {"", false},
		"ErrBasic":      {"Basic " + token, false},
		"ErrOther":      {"Bearer " + other, false},
		"ErrCut":        {"Bearer " + token[:40], false},
		"ErrNoScheme":   {token, false},
		"ErrUpper":      {"Bearer " + strings.ToUpper(token), false},
		"ErrEmptyToken": {"Bearer ", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
			r.Header.Set("Authorization", c.header)
			who, err := bearer.Authenticate(r)
			if !c.ok {
				require.ErrorIs(t, err, access.ErrNoIdentity)
				require.NotContains(t, err.Error(), "jal_")
				return
			}
			require.NoError(t, err)
			require.Equal(t, access.Principal{
				ID: "service:desk-one", Name: "desk-one", Role: access.Agent, Surface: access.SurfaceAPI,
			}, who)
		})
	}
}

func TestNewBearerRefuses(t *testing.T) {
	_, hash := access.NewToken()
	_, second := access.NewToken()
	good := access.ServiceAccount{Name: "a", Role: access.Agent, TokenSHA256: hash}
	cases := map[string][]access.ServiceAccount{
		"ErrName":      {{Name: "Ad min", Role: access.Agent, TokenSHA256: hash}},
		"ErrRole":      {{Name: "a", Role: "king", TokenSHA256: hash}},
		"ErrLength":    {{Name: "a", Role: access.Agent, TokenSHA256: "ab"}},
		"ErrHex":       {{Name: "a", Role: access.Agent, TokenSHA256: strings.Repeat("z", 64)}},
		"ErrNameTwice": {good, {Name: "a", Role: access.Agent, TokenSHA256: second}},
		"ErrHashTwice": {good, {Name: "b", Role: access.Agent, TokenSHA256: hash}},
	}
	for name, accounts := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := access.NewBearer(accounts)
			require.True(t, fault.Is(err, fault.Invalid))
		})
	}
}

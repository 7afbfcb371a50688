package portal_test

import (
	"context"
	"encoding/pem"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/portal"
	"jaliya/hub/rpc"
	"jaliya/internal/config"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
)

// nation certifies portals as members do.
type nation struct {
	rpc.Member
	authorities map[pki.Role]*pki.Authority
	trust       *pki.TrustBundle
	who         pki.Identity
	now         time.Time
	as          pki.Role // whose certificate it gives
}

func newNation(t *testing.T, now time.Time) *nation {
	t.Helper()
	root, err := pki.NewRoot(now)
	require.NoError(t, err)
	n := &nation{now: now, as: pki.Portal}
	n.authorities, n.trust, err = root.IssueAll(now)
	require.NoError(t, err)
	id, err := pki.NewID()
	require.NoError(t, err)
	n.who = pki.Identity{Role: pki.Portal, Name: "portal-1", ID: id}
	return n
}

func (n *nation) certify(t *testing.T, csr []byte) portal.Reply {
	t.Helper()
	block, rest := pem.Decode(csr)
	require.Empty(t, rest)
	fresh, err := n.Renew(t.Context(), rpc.RenewQuestion{CSR: block.Bytes})
	require.NoError(t, err)
	return portal.Reply{Identity: n.who.String(), Chain: fresh.Chain, Trust: fresh.Trust}
}

// Renew implements rpc.Member.
func (n *nation) Renew(_ context.Context, in rpc.RenewQuestion) (rpc.Renewed, error) {
	who := n.who
	who.Role = n.as
	chain, err := n.authorities[n.as.Issuer()].IssueCSR(in.CSR, pki.Request{Identity: who, Now: n.now})
	if err != nil {
		return rpc.Renewed{}, err
	}
	return rpc.Renewed{Chain: pki.EncodeChain(chain), Trust: n.trust.Marshal()}, nil
}

func TestIdentity(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	n := newNation(t, start)
	c := portal.Config{Dir: filepath.Join(t.TempDir(), "portal")}
	require.True(t, fault.Is(portal.Fresh(c, start), fault.NotFound))
	csr, err := portal.Request(c)
	require.NoError(t, err)
	who, err := portal.Install(c, n.certify(t, csr), start)
	require.NoError(t, err)
	require.Equal(t, n.who, who)
	day := func(d int) time.Time { return start.AddDate(0, 0, d) }

	renewed, err := portal.Renew(t.Context(), c, n, day(2))
	require.NoError(t, err)
	require.False(t, renewed, "a third of seven days is not over")
	n.now = day(3)
	n.as = pki.Member
	_, err = portal.Renew(t.Context(), c, n, day(3))
	require.Error(t, err, "a member's certificate is not this process's")
	n.as = pki.Portal
	renewed, err = portal.Renew(t.Context(), c, n, day(3))
	require.NoError(t, err)
	require.True(t, renewed)
	require.NoError(t, portal.Fresh(c, day(9)), "the new one holds")
	require.True(t, fault.Is(portal.Fresh(c, day(11)), fault.Expired))

	other := newNation(t, start)
	other.now = day(9)
	_, err = portal.Renew(t.Context(), c, other, day(9))
	require.Error(t, err, "another nation's")
	csr, err = portal.Request(c)
	require.NoError(t, err)
	_, err = portal.Install(c, other.certify(t, csr), day(9))
	require.True(t, fault.Is(err, fault.Denied), err)
}

func TestConfig(t *testing.T) {
	const good = "dir = \"d\"\naddress = \"https://portal.example.ma\"\nmembers = [\"hub:7703\"]\n"
	for name, tc := range map[string]struct {
		text string
		want string // in the refusal; empty: taken
	}{
		"OK":            {good, ""},
		"OKTLS":         {good + "listen = \":443\"\ncert = \"c\"\nkey = \"k\"\nlanguages = [\"ar\", \"fr\"]\nproxies = [\"10.0.0.0/8\"]", ""},
		"OKSignIn":      {good + "[signin]\nissuer = \"https://tcn.example.ma\"\nclient_id = \"portal\"\nkey_file = \"k\"\nredirect_url = \"https://portal.example.ma/signin/callback\"", ""},
		"ErrUnknownKey": {good + "member = 1", "unknown key"},
		"ErrDir":        {"address = \"https://portal.example.ma\"\nmembers = [\"hub:7703\"]", "dir"},
		"ErrMembers":    {"dir = \"d\"\naddress = \"https://portal.example.ma\"", "members"},
		"ErrMember":     {"dir = \"d\"\naddress = \"https://portal.example.ma\"\nmembers = [\"hub\"]", "members: hub"},
		"ErrAddress":    {"dir = \"d\"\naddress = \"https://portal.example.ma/x\"\nmembers = [\"hub:7703\"]", "address"},
		"ErrPlain":      {"dir = \"d\"\naddress = \"http://portal.example.ma\"\nmembers = [\"hub:7703\"]", "address"},
		"ErrWorld":      {good + "listen = \":80\"", "cert and key"},
		"ErrHalf":       {good + "cert = \"c\"", "go together"},
		"ErrProxy":      {good + "proxies = [\"10.0.0.1\"]", "proxies"},
		"ErrLanguage":   {good + "languages = [\"ar\", \"ar\"]", "languages"},
		"ErrSeals":      {good + "[verify]\nseals = [\"s.pem\"]", "verify.issuers"},
		"ErrSignIn":     {good + "[signin]\nissuer = \"https://tcn.example.ma\"", "client_id"},
	} {
		t.Run(name, func(t *testing.T) {
			var c portal.Config
			err := config.Parse("portal.toml", []byte(tc.text), &c)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
}

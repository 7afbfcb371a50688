package rpc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/rpc"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// nation is a root with a member's and other parties' certificates.
type nation struct {
	*linktest.World

	t *testing.T
}

func newNation(t *testing.T) nation {
	t.Helper()
	return nation{World: linktest.NewWorld(t, nil), t: t}
}

func (n nation) ring(role pki.Role) *pki.Keyring {
	n.t.Helper()
	name := "test-1"
	if role == pki.Node {
		name = "FR-LYO"
	}
	return n.Ring(n.t, linktest.Identity(n.t, role, name))
}

// serve answers as a member over mutual TLS to portals, and to other roles only
// so that the handler's own check is in the way.
func (n nation) serve(m rpc.Member, roles ...pki.Role) (string, *bytes.Buffer) {
	n.t.Helper()
	var log bytes.Buffer
	s := httptest.NewUnstartedServer(rpc.NewHandler(m, slog.New(slog.NewTextHandler(&log, nil))))
	s.TLS = n.Server(n.t, n.ring(pki.Member), "http/1.1", append(roles, pki.Portal)...)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	n.t.Cleanup(s.Close)
	return s.Listener.Addr().String(), &log
}

func (n nation) client(role pki.Role, members ...string) *rpc.Client {
	n.t.Helper()
	c, err := rpc.NewClient(members, n.Client(n.t, n.ring(role), pki.SlotWorking))
	require.NoError(n.t, err)
	n.t.Cleanup(c.Close)
	return c
}

// member answers what a test tells it to.
type member struct {
	rpc.Member

	asked rpc.Reading
	filed rpc.Filing
	fail  error
	peer  pki.Identity
}

func (m *member) Keys(context.Context) (rpc.Keys, error) {
	return rpc.Keys{Cluster: wire.ClusterID{1}, Intake: wire.IntakeKey{Number: 3, Public: []byte("key")}, Time: 5}, m.fail
}

func (m *member) File(_ context.Context, in rpc.Filing) (rpc.Filed, error) {
	m.filed = in
	return rpc.Filed{Commit: 7, Index: 9, Time: 5}, m.fail
}

func (m *member) Request(context.Context, rpc.OwnRequest) (rpc.Own, error) {
	return rpc.Own{
		Followed: rpc.Followed{Reference: "123456789012345678", Service: consular.RecordPolice, Status: "issued", Steps: []rpc.Step{{Status: "issued", Time: 4}}},
		CanOpen:  true, PrintAt: "ES-LEI", Version: 6,
	}, m.fail
}

func (m *member) Document(_ context.Context, in rpc.Reading) (rpc.Sealed, error) {
	m.asked = in
	return rpc.Sealed{Body: []byte("body"), Bundle: bytes.Repeat([]byte{1}, wire.DocumentSize)}, m.fail
}

func (m *member) Renew(ctx context.Context, _ rpc.RenewQuestion) (rpc.Renewed, error) {
	m.peer, _ = rpc.PeerOf(ctx)
	return rpc.Renewed{Chain: []byte("chain")}, m.fail
}

type coded struct{}

func (coded) Error() string { return "coded" }
func (coded) Code() string  { return "code" }

func TestAsk(t *testing.T) {
	n, m := newNation(t), &member{}
	at, log := n.serve(m)
	c := n.client(pki.Portal, "127.0.0.1:1", at)
	keys, err := c.Keys(t.Context())
	require.NoError(t, err, "the next member answers where the first does not")
	require.Equal(t, uint32(3), keys.Intake.Number)
	filed, err := c.File(t.Context(), rpc.Filing{Header: []byte("h"), Body: []byte("b")})
	require.NoError(t, err)
	require.Equal(t, uint64(7), filed.Commit)
	require.Equal(t, []byte("h"), m.filed.Header)
	own, err := c.Request(t.Context(), rpc.OwnRequest{Owner: wire.Digest{1}, Reference: "123456789012345678"})
	require.NoError(t, err)
	require.Equal(t, "issued", own.Status)
	require.True(t, own.CanOpen)
	require.Len(t, own.Steps, 1)
	question := rpc.Reading{OwnRequest: rpc.OwnRequest{Owner: wire.Digest{1}, Reference: "123456789012345678"}, Record: wire.RecordID{2}, Key: []byte("k")}
	sealed, err := c.Document(t.Context(), question)
	require.NoError(t, err)
	require.Len(t, sealed.Bundle, wire.DocumentSize)
	require.Equal(t, question, m.asked)
	_, err = c.Renew(t.Context(), rpc.RenewQuestion{CSR: []byte("csr")})
	require.NoError(t, err)
	require.Equal(t, pki.Portal, m.peer.Role)
	require.Empty(t, log.String())
}

// TestRefusals: kind and code cross, nothing else.
func TestRefusals(t *testing.T) {
	n, m := newNation(t), &member{}
	at, log := n.serve(m)
	c := n.client(pki.Portal, at)
	m.fail = fault.New(fault.Conflict, "hub: file", "of Fatima", errors.Join(coded{}, errors.New("secret")))
	_, err := c.File(t.Context(), rpc.Filing{})
	require.True(t, fault.Is(err, fault.Conflict), err)
	code, ok := errors.AsType[rpc.Coded](err)
	require.True(t, ok)
	require.Equal(t, "code", code.Code())
	require.NotContains(t, err.Error()+log.String(), "Fatima")
	require.NotContains(t, err.Error()+log.String(), "secret")
	m.fail = fault.New(fault.Unavailable, "hub: file", "", nil)
	_, err = c.File(t.Context(), rpc.Filing{})
	require.True(t, fault.Is(err, fault.Unavailable), err)
	require.Contains(t, log.String(), "question=file")
	m.fail = nil
	_, err = c.File(t.Context(), rpc.Filing{Body: make([]byte, 300<<10)})
	require.True(t, fault.Is(err, fault.TooLarge), err)
}

// TestWhoMayAsk: a node's, a member's and no certificate, and a denied one.
func TestWhoMayAsk(t *testing.T) {
	n, m := newNation(t), &member{}
	at, _ := n.serve(m)
	for _, role := range []pki.Role{pki.Node, pki.Member, pki.Office} {
		_, err := n.client(role, at).Keys(t.Context())
		require.True(t, fault.Is(err, fault.Unavailable), "%s: %v", role, err)
	}
	wide, _ := n.serve(m, pki.Office)
	_, err := n.client(pki.Office, wide).Keys(t.Context())
	require.True(t, fault.Is(err, fault.Denied), "the handler checks the role itself")
	bare := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+at+"/rpc/1/keys", strings.NewReader("\xa0"))
	require.NoError(t, err)
	resp, err := bare.Do(request)
	if err == nil {
		require.NoError(t, resp.Body.Close())
	}
	require.Error(t, err)
	_, err = rpc.NewClient(nil, nil)
	require.True(t, fault.Is(err, fault.Invalid))
}

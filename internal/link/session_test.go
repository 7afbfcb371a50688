package link_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// I20: a denylist entry ends live sessions at once, and what comes later is
// refused in the handshake.
func TestRevokeEndsLiveSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{}, shipEndpoint(t))
		bad, good := linktest.Identity(t, pki.Node, "FR-LYO"), linktest.Identity(t, pki.Node, "ES-MAD")
		var sessions []*link.Session
		for i, id := range []pki.Identity{bad, good} {
			conf := h.Client(t, h.Ring(t, id), pki.SlotWorking)
			s, err := h.dialer(t, i).Dial(t.Context(), h.listener.Addr(), link.ALPNShip, conf)
			require.NoError(t, err)
			defer s.CloseWithReason(link.CodeDone, "")
			_, err = link.Exchange(t.Context(), s, []byte("hello"), 0)
			require.NoError(t, err)
			sessions = append(sessions, s)
		}
		require.Len(t, h.listener.Registry().Sessions(), 2)
		h.Deny(bad.String())
		start := time.Now()
		require.Equal(t, 1, h.listener.Registry().Revoke(h.Denied))
		<-sessions[0].Context().Done()
		require.Less(t, time.Since(start), 5*time.Second)
		requireKind(t, fault.Denied, sessions[0].Err())
		code, ok := link.CodeOf(sessions[0].Err())
		require.True(t, ok)
		require.Equal(t, link.CodeRevoked, code)
		_, err := link.Exchange(t.Context(), sessions[1], []byte("still here"), 0)
		require.NoError(t, err)
		require.NoError(t, sessions[1].Err())
	})
}

func TestExpireEndsLiveSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, _, h := pair(t, link.Config{})
		require.Zero(t, h.listener.Registry().Expire(time.Now()))
		require.Equal(t, 1, h.listener.Registry().Expire(time.Now().Add(pki.WorkingLife+time.Minute)))
		<-node.Context().Done()
		requireKind(t, fault.Expired, node.Err())
	})
}

func TestCaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{Sessions: 3, PerIdentity: 2}, shipEndpoint(t))
		dialers := []*link.Dialer{h.dialer(t, 0), h.dialer(t, 1), h.dialer(t, 2)}
		open := func(from int, id pki.Identity) *link.Session {
			s, err := dialers[from].Dial(t.Context(), h.listener.Addr(), link.ALPNShip,
				h.Client(t, h.Ring(t, id), pki.SlotWorking))
			require.NoError(t, err)
			t.Cleanup(func() { s.CloseWithReason(link.CodeDone, "") })
			time.Sleep(time.Second) // virtual: the hub has admitted or refused it
			return s
		}
		one := linktest.Identity(t, pki.Node, "FR-LYO")
		first, second := open(0, one), open(0, one)
		third := open(0, one) // the oldest makes way
		requireKind(t, fault.Stale, first.Err())
		require.NoError(t, second.Err())
		require.NoError(t, third.Err())
		other := open(1, linktest.Identity(t, pki.Node, "ES-MAD"))
		require.NoError(t, other.Err())
		over := open(2, linktest.Identity(t, pki.Node, "BE-BRU"))
		requireKind(t, fault.Unavailable, over.Err())
		require.True(t, link.IsBusy(over.Err()))
		require.Equal(t, uint64(1), h.listener.Refused())
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node, _, h := pair(t, link.Config{})
		require.NoError(t, h.stop())
		<-node.Context().Done()
		requireKind(t, fault.Unavailable, node.Err())
		code, ok := link.CodeOf(node.Err())
		require.True(t, ok)
		require.Equal(t, link.CodeStopping, code)
		require.False(t, link.IsBusy(node.Err()))
	})
}

// A handler that ignores its context loses its session after the grace time.
func TestStopAfterGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHub(t, link.Config{}, func(h *hub) map[string]link.Endpoint {
			return map[string]link.Endpoint{link.ALPNShip: {
				TLS: h.Server(t, h.ring, link.ALPNShip, pki.Node),
				Handle: func(_ context.Context, s *link.Session) error {
					<-s.Context().Done()
					return nil
				},
			}}
		})
		conf := h.Client(t, h.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO")), pki.SlotWorking)
		s, err := h.dialer(t, 0).Dial(t.Context(), h.listener.Addr(), link.ALPNShip, conf)
		require.NoError(t, err)
		time.Sleep(time.Second) // virtual
		start := time.Now()
		require.NoError(t, h.stop())
		require.InDelta(t, 5, time.Since(start).Seconds(), 1)
		<-s.Context().Done()
	})
}

func TestEndpointsRefused(t *testing.T) {
	w := linktest.NewWorld(t, nil)
	ring := w.Ring(t, linktest.Identity(t, pki.Member, "hub-1"))
	handle := func(context.Context, *link.Session) error { return nil }
	loose := w.Server(t, ring, link.ALPNShip, pki.Node)
	loose.VerifyConnection = nil
	tickets := w.Server(t, ring, link.ALPNShip, pki.Node)
	tickets.SessionTicketsDisabled = false
	for name, endpoints := range map[string]map[string]link.Endpoint{
		"ErrNone":          {},
		"ErrNoHandler":     {link.ALPNShip: {TLS: w.Server(t, ring, link.ALPNShip, pki.Node)}},
		"ErrUnverified":    {link.ALPNShip: {TLS: loose, Handle: handle}},
		"ErrTickets":       {link.ALPNShip: {TLS: tickets, Handle: handle}},
		"ErrOtherProtocol": {link.ALPNBulk: {TLS: w.Server(t, ring, link.ALPNShip, pki.Node), Handle: handle}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, err := link.NewListener(linktest.Net(t, 0, 1)[0], link.ListenerOptions{})
				require.NoError(t, err)
				requireKind(t, fault.Invalid, l.Serve(t.Context(), endpoints))
			})
		})
	}
}

func TestSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket.secrets")
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	first, err := link.LoadSecrets(path, now)
	require.NoError(t, err)
	same, err := link.LoadSecrets(path, now.Add(29*24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, first.Reset, same.Reset)
	require.Equal(t, first.Token, same.Token)
	rotated, err := link.LoadSecrets(path, now.Add(31*24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, first.Reset, rotated.Reset)
	require.NotEqual(t, first.Token, rotated.Token)
	require.NoError(t, pki.WriteSecret(path, []byte("short")))
	_, err = link.LoadSecrets(path, now)
	requireKind(t, fault.Corrupt, err)
}

func TestConfigValidate(t *testing.T) {
	require.NoError(t, link.Config{}.Validate())
	require.NoError(t, link.RaftConfig().Validate())
	requireKind(t, fault.Invalid, link.Config{Idle: time.Second, KeepAlive: time.Second}.Validate())
	requireKind(t, fault.Invalid, link.Config{Streams: -1}.Validate())
}

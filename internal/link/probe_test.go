package link_test

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// fetchRoad serves a road that refuses every question, as the hub does with a
// span of nothing, on a real socket.
func fetchRoad(t *testing.T, w *linktest.World, cfg link.Config) net.Addr {
	t.Helper()
	l, err := link.NewListener(udp(t, loopbackAddr()), link.ListenerOptions{Config: cfg, Registry: link.NewRegistry(w.Denied)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	refuse := link.Exchanger{Answer: func(context.Context, pki.Peer, []byte) ([]byte, error) {
		return nil, fault.New(fault.Invalid, "test: span", "", nil)
	}}
	ring := w.Ring(t, linktest.Identity(t, pki.Member, "hub-1"))
	go func() {
		done <- l.Serve(ctx, map[string]link.Endpoint{link.ALPNFetch: {
			TLS: w.Server(t, ring, link.ALPNFetch, pki.Node), Handle: refuse.Serve,
		}})
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return l.Addr()
}

func loopbackAddr() *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func probe(t *testing.T, to net.Addr, alpn string, conf *tls.Config) link.Probed {
	t.Helper()
	return link.Probe(t.Context(), udp(t, loopbackAddr()), to, link.ProbeOptions{ALPN: alpn, TLS: conf, Ask: []byte("?")})
}

// TestProbe provokes every outcome on real sockets.
func TestProbe(t *testing.T) {
	// Issuers of last month, so that certificates of last month are theirs.
	w := linktest.NewWorld(t, func() time.Time { return time.Now().Add(-40 * 24 * time.Hour) })
	w.Now = time.Now
	id := linktest.Identity(t, pki.Node, "FR-LYO")
	ring := w.Ring(t, id)
	conf := w.Client(t, ring, pki.SlotWorking)
	at := fetchRoad(t, w, link.DefaultConfig())

	t.Run("OK", func(t *testing.T) {
		p := probe(t, at, link.ALPNFetch, conf)
		require.Equal(t, link.ProbeReached, p.Outcome, "%v", p.Err)
		require.Equal(t, "hub-1", p.Peer.Identity.Name)
		require.Positive(t, p.RTT)
		require.Less(t, p.RTT, time.Second)
		require.Positive(t, p.Sent)
		require.Less(t, p.Loss(), 0.5)
		require.Greater(t, p.MTU, 1280, "loopback is wide")
	})
	t.Run("ErrClosed", func(t *testing.T) {
		gone := udp(t, loopbackAddr())
		require.NoError(t, gone.Close())
		require.Equal(t, link.ProbeClosed, probe(t, gone.LocalAddr(), link.ALPNFetch, conf).Outcome)
	})
	t.Run("ErrSilent", func(t *testing.T) {
		dead := udp(t, loopbackAddr()) // takes every packet and answers none
		defer func() { require.NoError(t, dead.Close()) }()
		require.Equal(t, link.ProbeSilent, probe(t, dead.LocalAddr(), link.ALPNFetch, conf).Outcome)
	})
	t.Run("ErrVersion", func(t *testing.T) {
		require.Equal(t, link.ProbeVersion, probe(t, at, "jaliya-fetch/99", conf).Outcome)
	})
	t.Run("ErrOtherHub", func(t *testing.T) {
		stranger := fetchRoad(t, linktest.NewWorld(t, nil), link.DefaultConfig())
		require.Equal(t, link.ProbeOther, probe(t, stranger, link.ALPNFetch, conf).Outcome)
	})
	t.Run("ErrStranger", func(t *testing.T) {
		other := linktest.NewWorld(t, nil)
		v := w.Verifier(pki.Member) // knows the hub, while the hub does not know our issuer
		theirs, err := pki.MutualClient(other.Ring(t, id).Source(pki.SlotWorking), v)
		require.NoError(t, err)
		require.Equal(t, link.ProbeStranger, probe(t, at, link.ALPNFetch, theirs).Outcome)
	})
	t.Run("ErrOwnExpired", func(t *testing.T) {
		old := w.Ring(t)
		w.Install(t, old, pki.Request{Identity: id, Now: time.Now().Add(-20 * 24 * time.Hour)})
		require.Equal(t, link.ProbeOwnTime, probe(t, at, link.ALPNFetch, w.Client(t, old, pki.SlotWorking)).Outcome)
	})
	t.Run("ErrHubExpired", func(t *testing.T) {
		v := w.Verifier(pki.Member)
		v.Now = func() time.Time { return time.Now().Add(30 * 24 * time.Hour) } // a wrong clock here
		late, err := pki.MutualClient(ring.Source(pki.SlotWorking), v)
		require.NoError(t, err)
		require.Equal(t, link.ProbeTheirTime, probe(t, at, link.ALPNFetch, late).Outcome)
	})
	t.Run("ErrBusy", func(t *testing.T) {
		cfg := link.DefaultConfig()
		cfg.Sessions = 1
		full := fetchRoad(t, w, cfg)
		d, err := link.NewDialer(udp(t, loopbackAddr()), link.Config{})
		require.NoError(t, err)
		defer func() { require.NoError(t, d.Close()) }()
		s, err := d.Dial(t.Context(), full, link.ALPNFetch, conf)
		require.NoError(t, err)
		defer s.CloseWithReason(link.CodeDone, "")
		_, err = link.Exchange(t.Context(), s, []byte("?"), 0) // is in
		require.Error(t, err)
		require.Equal(t, link.ProbeBusy, probe(t, full, link.ALPNFetch, conf).Outcome)
	})
	t.Run("ErrRevoked", func(t *testing.T) {
		w.Deny(id.String())
		require.Equal(t, link.ProbeRevoked, probe(t, at, link.ALPNFetch, conf).Outcome)
	})
}

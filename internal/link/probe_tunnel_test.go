package link_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// listens gives a TCP listener that does with each connection what the test says.
func listens(t *testing.T, each func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			each(c)
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		<-done
	})
	return l.Addr().String()
}

// TestProbeTunnel provokes every outcome of the road over TCP on real sockets.
func TestProbeTunnel(t *testing.T) {
	w := startWalled(t)
	id := linktest.Identity(t, pki.Node, "FR-LYO")
	ring := w.Ring(t, id)
	conf := w.Client(t, ring, pki.SlotWorking)
	probe := func(t *testing.T, address string, now func() time.Time, inner *tls.Config) link.Probed {
		t.Helper()
		outer, err := pki.JoinClient(w.Bundle.Fingerprint(), now, link.ALPNTunnel)
		require.NoError(t, err)
		return link.ProbeTunnel(t.Context(), link.Tunnel{Address: address, TLS: outer, Config: link.DefaultConfig()},
			link.ProbeOptions{ALPN: link.ALPNShip, TLS: inner, Ask: []byte("?")})
	}
	t.Run("OK", func(t *testing.T) {
		p := probe(t, w.address, time.Now, conf)
		require.Equal(t, link.ProbeReached, p.Outcome, "%v", p.Err)
		require.Equal(t, "hub-1", p.Peer.Identity.Name)
		require.Positive(t, p.RTT)
		require.Zero(t, p.MTU)
	})
	t.Run("ErrClosed", func(t *testing.T) {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, l.Close())
		require.Equal(t, link.ProbeClosed, probe(t, l.Addr().String(), time.Now, conf).Outcome)
	})
	t.Run("ErrBrokenOff", func(t *testing.T) { // as a firewall does that looks at the first bytes
		at := listens(t, func(c net.Conn) { _ = c.Close() })
		require.Equal(t, link.ProbeCut, probe(t, at, time.Now, conf).Outcome)
	})
	t.Run("ErrSilentAfterConnecting", func(t *testing.T) {
		at := listens(t, func(c net.Conn) { t.Cleanup(func() { _ = c.Close() }) })
		require.Equal(t, link.ProbeCut, probe(t, at, time.Now, conf).Outcome)
	})
	t.Run("ErrStandsStillAfterTLS", func(t *testing.T) {
		var carried atomic.Int64
		at := listens(t, func(c net.Conn) { go throttle(t, c, w.address, &carried) })
		p := probe(t, at, time.Now, conf)
		require.Equal(t, link.ProbeCut, p.Outcome)
		require.Greater(t, carried.Load(), int64(outerBytes), "the outer handshake went through")
	})
	t.Run("ErrInspected", func(t *testing.T) { // a firewall that opens TLS shows a certificate of its own
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.TLS = &tls.Config{NextProtos: []string{link.ALPNTunnel}, MinVersion: tls.VersionTLS13}
		s.StartTLS()
		defer s.Close()
		require.Equal(t, link.ProbeOther, probe(t, s.Listener.Addr().String(), time.Now, conf).Outcome)
	})
	t.Run("ErrOtherProtocol", func(t *testing.T) {
		s := httptest.NewTLSServer(http.NotFoundHandler())
		defer s.Close()
		require.Equal(t, link.ProbeVersion, probe(t, s.Listener.Addr().String(), time.Now, conf).Outcome)
	})
	t.Run("ErrNoTLS", func(t *testing.T) {
		s := httptest.NewServer(http.NotFoundHandler())
		defer s.Close()
		require.Equal(t, link.ProbeOther, probe(t, s.Listener.Addr().String(), time.Now, conf).Outcome)
	})
	t.Run("ErrOtherHub", func(t *testing.T) {
		require.Equal(t, link.ProbeOther, probe(t, startWalled(t).address, time.Now, conf).Outcome)
	})
	t.Run("ErrOurClockIsWrong", func(t *testing.T) {
		late := func() time.Time { return time.Now().Add(30 * 24 * time.Hour) }
		require.Equal(t, link.ProbeTheirTime, probe(t, w.address, late, conf).Outcome)
	})
	t.Run("ErrVersion", func(t *testing.T) {
		outer, err := pki.JoinClient(w.Bundle.Fingerprint(), time.Now, link.ALPNTunnel)
		require.NoError(t, err)
		p := link.ProbeTunnel(t.Context(), link.Tunnel{Address: w.address, TLS: outer}, link.ProbeOptions{ALPN: "jaliya-ship/99", TLS: conf})
		require.Equal(t, link.ProbeVersion, p.Outcome)
	})
	t.Run("ErrRevoked", func(t *testing.T) {
		w.Deny(id.String())
		require.Equal(t, link.ProbeRevoked, probe(t, w.address, time.Now, conf).Outcome)
	})
}

// outerBytes is about what the outer handshake takes, both ways; what follows it
// stays where it is.
const outerBytes = 2500

// throttle carries the first bytes of a connection, and then none.
func throttle(t *testing.T, near net.Conn, to string, carried *atomic.Int64) {
	t.Helper()
	far, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", to)
	if !check(t, err) {
		return
	}
	t.Cleanup(func() { _ = errors.Join(near.Close(), far.Close()) })
	pump := func(to io.Writer, from io.Reader) {
		buf := make([]byte, 16<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			if carried.Load() > outerBytes {
				continue
			}
			carried.Add(int64(n))
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	go pump(near, far)
	pump(far, near)
}

// starving passes the first packets of UDP and drops what follows, both ways.
func starving(t *testing.T, to net.Addr, first int64) net.Addr {
	t.Helper()
	front := udp(t, loopbackAddr())
	out, err := (&net.Dialer{}).DialContext(t.Context(), "udp", to.String())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		require.NoError(t, errors.Join(front.Close(), out.Close()))
	})
	var passed atomic.Int64
	var node atomic.Pointer[net.Addr]
	go func() {
		buf := make([]byte, 2000)
		for ctx.Err() == nil {
			n, from, err := front.ReadFrom(buf)
			if err != nil {
				return
			}
			if node.Store(&from); passed.Add(1) <= first {
				_, _ = out.Write(buf[:n]) // lost if not
			}
		}
	}()
	go func() {
		buf := make([]byte, 2000)
		for ctx.Err() == nil {
			n, err := out.Read(buf)
			if err != nil {
				return
			}
			if passed.Add(1) <= first {
				_, _ = front.WriteTo(buf[:n], *node.Load()) // lost if not
			}
		}
	}()
	return front.LocalAddr()
}

// TestProbeStarved is a network that lets a handshake pass and starves what
// follows, soon or late.
func TestProbeStarved(t *testing.T) {
	w := linktest.NewWorld(t, nil)
	conf := w.Client(t, w.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO")), pki.SlotWorking)
	at := fetchRoad(t, w, link.DefaultConfig())
	for _, first := range []int64{20, 40, 80} {
		p := probe(t, starving(t, at, first), link.ALPNFetch, conf)
		require.Equal(t, link.ProbeStarved, p.Outcome, "%d packets: %v", first, p.Err)
	}
	p := probe(t, starving(t, at, 1<<20), link.ALPNFetch, conf)
	require.Equal(t, link.ProbeReached, p.Outcome, "%v", p.Err)
}

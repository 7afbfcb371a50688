package link_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

const chunk = 64 << 10

// BenchmarkRoads moves chunks of 64 KiB over loopback by each road. The last
// line is the limit: TLS 1.3 over TCP without sessions.
func BenchmarkRoads(b *testing.B) {
	w := linktest.NewWorld(b, nil)
	member := w.Ring(b, linktest.Identity(b, pki.Member, "hub-1"))
	node := w.Client(b, w.Ring(b, linktest.Identity(b, pki.Node, "FR-LYO")), pki.SlotWorking)
	outer, err := pki.JoinServer(member.Source(pki.SlotWorking), w.Bundle.Root, link.ALPNTunnel)
	require.NoError(b, err)
	inner, err := pki.JoinClient(w.Bundle.Fingerprint(), time.Now, link.ALPNTunnel)
	require.NoError(b, err)
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(b, err)
	tcp := func() net.Listener {
		l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
		require.NoError(b, err)
		return l
	}
	walls := tcp()
	tunnels, err := link.NewTunnels(walls, outer, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	sink := map[string]link.Endpoint{link.ALPNShip: {TLS: w.Server(b, member, link.ALPNShip, pki.Node), Handle: drain}}
	ctx, cancel := context.WithCancel(b.Context())
	b.Cleanup(cancel)
	for _, conn := range []net.PacketConn{socket, tunnels} {
		l, err := link.NewListener(conn, link.ListenerOptions{})
		require.NoError(b, err)
		go func() { _ = l.Serve(ctx, sink) }()
	}
	b.Run("quic", func(b *testing.B) {
		own, err := net.ListenUDP("udp4", nil)
		require.NoError(b, err)
		d, err := link.NewDialer(own, link.Config{})
		require.NoError(b, err)
		defer func() { require.NoError(b, d.Close()) }()
		s, err := d.Dial(b.Context(), socket.LocalAddr(), link.ALPNShip, node)
		require.NoError(b, err)
		pour(b, s)
	})
	b.Run("tcp", func(b *testing.B) {
		s, err := link.Tunnel{Address: walls.Addr().String(), TLS: inner}.Dial(b.Context(), link.ALPNShip, node)
		require.NoError(b, err)
		pour(b, s)
	})
	b.Run("raw TLS", func(b *testing.B) {
		l := tls.NewListener(tcp(), outer)
		go func() {
			c, err := l.Accept()
			if err == nil {
				_, _ = io.Copy(io.Discard, c)
			}
		}()
		c, err := (&tls.Dialer{Config: inner}).DialContext(b.Context(), "tcp", l.Addr().String())
		require.NoError(b, err)
		raw := make([]byte, chunk)
		b.SetBytes(chunk)
		for b.Loop() {
			_, err := c.Write(raw)
			require.NoError(b, err)
		}
		require.NoError(b, c.Close())
		require.NoError(b, l.Close())
	})
}

func drain(ctx context.Context, s *link.Session) error {
	stream, err := s.AcceptStream(ctx)
	for err == nil {
		_, _, err = stream.ReadFrame(func(byte) int { return chunk })
	}
	return nil
}

func pour(b *testing.B, s *link.Session) {
	b.Helper()
	stream, err := s.OpenStream(b.Context())
	require.NoError(b, err)
	raw := make([]byte, chunk)
	b.SetBytes(chunk)
	for b.Loop() {
		require.NoError(b, stream.WriteFrame(1, raw))
	}
	s.CloseWithReason(link.CodeDone, "")
}

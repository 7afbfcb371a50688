package link_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

// walled is a hub that is reached over TCP alone, as from a network that drops
// UDP.
type walled struct {
	*linktest.World
	address string
	stop    func() error
}

func startWalled(t *testing.T) *walled {
	t.Helper()
	w := &walled{World: linktest.NewWorld(t, nil)}
	ring := w.Ring(t, linktest.Identity(t, pki.Member, "hub-1"))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.address = l.Addr().String()
	outer, err := pki.JoinServer(ring.Source(pki.SlotWorking), w.Bundle.Root, link.ALPNTunnel)
	require.NoError(t, err)
	tunnels, err := link.NewTunnels(l, outer, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	listener, err := link.NewListener(tunnels, link.ListenerOptions{Registry: link.NewRegistry(w.Denied)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- listener.Serve(ctx, map[string]link.Endpoint{link.ALPNShip: {
			TLS: w.Server(t, ring, link.ALPNShip, pki.Node), Handle: link.Exchanger{Answer: echo, MaxRequest: 1 << 20}.Serve,
		}})
	}()
	w.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { require.NoError(t, w.stop()) })
	return w
}

func (w *walled) tunnel(t *testing.T, pin pki.Fingerprint) link.Tunnel {
	t.Helper()
	outer, err := pki.JoinClient(pin, time.Now, link.ALPNTunnel)
	require.NoError(t, err)
	return link.Tunnel{Address: w.address, TLS: outer}
}

// The same session, over TCP: who speaks is proved as over UDP, and much at
// once arrives whole, several tunnels beside each other.
func TestTunnel(t *testing.T) {
	w := startWalled(t)
	var all sync.WaitGroup
	for _, name := range []string{"FR-LYO", "ES-LEI", "IT-MIL"} {
		conf := w.Client(t, w.Ring(t, linktest.Identity(t, pki.Node, name)), pki.SlotWorking)
		road := w.tunnel(t, w.Bundle.Fingerprint())
		all.Go(func() {
			s, err := road.Dial(t.Context(), link.ALPNShip, conf)
			if !check(t, err) {
				return
			}
			defer s.CloseWithReason(link.CodeDone, "")
			much := bytes.Repeat([]byte(name), 150_000)
			got, err := link.Exchange(t.Context(), s, much, len(much))
			if check(t, err) && (!bytes.Equal(much, got) || s.Road() != link.RoadTCP || s.Peer().Identity.Name != "hub-1") {
				t.Errorf("%s: %d bytes over %s from %s", name, len(got), s.Road(), s.Peer().Identity.Name)
			}
		})
	}
	all.Wait()
}

func check(t *testing.T, err error) bool {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

// A hub that stops tells the sessions in its tunnels.
func TestTunnelHubStops(t *testing.T) {
	w := startWalled(t)
	conf := w.Client(t, w.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO")), pki.SlotWorking)
	s, err := w.tunnel(t, w.Bundle.Fingerprint()).Dial(t.Context(), link.ALPNShip, conf)
	require.NoError(t, err)
	_, err = link.Exchange(t.Context(), s, []byte("here"), 100)
	require.NoError(t, err)
	require.NoError(t, w.stop())
	<-s.Context().Done()
	require.Error(t, s.Err())
	_, err = w.tunnel(t, w.Bundle.Fingerprint()).Dial(t.Context(), link.ALPNShip, conf)
	requireKind(t, fault.Unavailable, err)
}

// Another nation's hub is not spoken to, and a node that is shut out stays out.
func TestTunnelRefuses(t *testing.T) {
	w, other := startWalled(t), linktest.NewWorld(t, nil)
	ring := w.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
	_, err := w.tunnel(t, other.Bundle.Fingerprint()).Dial(t.Context(), link.ALPNShip, w.Client(t, ring, pki.SlotWorking))
	requireKind(t, fault.Denied, err)

	stranger := other.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO"))
	s, err := w.tunnel(t, w.Bundle.Fingerprint()).Dial(t.Context(), link.ALPNShip, w.Client(t, stranger, pki.SlotWorking))
	if err == nil { // a client may finish before the server has looked
		_, err = link.Exchange(t.Context(), s, []byte("let me in"), 100)
		s.CloseWithReason(link.CodeDone, "")
	}
	requireKind(t, fault.Denied, err)
}

// What is no packet ends its own tunnel and no other.
func TestTunnelGarbage(t *testing.T) {
	w := startWalled(t)
	conf := w.Client(t, w.Ring(t, linktest.Identity(t, pki.Node, "FR-LYO")), pki.SlotWorking)
	good, err := w.tunnel(t, w.Bundle.Fingerprint()).Dial(t.Context(), link.ALPNShip, conf)
	require.NoError(t, err)
	defer good.CloseWithReason(link.CodeDone, "")
	for name, head := range map[string][]byte{
		"empty": binary.BigEndian.AppendUint16(nil, 0), "too long": binary.BigEndian.AppendUint16(nil, 1501), "no QUIC": []byte("\x00\x04GET "),
	} {
		t.Run(name, func(t *testing.T) {
			outer, err := pki.JoinClient(w.Bundle.Fingerprint(), time.Now, link.ALPNTunnel)
			require.NoError(t, err)
			conn, err := (&tls.Dialer{Config: outer}).DialContext(t.Context(), "tcp", w.address)
			require.NoError(t, err)
			_, err = conn.Write(head)
			require.NoError(t, err)
			if name != "no QUIC" { // which QUIC drops by itself
				_, err = conn.Read(make([]byte, 1))
				require.Error(t, err)
			}
			require.NoError(t, conn.Close())
			_, err = link.Exchange(t.Context(), good, []byte("still here"), 100)
			require.NoError(t, err)
		})
	}
	plain, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.address)
	require.NoError(t, err)
	_, err = plain.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, plain) // to the end, that is what is asked for
	require.NoError(t, err)
	require.NoError(t, plain.Close())
}

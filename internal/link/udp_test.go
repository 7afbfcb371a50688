package link_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

func udp(t *testing.T, addr *net.UDPAddr) net.PacketConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", addr)
	require.NoError(t, err)
	return conn
}

// road is the raft road, served on a socket of its own.
type road struct {
	*link.Listener
	cancel context.CancelFunc
	done   chan error // receives the end of Serve once
}

func serveRaft(t *testing.T, w *linktest.World, ring *pki.Keyring, conn net.PacketConn, secrets *link.Secrets) road { //nolint:revive // argument-limit: the parts of one listener
	t.Helper()
	cfg := link.RaftConfig()
	cfg.Secrets = secrets
	l, err := link.NewListener(conn, link.ListenerOptions{Config: cfg, Registry: link.NewRegistry(w.Denied)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r := road{Listener: l, cancel: cancel, done: make(chan error, 1)}
	go func() {
		r.done <- l.Serve(ctx, map[string]link.Endpoint{link.ALPNRaft: {
			TLS: w.Server(t, ring, link.ALPNRaft, pki.Member), Handle: link.Exchanger{Answer: echo}.Serve,
		}})
	}()
	return r
}

// stop ends the road in order.
func (r road) stop() error {
	r.cancel()
	return <-r.done
}

// crash takes the socket away: no connection hears of it. Serve ends by itself,
// with the reason; nobody has asked it to.
func (r road) crash() error {
	if err := r.Close(); err != nil {
		return err
	}
	defer r.cancel()
	return <-r.done
}

// Over real sockets: a member dials from the socket it listens on, and after
// the other end was replaced without a word a stateless reset says so at once
// (D28), long before the idle time.
func TestOverUDP(t *testing.T) {
	w := linktest.NewWorld(t, nil)
	one := w.Ring(t, linktest.Identity(t, pki.Member, "hub-1"))
	two := w.Ring(t, linktest.Identity(t, pki.Member, "hub-2"))
	secrets, err := link.LoadSecrets(filepath.Join(t.TempDir(), "secrets"), time.Now())
	require.NoError(t, err)
	loopback := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	first := serveRaft(t, w, one, udp(t, loopback), secrets)
	second := serveRaft(t, w, two, udp(t, loopback), nil)
	defer func() { require.NoError(t, second.stop()) }()

	conf := w.Client(t, two, pki.SlotWorking)
	s, err := second.Dialer().Dial(t.Context(), first.Addr(), link.ALPNRaft, conf)
	require.NoError(t, err)
	out, err := link.Exchange(t.Context(), s, []byte("over udp"), 0)
	require.NoError(t, err)
	require.Equal(t, "over udp", string(out))
	require.Equal(t, "hub-1", s.Peer().Identity.Name)

	addr, ok := first.Addr().(*net.UDPAddr)
	require.True(t, ok)
	require.Error(t, first.crash())
	again := serveRaft(t, w, one, udp(t, addr), secrets)
	defer func() { require.NoError(t, again.stop()) }()
	start := time.Now()
	_, err = link.Exchange(t.Context(), s, []byte("who are you"), 0)
	requireKind(t, fault.Unavailable, err)
	require.Less(t, time.Since(start), 5*time.Second)
}

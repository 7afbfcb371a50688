package link_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const rtt = 40 * time.Millisecond

// hub is a listener under test with its world.
type hub struct {
	*linktest.World
	listener *link.Listener
	ring     *pki.Keyring
	stop     func() error
	rest     []net.PacketConn
}

// startHub serves endpoints on the first of n+1 simulated sockets.
func startHub(t *testing.T, cfg link.Config, endpoints func(*hub) map[string]link.Endpoint) *hub {
	t.Helper()
	h := &hub{World: linktest.NewWorld(t, nil)}
	h.ring = h.Ring(t, linktest.Identity(t, pki.Member, "hub-1"))
	conns := linktest.Net(t, rtt, 4)
	h.rest = conns[1:]
	var err error
	h.listener, err = link.NewListener(conns[0], link.ListenerOptions{Config: cfg, Registry: link.NewRegistry(h.Denied)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.listener.Serve(ctx, endpoints(h)) }()
	h.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { require.NoError(t, h.stop()) })
	return h
}

// echo answers every request with itself.
func echo(_ context.Context, _ pki.Peer, request []byte) ([]byte, error) {
	return bytes.Clone(request), nil
}

func shipEndpoint(t *testing.T) func(h *hub) map[string]link.Endpoint {
	t.Helper()
	return func(h *hub) map[string]link.Endpoint {
		return map[string]link.Endpoint{link.ALPNShip: {
			TLS: h.Server(t, h.ring, link.ALPNShip, pki.Node), Handle: link.Exchanger{Answer: echo}.Serve,
		}}
	}
}

func (h *hub) dialer(t *testing.T, i int) *link.Dialer {
	t.Helper()
	d, err := link.NewDialer(h.rest[i], link.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// try dials and asks once, and gives the first error.
func (h *hub) try(ctx context.Context, d *link.Dialer, alpn string, conf *tls.Config) error {
	s, err := d.Dial(ctx, h.listener.Addr(), alpn, conf)
	if err != nil {
		return err
	}
	defer s.CloseWithReason(link.CodeDone, "")
	_, err = link.Exchange(ctx, s, []byte("ping"), 0)
	return err
}

func requireKind(t *testing.T, kind fault.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, kind.String(), fault.KindOf(err).String(), err.Error())
}

package cluster

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/raft"
	"github.com/quic-go/quic-go"

	"jaliya/internal/fault"
)

// ALPN is the protocol between members.
const ALPN = "jaliya-raft/1"

const (
	opListen = "cluster: listen"
	opDial   = "cluster: dial"

	// The first byte of a stream says what it is for: a QUIC stream exists for the
	// other side only when something was sent on it (D24).
	forRaft      = 1
	forProposals = 2
	forProgress  = 3

	helloTimeout = 5 * time.Second
)

var keyReset = []byte("ResetKey")

// streamLayer is raft.StreamLayer over QUIC: each dial is a connection of its
// own with one stream, for streams of one connection share its flow control and
// a slow reader would hold up heartbeats (D23).
type streamLayer struct {
	transport *quic.Transport
	listener  *quic.Listener
	socket    net.PacketConn
	client    *tls.Config
	address   address
	accepted  chan net.Conn
	serve     func(purpose byte, conn net.Conn) // what is not raft's

	ctx    context.Context //nolint:containedctx // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // the accept loop and the handshakes

	mu    sync.Mutex // guards conns, which is nil after Close
	conns map[*quic.Conn]struct{}
}

var _ raft.StreamLayer = (*streamLayer)(nil)

// address is the advertised host:port.
type address string

// Network implements net.Addr.
func (a address) Network() string { return "udp" }

// String implements net.Addr.
func (a address) String() string { return string(a) }

// newStreamLayer listens on the socket of cfg. resetKey lets the others notice at
// once that this member started anew (D28); serve answers, and closes, the
// connections that are not raft's.
func newStreamLayer(cfg Config, resetKey *quic.StatelessResetKey, serve func(purpose byte, conn net.Conn)) (*streamLayer, error) {
	socket := cfg.PacketConn
	if socket == nil {
		var err error
		if socket, err = (&net.ListenConfig{}).ListenPacket(context.Background(), "udp", cfg.Bind); err != nil {
			return nil, fault.New(fault.Unavailable, opListen, cfg.Bind, err)
		}
	}
	s := &streamLayer{
		transport: &quic.Transport{Conn: socket, StatelessResetKey: resetKey},
		socket:    socket, client: secure(cfg.ClientTLS), address: address(cfg.Advertise),
		serve: serve, accepted: make(chan net.Conn), conns: make(map[*quic.Conn]struct{}),
	}
	if s.address == "" {
		s.address = address(socket.LocalAddr().String())
	}
	var err error
	if s.listener, err = s.transport.Listen(secure(cfg.ServerTLS), quicConfig()); err != nil {
		return nil, errors.Join(fault.New(fault.Unavailable, opListen, string(s.address), err), socket.Close())
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Go(s.acceptLoop)
	return s, nil
}

// secure sets what this protocol fixes: TLS 1.3, its name, no resumption (D29).
func secure(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.MinVersion = tls.VersionTLS13
	c.NextProtos = []string{ALPN}
	c.SessionTicketsDisabled = true
	c.ClientSessionCache = nil
	return c
}

func quicConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout: helloTimeout,
		MaxIdleTimeout:       10 * time.Second, // D27
		KeepAlivePeriod:      3 * time.Second,
		MaxIncomingStreams:   1,
		// An append of several megabytes should not wait for the window to grow.
		InitialStreamReceiveWindow:     2 << 20,
		InitialConnectionReceiveWindow: 3 << 20,
		MaxIncomingUniStreams:          -1,
	}
}

// resetKey gives this member's own key, made at the first start; members must
// never share one (RFC 9000, section 10.3).
func resetKey(stable *stableStore) (*quic.StatelessResetKey, error) {
	var key quic.StatelessResetKey
	held, err := stable.Get(keyReset)
	switch {
	case errors.Is(err, errNotFound):
		_, _ = rand.Read(key[:]) // never fails
		return &key, stable.Set(keyReset, key[:])
	case err != nil:
		return nil, err
	}
	copy(key[:], held)
	return &key, nil
}

// acceptLoop never waits for a peer (D30).
func (s *streamLayer) acceptLoop() {
	for {
		conn, err := s.listener.Accept(s.ctx)
		if err != nil {
			return // closed
		}
		s.wg.Go(func() { s.welcome(conn) })
	}
}

// welcome waits for the peer's stream and its first byte.
func (s *streamLayer) welcome(conn *quic.Conn) {
	if !s.track(conn) {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, helloTimeout)
	defer cancel()
	stream, err := conn.AcceptStream(ctx)
	if err != nil {
		_ = conn.CloseWithError(codeRefused, "no stream")
		return
	}
	c := &streamConn{stream: stream, conn: conn, local: s.address}
	switch purpose := c.readPurpose(); {
	case purpose == forProposals, purpose == forProgress:
		s.serve(purpose, c)
		return
	case purpose != forRaft:
		_ = conn.CloseWithError(codeRefused, "no purpose")
		return
	}
	select {
	case s.accepted <- c:
	case <-s.ctx.Done():
		_ = c.Close() // Close of the layer ends it anyway
	}
}

// track remembers an open connection for Close.
func (s *streamLayer) track(conn *quic.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		_ = conn.CloseWithError(codeDone, "")
		return false
	}
	s.conns[conn] = struct{}{}
	context.AfterFunc(conn.Context(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
	})
	return true
}

// Accept implements net.Listener.
func (s *streamLayer) Accept() (net.Conn, error) {
	select {
	case c := <-s.accepted:
		return c, nil
	case <-s.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Addr gives the advertised address.
func (s *streamLayer) Addr() net.Addr { return s.address }

// Dial opens a connection with one stream to the member at target. The name is
// resolved anew each time.
func (s *streamLayer) Dial(target raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	c, err := s.dial(ctx, string(target), forRaft)
	if err != nil {
		return nil, fault.New(fault.Unavailable, opDial, string(target), err)
	}
	return c, nil
}

func (s *streamLayer) dial(ctx context.Context, target string, purpose byte) (net.Conn, error) {
	addr, err := resolve(ctx, target)
	if err != nil {
		return nil, err
	}
	conn, err := s.transport.Dial(ctx, addr, s.client, quicConfig())
	if err != nil {
		return nil, err
	}
	if !s.track(conn) { //nolint:contextcheck // it follows the connection's own life
		return nil, net.ErrClosed
	}
	stream, err := conn.OpenStream()
	if err == nil {
		_, err = stream.Write([]byte{purpose})
	}
	if err != nil {
		return nil, errors.Join(err, conn.CloseWithError(codeRefused, "no stream"))
	}
	return &streamConn{stream: stream, conn: conn, local: s.address}, nil
}

// dialFor opens a connection to the member at target for something that is not raft's.
func (s *streamLayer) dialFor(ctx context.Context, target string, purpose byte) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	c, err := s.dial(ctx, target, purpose)
	if err != nil {
		return nil, fault.New(fault.Unavailable, opDial, target, err)
	}
	return c, nil
}

func resolve(ctx context.Context, target string) (*net.UDPAddr, error) {
	host, portText, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, errors.New("no address for " + host)
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(addrs[0].Unmap(), uint16(port))), nil
}

// Close ends all connections, telling the peers, and gives the socket back. A
// second Close does nothing.
func (s *streamLayer) Close() error {
	s.mu.Lock()
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	if conns == nil {
		return nil
	}
	s.cancel()
	for conn := range conns {
		_ = conn.CloseWithError(codeDone, "") // its error is the peer's
	}
	err := s.listener.Close()
	s.wg.Wait()
	return errors.Join(err, s.transport.Close(), s.socket.Close())
}

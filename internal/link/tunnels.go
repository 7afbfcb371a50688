package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"jaliya/internal/fault"
)

const (
	// maxTunnels bounds the TCP connections of a listener: 71 posts with a
	// control session, eight for bulk and a few for renewals each.
	maxTunnels = 1024
	// tunnelQueue is how many packets wait for QUIC before TCP has to wait.
	tunnelQueue = 256
	// tunnelIdle ends a TCP connection on which nothing comes: QUIC keeps its
	// sessions alive more often.
	tunnelIdle = 150 * time.Second
)

// Tunnels is the listening end of tunnels: to QUIC one socket, whose peers are
// TCP connections. Packets to a connection that is gone vanish, as they do on a
// network.
type Tunnels struct {
	listener net.Listener
	conf     *tls.Config
	log      *slog.Logger
	in       chan arrived
	closed   chan struct{}
	work     sync.WaitGroup
	once     sync.Once

	mu    sync.Mutex // guards all below
	peers map[string]*packets
	wake  chan struct{} // closed while the read deadline has passed
	taken int           // connections, those still shaking hands too
}

type arrived struct {
	packet []byte
	from   net.Addr
}

var _ net.PacketConn = (*Tunnels)(nil)

// NewTunnels takes TCP connections from l, which it owns from now on, and
// shakes hands by conf: one of package pki's server configurations, for
// ALPNTunnel. Close ends it.
func NewTunnels(l net.Listener, conf *tls.Config, log *slog.Logger) (*Tunnels, error) {
	if l == nil || conf == nil || log == nil || conf.MinVersion < tls.VersionTLS13 || !conf.SessionTicketsDisabled {
		return nil, fault.New(fault.Invalid, "link: open tunnels", "listener, TLS or log", nil)
	}
	t := &Tunnels{
		listener: l, conf: conf, log: log, in: make(chan arrived, tunnelQueue), closed: make(chan struct{}),
		peers: map[string]*packets{}, wake: make(chan struct{}),
	}
	t.work.Go(t.accept)
	return t, nil
}

func (t *Tunnels) accept() {
	pause := newPause()
	for {
		raw, err := t.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !pause.wait(t.closed) {
				return
			}
			continue
		}
		pause.reset()
		if !t.take() {
			_ = raw.Close()
			continue
		}
		t.work.Go(func() {
			defer t.leave()
			t.serve(raw)
		})
	}
}

func (t *Tunnels) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken >= maxTunnels {
		return false
	}
	t.taken++
	return true
}

func (t *Tunnels) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken--
}

// serve shakes hands and hands packets on until the connection ends.
func (t *Tunnels) serve(raw net.Conn) {
	holdLittle(raw)
	conn := tls.Server(raw, t.conf)
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), tunnelHandshake)
	defer cancel()
	go func() { // ends with the handshake
		select {
		case <-t.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := conn.HandshakeContext(ctx); err != nil {
		t.log.Debug("tunnel refused", slog.String("error", err.Error()))
		return
	}
	cancel()
	p := newPackets(conn)
	if !t.open(p) {
		return
	}
	defer t.drop(p)
	t.receive(p)
}

func (t *Tunnels) receive(p *packets) {
	for {
		if err := p.conn.SetReadDeadline(time.Now().Add(tunnelIdle)); err != nil {
			return
		}
		packet := make([]byte, maxPacket)
		n, err := p.read(packet)
		if err != nil {
			return
		}
		select {
		case t.in <- arrived{packet: packet[:n], from: p.conn.RemoteAddr()}:
		case <-t.closed:
			return
		}
	}
}

func (t *Tunnels) open(p *packets) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.closed:
		return false
	default:
	}
	t.peers[p.conn.RemoteAddr().String()] = p
	return true
}

func (t *Tunnels) drop(p *packets) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.peers, p.conn.RemoteAddr().String())
}

// ReadFrom gives the next packet of any tunnel.
func (t *Tunnels) ReadFrom(p []byte) (int, net.Addr, error) {
	t.mu.Lock()
	wake := t.wake
	t.mu.Unlock()
	select {
	case a := <-t.in:
		return copy(p, a.packet), a.from, nil
	case <-wake:
		return 0, nil, os.ErrDeadlineExceeded
	case <-t.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo sends to the tunnel of an address. It waits while that one is full,
// which only its own session feels.
func (t *Tunnels) WriteTo(p []byte, to net.Addr) (int, error) {
	t.mu.Lock()
	peer := t.peers[to.String()]
	t.mu.Unlock()
	if peer == nil {
		return len(p), nil
	}
	if _, err := peer.write(p, DefaultConfig().Progress); err != nil {
		return len(p), nil //nolint:nilerr // lost with its connection: to QUIC a lost packet, no broken socket
	}
	return len(p), nil
}

// Close ends all tunnels and waits for their goroutines.
func (t *Tunnels) Close() error {
	err := net.ErrClosed
	t.once.Do(func() {
		err = t.listener.Close()
		t.mu.Lock()
		close(t.closed)
		for _, p := range t.peers {
			_ = p.conn.Close()
		}
		t.mu.Unlock()
		t.work.Wait()
	})
	return err
}

// LocalAddr is the TCP listener's.
func (t *Tunnels) LocalAddr() net.Addr { return t.listener.Addr() }

// SetDeadline is SetReadDeadline.
func (t *Tunnels) SetDeadline(at time.Time) error { return t.SetReadDeadline(at) }

// SetReadDeadline with a moment that has come wakes whoever reads; a later one
// counts as none. QUIC asks for nothing else.
func (t *Tunnels) SetReadDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	past := !at.IsZero() && !at.After(time.Now())
	select {
	case <-t.wake:
		if !past {
			t.wake = make(chan struct{})
		}
	default:
		if past {
			close(t.wake)
		}
	}
	return nil
}

// SetReadBuffer and SetWriteBuffer are for QUIC, which asks for large buffers of
// UDP: TCP sizes its own.
func (t *Tunnels) SetReadBuffer(int) error { return nil }

// SetWriteBuffer is SetReadBuffer's twin.
func (t *Tunnels) SetWriteBuffer(int) error { return nil }

// SetWriteDeadline does nothing: each write has a bound of its own.
func (t *Tunnels) SetWriteDeadline(time.Time) error { return nil }

// pause grows while accepting fails: out of file descriptors, most likely.
type pause struct{ next time.Duration }

func newPause() *pause { return &pause{next: 5 * time.Millisecond} }

func (p *pause) reset() { p.next = 5 * time.Millisecond }

func (p *pause) wait(closed <-chan struct{}) bool {
	timer := time.NewTimer(p.next)
	defer timer.Stop()
	p.next = min(2*p.next, time.Second)
	select {
	case <-closed:
		return false
	case <-timer.C:
		return true
	}
}

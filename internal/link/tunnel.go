package link

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	"jaliya/internal/fault"
)

// ALPNTunnel is what TLS over TCP speaks where UDP is blocked (D33): packets of
// QUIC, each behind its length in two bytes, big-endian. The sessions inside
// are the same as over UDP, with identities, streams and priorities of their
// own, so that there is one protocol and one ingest; the outer TLS proves the
// hub to the node and hides from the network that QUIC is spoken.
const ALPNTunnel = "jaliya-tunnel/1"

const (
	// maxPacket is the longest packet that QUIC sends: an Ethernet frame's.
	maxPacket = 1500
	// tunnelHandshake bounds the handshakes of TCP and TLS together.
	tunnelHandshake = 15 * time.Second
	// unsent bounds what waits in the kernel before the wire, in bytes: QUIC
	// orders its streams by urgency, and what has left it cannot be overtaken.
	unsent = 16 << 10
)

// Tunnel says how to reach a peer over TLS on TCP.
type Tunnel struct {
	Address string      // host:port, TCP
	TLS     *tls.Config // of the outer handshake, with ALPNTunnel: one of package pki's client configurations
	Config  Config
}

// Dial opens a session that speaks alpn through a TCP connection of its own,
// which ends with it. The errors are Dialer.Dial's.
func (t Tunnel) Dial(ctx context.Context, alpn string, conf *tls.Config) (*Session, error) {
	const op = "link: dial tunnel"
	if t.TLS == nil || t.TLS.VerifyConnection == nil {
		return nil, fault.New(fault.Invalid, op, "not a client configuration of package pki", nil)
	}
	outer, err := t.connect(ctx)
	if err != nil {
		return nil, classify(op, ALPNTunnel, err)
	}
	d, err := NewDialer(&tunnelEnd{packets: newPackets(outer)}, t.Config)
	if err != nil {
		return nil, err
	}
	s, err := d.Dial(ctx, outer.RemoteAddr(), alpn, conf)
	if err != nil {
		_ = d.Close() // why the dial failed is what matters
		return nil, err
	}
	context.AfterFunc(s.conn.Context(), func() { _ = d.Close() }) //nolint:contextcheck // with the session, however long the caller lives
	return s, nil
}

func (t Tunnel) connect(ctx context.Context) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, tunnelHandshake)
	defer cancel()
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return nil, err
	}
	holdLittle(raw)
	outer := tls.Client(raw, t.TLS)
	if err := outer.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return outer, nil
}

// Road says what carries the session.
func (s *Session) Road() Road {
	if s.conn.RemoteAddr().Network() == "tcp" {
		return RoadTCP
	}
	return RoadQUIC
}

// packets are datagrams on a stream.
type packets struct {
	conn   net.Conn
	reader *bufio.Reader // one reader

	mu  sync.Mutex // guards out, and keeps packets whole
	out [2 + maxPacket]byte
}

func newPackets(conn net.Conn) *packets {
	return &packets{conn: conn, reader: bufio.NewReaderSize(conn, 16<<10)}
}

// read gives the next packet's length. A length that no packet has ends the
// stream: what follows could not be told apart.
func (p *packets) read(into []byte) (int, error) {
	var head [2]byte
	if _, err := io.ReadFull(p.reader, head[:]); err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint16(head[:]))
	if n == 0 || n > maxPacket || n > len(into) {
		return 0, fault.New(fault.Invalid, "link: read tunnel", "packet length", nil)
	}
	return io.ReadFull(p.reader, into[:n])
}

// write sends one packet. A peer that takes nothing for the progress time is
// gone.
func (p *packets) write(packet []byte, progress time.Duration) (int, error) {
	if len(packet) == 0 || len(packet) > maxPacket {
		return 0, fault.New(fault.TooLarge, "link: write tunnel", "packet length", nil)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	binary.BigEndian.PutUint16(p.out[:2], uint16(len(packet))) //nolint:gosec // at most maxPacket
	copy(p.out[2:], packet)
	if err := p.conn.SetWriteDeadline(time.Now().Add(progress)); err != nil {
		return 0, err
	}
	if _, err := p.conn.Write(p.out[:2+len(packet)]); err != nil {
		_ = p.conn.Close() // a packet that is half out spoils all that follow
		return 0, err
	}
	return len(packet), nil
}

// tunnelEnd is the dialer's end: a socket with one peer.
type tunnelEnd struct{ packets *packets }

var _ net.PacketConn = (*tunnelEnd)(nil)

// ReadFrom gives the next packet of the peer.
func (e *tunnelEnd) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := e.packets.read(p)
	return n, e.packets.conn.RemoteAddr(), err
}

// WriteTo sends to the one peer, whatever address is given.
func (e *tunnelEnd) WriteTo(p []byte, _ net.Addr) (int, error) {
	return e.packets.write(p, DefaultConfig().Progress)
}

// Close ends the TCP connection.
func (e *tunnelEnd) Close() error { return e.packets.conn.Close() }

// LocalAddr is the TCP connection's.
func (e *tunnelEnd) LocalAddr() net.Addr { return e.packets.conn.LocalAddr() }

// SetDeadline bounds reading; a write has a bound of its own.
func (e *tunnelEnd) SetDeadline(t time.Time) error { return e.packets.conn.SetReadDeadline(t) }

// SetReadDeadline bounds reading.
func (e *tunnelEnd) SetReadDeadline(t time.Time) error { return e.packets.conn.SetReadDeadline(t) }

// SetReadBuffer and SetWriteBuffer are for QUIC, which asks for large buffers of
// UDP: TCP sizes its own.
func (e *tunnelEnd) SetReadBuffer(int) error { return nil }

// SetWriteBuffer is SetReadBuffer's twin.
func (e *tunnelEnd) SetWriteBuffer(int) error { return nil }

// SetWriteDeadline does nothing: a write has a bound of its own.
func (e *tunnelEnd) SetWriteDeadline(time.Time) error { return nil }

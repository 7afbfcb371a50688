package cluster

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
)

// Codes with which a connection is closed.
const (
	codeDone    quic.ApplicationErrorCode = 0
	codeRefused quic.ApplicationErrorCode = 1
)

// streamConn is one QUIC connection with its one stream as a net.Conn.
type streamConn struct {
	stream *quic.Stream
	conn   *quic.Conn
	local  net.Addr
	once   sync.Once
	err    error // of the close, set by once
}

var _ net.Conn = (*streamConn)(nil)

// readPurpose gives the first byte, 0 when none came in time.
func (c *streamConn) readPurpose() byte {
	var first [1]byte
	if c.stream.SetReadDeadline(time.Now().Add(helloTimeout)) != nil {
		return 0
	}
	if _, err := io.ReadFull(c.stream, first[:]); err != nil {
		return 0
	}
	if c.stream.SetReadDeadline(time.Time{}) != nil {
		return 0
	}
	return first[0]
}

// Read may return data together with io.EOF, as io.Reader allows. A connection
// that either side closed in order has ended the stream.
func (c *streamConn) Read(b []byte) (int, error) {
	n, err := c.stream.Read(b)
	var closed *quic.ApplicationError
	if errors.As(err, &closed) && closed.ErrorCode == codeDone {
		err = io.EOF
	}
	return n, err
}

// Write implements net.Conn.
func (c *streamConn) Write(b []byte) (int, error) { return c.stream.Write(b) }

// Close gives up both halves of the stream (quic-go's own Close ends only the
// sending one, D24) and the connection. raft closes only when it has the answer
// to all it sent, or after an error, so nothing is lost by closing at once.
func (c *streamConn) Close() error {
	c.once.Do(func() {
		c.stream.CancelRead(quic.StreamErrorCode(codeDone))
		c.stream.CancelWrite(quic.StreamErrorCode(codeDone))
		c.err = c.conn.CloseWithError(codeDone, "")
	})
	return c.err
}

// LocalAddr implements net.Conn.
func (c *streamConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *streamConn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// SetDeadline implements net.Conn.
func (c *streamConn) SetDeadline(t time.Time) error { return c.stream.SetDeadline(t) }

// SetReadDeadline implements net.Conn.
func (c *streamConn) SetReadDeadline(t time.Time) error { return c.stream.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn.
func (c *streamConn) SetWriteDeadline(t time.Time) error { return c.stream.SetWriteDeadline(t) }

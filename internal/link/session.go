package link

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/quic-go/quic-go"

	"jaliya/internal/link/pki"
)

// Session is one connection with a verified peer. It is safe for concurrent
// use.
type Session struct {
	conn   *quic.Conn
	peer   pki.Peer
	alpn   string
	cfg    Config
	opened time.Time
	owner  *Listener // nil for a dialed session; set before anyone else sees it
}

func newSession(conn *quic.Conn, cfg Config) (*Session, error) {
	cs := conn.ConnectionState().TLS
	peer, err := pki.PeerOf(cs)
	if err != nil {
		return nil, err
	}
	return &Session{conn: conn, peer: peer, alpn: cs.NegotiatedProtocol, cfg: cfg, opened: time.Now()}, nil
}

// Peer is who is at the other end; zero on the join road.
func (s *Session) Peer() pki.Peer { return s.peer }

// ALPN is the protocol spoken.
func (s *Session) ALPN() string { return s.alpn }

// RemoteAddr is the address the peer speaks from now; it is a claim about the
// network, not about the peer.
func (s *Session) RemoteAddr() net.Addr { return s.conn.RemoteAddr() }

// LocalAddr is our address.
func (s *Session) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// Context ends when the session ends, for whatever reason.
func (s *Session) Context() context.Context { return s.conn.Context() }

// Err says why the session ended, nil while it lives.
func (s *Session) Err() error {
	if s.conn.Context().Err() == nil {
		return nil
	}
	return classify("link: session", s.alpn, context.Cause(s.conn.Context()))
}

// OpenStream opens a stream, waiting while the peer allows no more. The peer
// does not see it before its first frame (D24).
func (s *Session) OpenStream(ctx context.Context) (*Stream, error) {
	str, err := s.conn.OpenStreamSync(ctx)
	if err != nil {
		return nil, s.classify(ctx, "link: open stream", err)
	}
	return newStream(str, s), nil
}

// AcceptStream waits for the peer's next stream.
func (s *Session) AcceptStream(ctx context.Context) (*Stream, error) {
	str, err := s.conn.AcceptStream(ctx)
	if err != nil {
		return nil, s.classify(ctx, "link: accept stream", err)
	}
	return newStream(str, s), nil
}

// classify prefers the reason for which the session ended over the caller's
// own context, which the end of a session often cancels as well.
func (s *Session) classify(ctx context.Context, op string, err error) error {
	if cause := context.Cause(s.conn.Context()); cause != nil && ctx.Err() == nil { //nolint:contextcheck // why the session ended
		err = cause
	}
	return classify(op, s.alpn, err)
}

// CloseWithReason ends the session at once and tells the peer why; text must
// hold nothing personal. Bytes still under way are lost: wait for the peer's
// confirmation of the last message first (D32).
func (s *Session) CloseWithReason(code Code, text string) {
	// quic-go's CloseWithError never fails; its error is for the interface.
	if err := s.conn.CloseWithError(quic.ApplicationErrorCode(code), text); err != nil {
		return
	}
}

// Wait waits until the peer ends the session, and gives nil if it did so with
// CodeDone. It is the usual end of the side that spoke last.
func (s *Session) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return classify("link: wait for end", s.alpn, ctx.Err())
	case <-s.conn.Context().Done():
	}
	err := context.Cause(s.conn.Context()) //nolint:contextcheck // why the session ended
	if app, ok := errors.AsType[*quic.ApplicationError](err); ok && Code(app.ErrorCode) == CodeDone {
		return nil
	}
	return classify("link: wait for end", s.alpn, err)
}

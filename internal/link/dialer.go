package link

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/quic-go/quic-go"

	"jaliya/internal/fault"
)

// Dialer opens sessions from one UDP socket. It is safe for concurrent use.
type Dialer struct {
	transport *quic.Transport
	cfg       Config
	watch     *mtuWatch // of a probe, nil otherwise
}

// NewDialer dials from conn, which it owns from now on.
func NewDialer(conn net.PacketConn, cfg Config) (*Dialer, error) {
	tr, err := newTransport(conn, cfg)
	if err != nil {
		return nil, err
	}
	return &Dialer{transport: tr, cfg: cfg.withDefaults()}, nil
}

// Dial opens a session that speaks alpn. conf is one of package pki's client
// configurations; resolve addr anew for each attempt (D32).
//
// The kind of an error says what next: Denied (the peer refused us, or we it),
// Expired (a certificate's time is over: renew), Unsupported (no such protocol
// there), Timeout and Unavailable (retry; IsBusy tells when to wait longer).
// TLS 1.3 lets a client finish before the server has looked at its
// certificate: a refusal may come with the first read instead, with the same
// kind.
func (d *Dialer) Dial(ctx context.Context, addr net.Addr, alpn string, conf *tls.Config) (*Session, error) {
	const op = "link: dial"
	if conf == nil || conf.VerifyConnection == nil || conf.ServerName == "" || conf.MinVersion < tls.VersionTLS13 {
		return nil, fault.New(fault.Invalid, op, "not a client configuration of package pki", nil)
	}
	conf = conf.Clone() // its pools are nil and stay so (S3)
	conf.NextProtos = []string{alpn}
	conf.ClientSessionCache = nil
	qc := d.cfg.quic()
	if d.watch != nil {
		qc.Tracer = d.watch.trace
	}
	conn, err := d.transport.Dial(ctx, addr, conf, qc)
	if err != nil {
		return nil, classify(op, alpn, err)
	}
	s, err := newSession(conn, d.cfg)
	if err != nil {
		_ = conn.CloseWithError(quic.ApplicationErrorCode(CodeDenied), CodeDenied.String())
		return nil, err
	}
	return s, nil
}

// Close closes the socket. End the sessions first: those that still live are
// lost without a word to their peers (D32).
func (d *Dialer) Close() error { return closeTransport(d.transport) }

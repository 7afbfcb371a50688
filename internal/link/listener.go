package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"jaliya/internal/fault"
)

// Endpoint answers one application protocol.
type Endpoint struct {
	// TLS is one of package pki's server configurations.
	TLS *tls.Config
	// Handle runs for each session, in a goroutine that Serve waits for. ctx
	// ends when the listener stops or the session ends. When Handle returns
	// the session is ended with the code of its error; a handler that spoke
	// last waits for the peer first (Session.Wait).
	Handle func(ctx context.Context, s *Session) error
	// Sessions caps this endpoint's live sessions; 0 means the listener's cap.
	Sessions int
}

// ListenerOptions are the parts of a Listener.
type ListenerOptions struct {
	Config   Config
	Registry *Registry    // nil means one of its own
	Log      *slog.Logger // nil means silence
}

// Listener serves sessions on one UDP socket.
type Listener struct {
	transport *quic.Transport
	cfg       Config
	registry  *Registry
	log       *slog.Logger

	refused atomic.Uint64 // sessions refused after their handshake
}

// NewListener prepares a listener on conn, which it owns from now on.
func NewListener(conn net.PacketConn, o ListenerOptions) (*Listener, error) {
	tr, err := newTransport(conn, o.Config)
	if err != nil {
		return nil, err
	}
	if o.Registry == nil {
		o.Registry = NewRegistry(nil)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Listener{transport: tr, cfg: o.Config.withDefaults(), registry: o.Registry, log: o.Log}, nil
}

func newTransport(conn net.PacketConn, cfg Config) (*quic.Transport, error) {
	const op = "link: open socket"
	if conn == nil {
		return nil, fault.New(fault.Invalid, op, "no socket", nil)
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	limiter := cfg.limiter()
	tr := &quic.Transport{
		Conn:                conn,
		VerifySourceAddress: func(net.Addr) bool { return !limiter.Allow() },
	}
	if s := cfg.Secrets; s != nil {
		reset, token := quic.StatelessResetKey(s.Reset), quic.TokenGeneratorKey(s.Token)
		tr.StatelessResetKey, tr.TokenGeneratorKey = &reset, &token
	}
	return tr, nil
}

// Addr is the address listened on.
func (l *Listener) Addr() net.Addr { return l.transport.Conn.LocalAddr() }

// Registry knows the live sessions.
func (l *Listener) Registry() *Registry { return l.registry }

// Refused counts the sessions refused after their handshake since the start.
func (l *Listener) Refused() uint64 { return l.refused.Load() }

// Dialer dials from the listener's socket and is closed with it.
func (l *Listener) Dialer() *Dialer { return &Dialer{transport: l.transport, cfg: l.cfg} }

// Serve answers the protocols of endpoints until ctx ends, then gives handlers
// the grace time, ends all sessions, closes the socket and waits for
// everything it started. It returns nil after ctx ended. It is called once.
func (l *Listener) Serve(ctx context.Context, endpoints map[string]Endpoint) error {
	const op = "link: serve"
	conf, err := routes(endpoints)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	ln, err := l.transport.Listen(conf, l.cfg.quic())
	if err != nil {
		return errors.Join(fault.New(fault.Unavailable, op, "", err), l.Close())
	}
	live, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var handlers sync.WaitGroup
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			stop()
			l.drain(&handlers)
			return l.ended(ctx, err, ln)
		}
		handlers.Go(func() { l.handle(live, conn, endpoints) })
	}
}

// ended closes what Serve opened; the end of ctx is no error.
func (l *Listener) ended(ctx context.Context, err error, ln *quic.Listener) error {
	if ctx.Err() != nil {
		err = nil
	}
	return classify("link: serve", "", errors.Join(err, ln.Close(), l.Close()))
}

// drain waits for handlers, at most the grace time, then ends their sessions.
func (l *Listener) drain(handlers *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { // ends when the handlers do, and Serve waits for them
		handlers.Wait()
		close(done)
	}()
	timer := time.NewTimer(l.cfg.Grace)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		l.registry.end(CodeStopping, func(s *Session) bool { return s.owner == l })
		<-done
	}
}

// handle takes one connection from its handshake to its end.
func (l *Listener) handle(ctx context.Context, conn *quic.Conn, endpoints map[string]Endpoint) {
	s, err := newSession(conn, l.cfg)
	if err != nil {
		// Only a configuration that is not pki's lets such a peer in.
		l.refused.Add(1)
		l.log.Error("session without identity refused", slog.String("error", err.Error()))
		_ = conn.CloseWithError(quic.ApplicationErrorCode(CodeDenied), CodeDenied.String())
		return
	}
	s.owner = l
	e := endpoints[s.alpn]
	most := limits{total: l.cfg.Sessions, peer: l.cfg.PerIdentity, endpoint: e.Sessions}
	setDefault(&most.endpoint, l.cfg.Sessions)
	oldest, code := l.registry.admit(s, most)
	if oldest != nil {
		oldest.CloseWithReason(CodeReplaced, CodeReplaced.String())
	}
	if code != CodeDone {
		l.refused.Add(1)
		l.log.Warn("session refused", slog.String("alpn", s.alpn), slog.String("reason", code.String()))
		s.CloseWithReason(code, code.String())
		return
	}
	defer l.registry.release(s)
	live, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.Context(), stop)() //nolint:contextcheck // the end of the session ends the handler
	err = e.Handle(live, s)
	if err != nil && s.Context().Err() == nil {
		l.log.Warn("session failed", slog.String("alpn", s.alpn), slog.String("error", err.Error()))
	}
	code = CodeFor(err)
	if ctx.Err() != nil {
		code = CodeStopping
	}
	s.CloseWithReason(code, code.String())
}

// Close closes the socket; sessions that still live are lost without a word.
// Serve calls it; call it only for a listener that never served.
func (l *Listener) Close() error { return closeTransport(l.transport) }

// closeTransport closes what quic-go leaves open: the socket is the caller's
// there, and ours here.
func closeTransport(tr *quic.Transport) error {
	err := errors.Join(tr.Close(), tr.Conn.Close())
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fault.New(fault.Unavailable, "link: close socket", "", err)
	}
	return nil
}

// routes builds the configuration that chooses another by protocol. Each
// endpoint's own must demand TLS 1.3 without tickets, and verify its peers or
// ask for none.
func routes(endpoints map[string]Endpoint) (*tls.Config, error) {
	const op = "link: endpoints"
	var protos []string
	for alpn, e := range endpoints {
		switch {
		case e.Handle == nil || e.TLS == nil:
			return nil, fault.New(fault.Invalid, op, alpn+": no handler or no TLS", nil)
		case e.TLS.MinVersion < tls.VersionTLS13 || !e.TLS.SessionTicketsDisabled:
			return nil, fault.New(fault.Invalid, op, alpn+": TLS before 1.3 or session tickets", nil)
		case e.TLS.ClientAuth != tls.NoClientCert && e.TLS.VerifyConnection == nil:
			return nil, fault.New(fault.Invalid, op, alpn+": peers are not verified", nil)
		case !slices.Equal(e.TLS.NextProtos, []string{alpn}):
			return nil, fault.New(fault.Invalid, op, alpn+": TLS for another protocol", nil)
		}
		protos = append(protos, alpn)
	}
	if len(protos) == 0 {
		return nil, fault.New(fault.Invalid, op, "none", nil)
	}
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		NextProtos:             protos,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			for _, p := range hello.SupportedProtos {
				if e, ok := endpoints[p]; ok {
					return e.TLS, nil
				}
			}
			return nil, tls.AlertError(alertNoProtocol)
		},
	}, nil
}

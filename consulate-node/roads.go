package node

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"jaliya/internal/durable"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
)

const (
	// grace is how much longer QUIC may take when both roads are tried.
	grace = 2 * time.Second
	// trialPatience bounds the handshake that shows whether a wall has fallen.
	trialPatience = 10 * time.Second
	trialRound    = 30 * time.Second
)

// roads carries this node's sessions over UDP, or over TCP where a network lets
// no UDP pass, and remembers which it was.
type roads struct {
	dialer *link.Dialer
	outer  *tls.Config // of tunnels
	file   string      // remembers the road over a restart
	log    *slog.Logger

	mu     sync.Mutex // guards all below
	ladder *link.Ladder
	road   link.Road     // of the newest control session
	walled *link.Session // the control session, while it goes over TCP
}

// remembered is the file's content.
type remembered struct {
	Road link.Road `json:"road"`
}

func openRoads(file string, trust *pki.TrustBundle, now func() time.Time, log *slog.Logger) (*roads, error) {
	outer, err := pki.JoinClient(trust.Fingerprint(), now, link.ALPNTunnel)
	if err != nil {
		return nil, err
	}
	d, err := openDialer()
	if err != nil {
		return nil, err
	}
	var last remembered
	if raw, err := os.ReadFile(file); err == nil { //nolint:gosec // in the data directory. Without it the first dials tell
		_ = json.Unmarshal(raw, &last)
	}
	return &roads{
		dialer: d, outer: outer, file: file, log: log, ladder: link.NewLadder(last.Road, time.Now()), road: last.Road,
	}, nil
}

// plan says how to dial: the ladder decides for control sessions, and all others
// take the road that these have found.
func (r *roads) plan(alpn string) link.Plan {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case alpn == link.ALPNShip:
		return r.ladder.Plan(time.Now())
	case r.road == link.RoadTCP:
		return link.TCPOnly
	}
	return link.QUICOnly
}

func (r *roads) dial(ctx context.Context, address, alpn string, conf *tls.Config) (s *link.Session, err error) {
	switch plan := r.plan(alpn); plan {
	case link.TCPOnly:
		s, err = r.tcp(ctx, address, alpn, conf)
	case link.Either:
		s, err = r.either(ctx, address, alpn, conf)
	case link.QUICOnly:
		s, err = r.quic(ctx, address, alpn, conf)
	}
	if alpn == link.ALPNShip {
		r.dialed(s, err)
	}
	return s, err
}

func (r *roads) dialed(s *link.Session, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.road = s.Road()
	case fault.Is(err, fault.Timeout), fault.Is(err, fault.Unavailable): // a refusal has come over the road
		r.ladder.Failed(time.Now())
	}
}

func (r *roads) quic(ctx context.Context, address, alpn string, conf *tls.Config) (*link.Session, error) {
	remote, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "node: dial hub", address, err)
	}
	return r.dialer.Dial(ctx, remote, alpn, conf)
}

func (r *roads) tcp(ctx context.Context, address, alpn string, conf *tls.Config) (*link.Session, error) {
	return link.Tunnel{Address: address, TLS: r.outer, Config: link.DefaultConfig()}.Dial(ctx, alpn, conf)
}

type reached struct {
	session *link.Session
	err     error
}

// either dials both roads. One that comes too late is ended.
func (r *roads) either(ctx context.Context, address, alpn string, conf *tls.Config) (*link.Session, error) {
	ctx, cancel := context.WithCancel(ctx)
	udp, tcp := make(chan reached, 1), make(chan reached, 1)
	var dials sync.WaitGroup
	dials.Go(func() {
		s, err := r.quic(ctx, address, alpn, conf)
		udp <- reached{s, err}
	})
	dials.Go(func() {
		s, err := r.tcp(ctx, address, alpn, conf)
		tcp <- reached{s, err}
	})
	won, err := first(udp, tcp)
	cancel()
	dials.Wait()
	for _, rest := range []chan reached{udp, tcp} {
		select {
		case late := <-rest:
			if late.err == nil {
				late.session.CloseWithReason(link.CodeDone, "")
			}
		default:
		}
	}
	return won, err
}

// first prefers QUIC, and has it wait for no longer than grace.
func first(udp, tcp chan reached) (*link.Session, error) {
	var other *link.Session
	var failed error
	patience := (<-chan time.Time)(nil)
	for range 2 {
		select {
		case one := <-udp:
			if one.err == nil && other != nil {
				other.CloseWithReason(link.CodeDone, "")
			}
			if one.err == nil {
				return one.session, nil
			}
			failed = errors.Join(one.err, failed) // what QUIC says stands first
		case one := <-tcp:
			if other = one.session; one.err != nil {
				failed = errors.Join(failed, one.err)
				continue
			}
			timer := time.NewTimer(grace)
			defer timer.Stop()
			patience = timer.C
		case <-patience:
			return other, nil
		}
	}
	if other != nil {
		return other, nil
	}
	return nil, failed
}

// proved notes that a control session has done work.
func (r *roads) proved(s *link.Session) {
	road := s.Road()
	r.mu.Lock()
	changed := r.ladder.Road != road
	r.ladder.Proved(time.Now(), road)
	if r.walled = nil; road == link.RoadTCP {
		r.walled = s
	}
	r.mu.Unlock()
	if !changed {
		return
	}
	r.log.Info("road changed", slog.String("road", string(road)))
	if err := remember(r.file, road); err != nil { // found again after a restart
		r.log.Warn("road not remembered", slog.Any("error", err))
	}
}

func remember(file string, road link.Road) error {
	raw, err := json.Marshal(remembered{Road: road})
	if err != nil {
		return fault.New(fault.Internal, "node: remember road", file, err)
	}
	return durable.WriteFile(file, raw, 0o600)
}

// starved notes that a control session was silent and had done no work.
func (r *roads) starved(s *link.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ladder.Ended(time.Now(), s.Road())
}

// watch tries, while sessions go over TCP, whether QUIC has come back, and then
// ends the control session, which is dialed again at once.
func (r *roads) watch(ctx context.Context, try func(context.Context) (*link.Session, error)) error {
	ticker := time.NewTicker(trialRound)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		r.mu.Lock()
		due := r.walled != nil && r.walled.Err() == nil && r.ladder.Plan(time.Now()) == link.QUICOnly //nolint:contextcheck // whether the session has ended, whoever asks
		walled := r.walled
		r.mu.Unlock()
		if !due {
			continue
		}
		within, cancel := context.WithTimeout(ctx, trialPatience)
		s, err := try(within)
		cancel()
		if err != nil {
			r.mu.Lock()
			r.ladder.Failed(time.Now())
			r.mu.Unlock()
			continue
		}
		s.CloseWithReason(link.CodeDone, "")
		walled.CloseWithReason(link.CodeDone, "")
	}
}

func (r *roads) close() error { return r.dialer.Close() }

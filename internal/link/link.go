// Package link carries sessions between a node and the hub, and between
// members: QUIC connections with identities on both ends. It is the road
// between steps 3 (ship) and 4 (intake), and under raft between members.
//
//	dialer                              listener (one UDP socket)
//	  Dial(addr, alpn) ---- TLS 1.3 ---> by ALPN: jaliya-join/1   no certificate
//	                                              jaliya-member/1 no certificate
//	                                              jaliya-renew/1  device
//	                                              jaliya-ship/1   node, control
//	                                              jaliya-bulk/1   node, bulk
//	                                              jaliya-raft/1   members
//
// Guarantees (D23-D33, D51):
//
//   - a Session has a verified Peer, or none on the two join roads alone; there is
//     no resumption and no 0-RTT;
//   - a revoked peer's sessions end at once (Registry), and none begins;
//   - a Stream finishes both its halves on every path;
//   - a frame's length is checked before memory is given to it, and memory is
//     given only as bytes arrive;
//   - deadlines are on progress, not on the whole: a slow link is not an error,
//     a silent one is;
//   - every error says by its fault kind what to do next.
//
// It leaves to the protocols above: waiting for the peer's confirmation of the
// last message before closing (D32), heartbeats, what payloads mean, and how
// often to redial (Backoff gives the jitter).
package link

import (
	"time"

	"github.com/quic-go/quic-go"
	"golang.org/x/time/rate"

	"jaliya/internal/fault"
)

// The application protocols. A change of meaning gets a new number.
const (
	ALPNJoin  = "jaliya-join/1"
	ALPNRenew = "jaliya-renew/1"
	ALPNShip  = "jaliya-ship/1"
	ALPNBulk  = "jaliya-bulk/1"
	ALPNRaft  = "jaliya-raft/1"
	ALPNFetch = "jaliya-fetch/1" // documents down, part by part

	ALPNMember = "jaliya-member/1" // a machine becomes a member
)

// Config is how sessions behave. Zero fields take the defaults of
// DefaultConfig.
type Config struct {
	Idle      time.Duration // silence that ends a session; the smaller of both ends counts
	KeepAlive time.Duration // interval of keep-alive packets, at most half of Idle
	Handshake time.Duration // silence that ends a handshake; twice this ends it anyway
	Progress  time.Duration // silence within a frame that ends a read or write
	Grace     time.Duration // how long handlers may finish when the listener stops
	Streams   int64         // streams a peer may have open in a session

	Sessions    int // live sessions of a listener, all peers together
	PerIdentity int // live sessions of one identity; the oldest gives way
	// RetryAbove is how many handshakes a second are taken without proof of
	// the address; above it the peer must show one (QUIC Retry, S12).
	RetryAbove float64

	// Secrets are the persisted keys of this socket (D28); nil means random
	// ones, and peers that wait out the idle time after a restart.
	Secrets *Secrets
}

// DefaultConfig gives the values for the edge (D27, D30).
func DefaultConfig() Config {
	return Config{
		Idle:        120 * time.Second,
		KeepAlive:   15 * time.Second,
		Handshake:   20 * time.Second,
		Progress:    30 * time.Second,
		Grace:       5 * time.Second,
		Streams:     32,
		Sessions:    2048,
		PerIdentity: 16,
		RetryAbove:  100,
	}
}

// RaftConfig gives the values between members (D27).
func RaftConfig() Config {
	c := DefaultConfig()
	c.Idle, c.KeepAlive = 10*time.Second, 3*time.Second
	return c
}

func (c Config) withDefaults() Config {
	d := DefaultConfig()
	setDefault(&c.Idle, d.Idle)
	setDefault(&c.KeepAlive, d.KeepAlive)
	setDefault(&c.Handshake, d.Handshake)
	setDefault(&c.Progress, d.Progress)
	setDefault(&c.Grace, d.Grace)
	setDefault(&c.Streams, d.Streams)
	setDefault(&c.Sessions, d.Sessions)
	setDefault(&c.PerIdentity, d.PerIdentity)
	setDefault(&c.RetryAbove, d.RetryAbove)
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate names the field that breaks a rule; zero fields are good.
func (c Config) Validate() error {
	const op = "link: validate config"
	c = c.withDefaults()
	for name, bad := range map[string]bool{
		"idle":         c.Idle < time.Second,
		"keep-alive":   c.KeepAlive < 0 || c.KeepAlive > c.Idle/2,
		"handshake":    c.Handshake < time.Second,
		"progress":     c.Progress < time.Second,
		"grace":        c.Grace < 0,
		"streams":      c.Streams < 1,
		"sessions":     c.Sessions < 1,
		"per identity": c.PerIdentity < 1,
		"retry above":  c.RetryAbove < 0,
	} {
		if bad {
			return fault.New(fault.Invalid, op, name, nil)
		}
	}
	return nil
}

// firstWindow is what a peer may send on a stream before we have read any of it,
// in bytes; it doubles within a round trip while we keep up. A new connection
// knows nothing of its link and would begin with 40 KB at once: on 64 kbit/s most
// of that overflows the queue before it, and is sent again (DESIGN.md).
const firstWindow = 24 << 10

// quic translates the config. Stream credit comes back when a stream has been
// closed by us, not when its bytes have arrived: the peer waits while we store
// (D30).
func (c Config) quic() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout:       c.Handshake,
		MaxIdleTimeout:             c.Idle,
		KeepAlivePeriod:            c.KeepAlive,
		MaxIncomingStreams:         c.Streams,
		MaxIncomingUniStreams:      -1,
		RequireStreamCreditRelease: true,
		Allow0RTT:                  false,
		InitialStreamReceiveWindow: firstWindow,
	}
}

func (c Config) limiter() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(c.RetryAbove), max(1, int(2*c.RetryAbove)))
}

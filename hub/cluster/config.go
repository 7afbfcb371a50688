package cluster

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/hashicorp/raft"
	"github.com/prometheus/client_golang/prometheus"

	"jaliya/internal/fault"
)

// Limits of what is proposed.
const (
	// MaxProposal is the largest command, in bytes. Larger entries delay
	// heartbeats and elections (D13).
	MaxProposal = 256 << 10
	// MaxInFlight is how many proposals of one member may wait for their outcome.
	MaxInFlight = 32
)

const opConfig = "cluster: check config"

// Config says who this member is and what it works with.
type Config struct {
	// ID is permanent and random, never an address, never used again after the
	// data was lost (D15).
	ID string
	// Dir holds raft.db and a snapshot while it is received. It is on one file
	// system with the state's file. It must exist.
	Dir string
	// Bind is the UDP address, host:port, of raft's own socket.
	Bind string
	// Advertise is the host:port by which the other members reach Bind; empty is
	// Bind itself.
	Advertise string
	// ServerTLS and ClientTLS authenticate both directions; VerifyConnection of
	// each admits members only. Version, ALPN and tickets are set here.
	ServerTLS, ClientTLS *tls.Config
	// State is the replicated state. It stays open after Shutdown.
	State State
	// Tick gives the command that the leader proposes every TickInterval, nil for
	// none at this time. It may be nil: then there are no ticks, and the livelock
	// of D12 is not bounded.
	Tick func(now time.Time) []byte
	// Alarm hears of a write that takes longer than 5 s (D14). It may be nil.
	Alarm func(op string)
	// Exit is called once, from any goroutine, when the process must leave: the
	// disk failed, does not answer for 15 s, or returned what was not stored. It
	// must not wait for Shutdown.
	Exit func(error)
	// Logger takes events, Metrics figures; Metrics may be nil.
	Logger  *slog.Logger
	Metrics prometheus.Registerer
	// Settings may stay zero.
	Settings Settings

	// PacketConn stands in for a socket at Bind, Transport for all of QUIC, in
	// simulations. Either is closed by Shutdown.
	PacketConn net.PacketConn
	Transport  raft.Transport
}

// Settings tune raft; a zero field takes the default. Timeouts are the same on
// every member.
type Settings struct {
	Heartbeat   time.Duration // silence of a leader before an election, 750 ms
	Election    time.Duration // time for one election, 750 ms
	LeaderLease time.Duration // a leader without a majority for this long steps down, 500 ms
	Commit      time.Duration // how often a leader looks for entries left over, 5 ms
	RPC         time.Duration // time for one exchange, scaled up for snapshots, 10 s
	Enqueue     time.Duration // time for a proposal to be taken up, 5 s
	// MaxAppendEntries bounds one message between members, 256. With the proposals
	// in flight bounded, only a member that catches up meets it; times MaxProposal
	// it is the worst case of memory, 64 MiB.
	MaxAppendEntries  int
	SnapshotInterval  time.Duration // how often to look whether a snapshot is due, 30 s
	SnapshotThreshold uint64        // entries between snapshots, 8192
	TrailingLogs      uint64        // entries kept behind a snapshot, 10240
	TickInterval      time.Duration // 30 s
}

func (s Settings) withDefaults() Settings {
	or(&s.Heartbeat, 750*time.Millisecond)
	or(&s.Election, 750*time.Millisecond)
	or(&s.LeaderLease, 500*time.Millisecond)
	or(&s.Commit, 5*time.Millisecond)
	or(&s.RPC, 10*time.Second)
	or(&s.Enqueue, 5*time.Second)
	or(&s.MaxAppendEntries, 256)
	or(&s.SnapshotInterval, 30*time.Second)
	or(&s.SnapshotThreshold, 8192)
	or(&s.TrailingLogs, 10240)
	or(&s.TickInterval, 30*time.Second)
	return s
}

func or[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}

// Validate names the first thing that is missing or makes no sense.
func (c Config) Validate() error {
	overNetwork := c.Transport == nil
	for _, need := range []struct {
		field   string
		missing bool
	}{
		{"id", c.ID == ""},
		{"dir", c.Dir == ""},
		{"state", c.State == nil},
		{"exit", c.Exit == nil},
		{"logger", c.Logger == nil},
		{"bind", overNetwork && c.Bind == "" && c.PacketConn == nil},
		{"server tls", overNetwork && c.ServerTLS == nil},
		{"client tls", overNetwork && c.ClientTLS == nil},
	} {
		if need.missing {
			return fault.New(fault.Invalid, opConfig, need.field, errors.New("is missing"))
		}
	}
	if err := raft.ValidateConfig(c.raft(nil)); err != nil {
		return fault.New(fault.Invalid, opConfig, "settings", err)
	}
	if overNetwork {
		return checkTLS(c.ServerTLS, c.ClientTLS)
	}
	return nil
}

// checkTLS refuses what would let a stranger in.
func checkTLS(server, client *tls.Config) error {
	var cause error
	switch {
	case server.ClientAuth != tls.RequireAndVerifyClientCert && server.ClientAuth != tls.RequireAnyClientCert:
		cause = errors.New("server does not ask for a client certificate")
	case server.VerifyConnection == nil, client.VerifyConnection == nil:
		cause = errors.New("role of the peer is not verified")
	case client.ServerName == "" && !client.InsecureSkipVerify:
		cause = errors.New("client has no server name")
	default:
		return nil
	}
	return fault.New(fault.Invalid, opConfig, "tls", cause)
}

// raft gives the library's configuration (D13, D22).
func (c Config) raft(leader chan<- bool) *raft.Config {
	s := c.Settings.withDefaults()
	rc := raft.DefaultConfig()
	rc.LocalID = raft.ServerID(c.ID)
	rc.HeartbeatTimeout = s.Heartbeat
	rc.ElectionTimeout = s.Election
	rc.LeaderLeaseTimeout = s.LeaderLease
	rc.CommitTimeout = s.Commit
	rc.MaxAppendEntries = s.MaxAppendEntries
	rc.BatchApplyCh = true
	rc.SnapshotInterval = s.SnapshotInterval
	rc.SnapshotThreshold = s.SnapshotThreshold
	rc.TrailingLogs = s.TrailingLogs
	rc.NoSnapshotRestoreOnStart = true // the state file is the truth (D10)
	rc.NoLegacyTelemetry = true
	rc.NotifyCh = leader
	rc.Logger = newRaftLogger(c.Logger)
	return rc
}

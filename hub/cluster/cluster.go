// Package cluster agrees: what any member's intake, gateway or console
// proposes, all members apply in one order. It is step 5 on the path of a
// record, between intake (4) and ledger (6), and runs hashicorp/raft on our own
// log, vote, snapshot store and transport. A hub of one is the same code with
// one member.
//
// It guarantees: an answer to Propose without an error means that a majority has
// the command on disk and that this member's state has applied it, on disk; a
// vote is whole or not given; an entry that the disk changed is not served; a
// member whose disk fails or hangs leaves; a received snapshot never takes a
// state back. It opens no command: what it means, and that applying it twice or
// refusing it does no harm, is the ledger's.
//
// DESIGN.md beside this file gives the reasons.
package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"jaliya/internal/fault"
	"jaliya/internal/kv"
)

const (
	opOpen      = "cluster: open"
	opBootstrap = "cluster: bootstrap"
	opShutdown  = "cluster: shut down"

	raftFile = "raft.db"
	// settleTime is how long Shutdown waits for proposals in flight.
	settleTime = 10 * time.Second
)

// Cluster is this member. Its methods may be called from many goroutines.
type Cluster struct {
	log      *slog.Logger
	settings Settings
	self     raft.Server
	tick     func(time.Time) []byte
	metrics  *metrics

	raft  *raft.Raft
	fsm   *fsm
	logs  *logStore
	db    *kv.Bolt
	layer *streamLayer // nil with a transport given from outside
	slots chan struct{}
	ready chan struct{} // closed when proposals of other members can be served

	forwards *forwarder // to the leader; nil with a transport given from outside
	leader   *leadership

	ctx    context.Context //nolint:containedctx // the life of the goroutines below
	cancel context.CancelFunc
	loops  sync.WaitGroup

	mu     sync.RWMutex // guards closed; held shared while a call joins calls
	closed bool
	calls  sync.WaitGroup // raft's futures being waited for
}

// Open starts this member on the files of cfg.Dir: it compares log and state,
// and joins the others if it knows of any. A member that was never bootstrapped
// nor added waits. It refuses to start without pre-vote (D16), and answers
// fault.Corrupt when the files do not belong together.
func Open(cfg Config) (*Cluster, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Settings = cfg.Settings.withDefaults()
	l := &leaver{log: cfg.Logger, exit: cfg.Exit}
	m := newMetrics(cfg.Metrics)
	db, err := openStore(cfg, l)
	if err != nil {
		return nil, err
	}
	c, err := start(cfg, db, m, l)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return c, nil
}

// openStore opens log and vote. After a failed commit the file is first rewritten,
// and every record proved by its checksum (D3).
func openStore(cfg Config, l *leaver) (*kv.Bolt, error) {
	path := filepath.Join(cfg.Dir, raftFile)
	if reason, suspect := kv.Suspect(path); suspect {
		cfg.Logger.Warn("log is rewritten after a failed commit", slog.String("reason", reason))
		if err := kv.Rewrite(path, proveLog); err != nil {
			return nil, err
		}
	}
	return kv.Open(path, kv.Options{AppendBuckets: []string{string(bucketLog)}, OnLatch: l.leave})
}

// proveLog checks every record of the log.
func proveLog(r kv.Reader) (err error) {
	r.Ascend(bucketLog, nil, func(key, value []byte) bool {
		if len(key) != 8 {
			err = fault.New(fault.Corrupt, opOpen, "key", nil)
		} else {
			err = checkRecord(binary.BigEndian.Uint64(key), value)
		}
		return err == nil
	})
	return err
}

func start(cfg Config, db *kv.Bolt, m *metrics, l *leaver) (*Cluster, error) {
	w := &watch{log: cfg.Logger, seconds: m.writes, slow: m.slowWrites, alarm: cfg.Alarm, leave: l.leave}
	logs, err := newLogStore(db, w, l.leave)
	if err != nil {
		return nil, err
	}
	stable := &stableStore{db: db, watch: w, leave: l.leave}
	f, err := newStateMachine(cfg, m, w, l)
	if err != nil {
		return nil, err
	}
	p, err := cfg.State.Position()
	if err != nil {
		return nil, err
	}
	if cleared, err := reconcile(logs, stable, p); err != nil {
		return nil, err
	} else if cleared {
		cfg.Logger.Warn("log did not reach the state and was cleared", slog.Uint64("state", p.Index))
	}
	c := &Cluster{
		log: cfg.Logger, settings: cfg.Settings, tick: cfg.Tick, metrics: m,
		fsm: f, logs: logs, db: db, slots: make(chan struct{}, MaxInFlight), leader: newLeadership(),
		ready: make(chan struct{}),
	}
	return c, c.run(cfg, stable)
}

func newStateMachine(cfg Config, m *metrics, w *watch, l *leaver) (*fsm, error) {
	snaps, err := newSnapshots(cfg.State, cfg.Dir, l.leave, m)
	if err != nil {
		return nil, err
	}
	f, err := newFSM(timedState{State: cfg.State, watch: w}, l.leave)
	if err != nil {
		return nil, err
	}
	f.snaps = snaps
	return f, nil
}

// run starts transport, raft and the loops; on an error it leaves none behind.
func (c *Cluster) run(cfg Config, stable *stableStore) error {
	transport, err := c.openTransport(cfg, stable)
	if err != nil {
		return err
	}
	c.self = raft.Server{Suffrage: raft.Voter, ID: raft.ServerID(cfg.ID), Address: transport.LocalAddr()}
	if _, ok := transport.(raft.WithPreVote); !ok {
		return errors.Join(fault.New(fault.Invalid, opOpen, "transport", errors.New("has no pre-vote")),
			c.closeTransport(transport))
	}
	c.raft, err = raft.NewRaft(cfg.raft(c.leader.in), c.fsm, c.logs, stable, c.fsm.snaps, transport)
	if err != nil {
		return errors.Join(fault.New(fault.Internal, opOpen, "raft", err), c.closeTransport(transport))
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.leader.start()
	if c.tick != nil {
		c.loops.Go(c.tickLoop)
	}
	c.metrics.observe(c)
	close(c.ready)
	return nil
}

func (c *Cluster) openTransport(cfg Config, stable *stableStore) (raft.Transport, error) {
	if cfg.Transport != nil {
		return cfg.Transport, nil
	}
	key, err := resetKey(stable)
	if err != nil {
		return nil, err
	}
	if c.layer, err = newStreamLayer(cfg, key, c.serve); err != nil {
		return nil, err
	}
	c.forwards = newForwarder(func(ctx context.Context, target string) (net.Conn, error) {
		return c.layer.dialFor(ctx, target, forProposals)
	})
	inner := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: c.layer, MaxPool: 2, MaxRPCsInFlight: 2,
		Timeout: cfg.Settings.RPC, Logger: newRaftLogger(cfg.Logger),
	})
	return pipelined{inner, 2 * cfg.Settings.RPC}, nil // an answer comes within one, or its reading fails
}

func (c *Cluster) closeTransport(t raft.Transport) error {
	var err error
	if closer, ok := t.(raft.WithClose); ok {
		err = closer.Close()
	}
	if c.layer != nil {
		err = errors.Join(err, c.layer.Close())
	}
	return err
}

// Address gives the host:port by which the other members reach this one.
func (c *Cluster) Address() string { return string(c.self.Address) }

// Bootstrap makes this member the only one of a new cluster, once in the life of
// a cluster. It answers fault.Exists when this member has any state.
func (c *Cluster) Bootstrap() error {
	err := c.raft.BootstrapCluster(raft.Configuration{Servers: []raft.Server{c.self}}).Error()
	if errors.Is(err, raft.ErrCantBootstrap) {
		return fault.New(fault.Exists, opBootstrap, string(c.self.ID), err)
	}
	if err != nil {
		return fault.New(fault.Unavailable, opBootstrap, string(c.self.ID), err)
	}
	return nil
}

// Shutdown gives leadership to another member if there is one, waits up to 10 s
// for proposals in flight, and stops. Proposals that come later are refused. The
// State stays open.
func (c *Cluster) Shutdown() error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	c.mu.Unlock()
	if again {
		return nil
	}
	c.cancel()
	c.loops.Wait()
	c.handOver()
	c.settle()
	stopping := c.raft.Shutdown()
	var err error
	if c.layer != nil {
		c.forwards.close()
		err = c.layer.Close() // first, for raft waits for a dial under way
	}
	err = errors.Join(err, stopping.Error()) // closes a transport given from outside
	c.leader.close()
	if err = errors.Join(err, c.db.Close()); err != nil {
		return fault.New(fault.Storage, opShutdown, string(c.self.ID), err)
	}
	return nil
}

// handOver is a courtesy: without it the others notice by a missing heartbeat.
func (c *Cluster) handOver() {
	if !c.IsLeader() || len(c.Members()) < 2 {
		return
	}
	var err error
	if !within(settleTime, func() { err = c.raft.LeadershipTransfer().Error() }) {
		c.log.Warn("leadership was not handed over in time")
		return
	}
	if err != nil {
		c.log.Info("leadership was not handed over", slog.Any("error", err))
	}
}

// settle waits for the futures that only a running raft resolves.
func (c *Cluster) settle() {
	if !within(settleTime, c.calls.Wait) {
		c.log.Warn("proposals are still without an outcome at shutdown")
	}
}

// within reports whether do came back in time. If not, it is left behind: only a
// disk that hangs does that, and then the process leaves anyway.
func within(limit time.Duration, do func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

package hub

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"jaliya/hub/cluster"
	"jaliya/hub/gateway"
	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/hub/vault"
	"jaliya/internal/access"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/pause"
	"jaliya/internal/seal"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// Hub is one member with all its parts.
type Hub struct {
	desks

	cfg      Config
	log      *slog.Logger
	keys     *keys
	metrics  *prometheus.Registry
	health   *telemetry.Health
	ledger   *ledger.Ledger
	cluster  *cluster.Cluster
	vault    *vault.Directory
	intake   *intake.Intake
	worker   *gateway.Worker
	registry *link.Registry
	listener *link.Listener
	walled   *link.Listener     // over TCP, nil where it is off
	hasher   *access.Hasher     // of one-time codes
	dicts    *seal.Dictionaries // of what is sealed to posts
	officers deskOfOfficers
	watch    watching
	enlisted enlisted
	witness  witnessing
	changing sync.Mutex // one change of keys at a time, and none while they are copied
	fatal    chan error // the first failure that ends the process; buffered
}

// Open builds a hub from an initialized directory, in the order in which a
// record travels backwards: what is written to first is opened first.
func Open(c Config, log *slog.Logger) (*Hub, error) {
	c = c.WithDefaults()
	k, err := loadKeys(c)
	if err != nil {
		return nil, err
	}
	h := &Hub{cfg: c, log: log, keys: k, metrics: telemetry.NewRegistry(), fatal: make(chan error, 1)}
	if err := h.renewMember(); err != nil {
		return nil, err
	}
	for _, build := range []func() error{h.openLedger, h.openCluster, h.openVault, h.openWorkers, h.openStaff, h.openWatch, h.openConsole, h.openWitness, h.openListener, h.openHealth} {
		if err := build(); err != nil {
			return nil, errors.Join(err, h.close())
		}
	}
	return h, nil
}

// leave notes the failure for which the process must go; the first one counts.
func (h *Hub) leave(err error) {
	select {
	case h.fatal <- err:
	default:
	}
}

// openLedger opens the state. After a failed commit the file is first rewritten
// and proved (D3).
func (h *Hub) openLedger() (err error) {
	path := filepath.Join(h.cfg.Dir, "ledger.db")
	if reason, suspect := kv.Suspect(path); suspect {
		h.log.Warn("state is rewritten after a failed commit", slog.String("reason", reason))
		if err := ledger.Rewrite(path); err != nil {
			return err
		}
	}
	h.ledger, err = ledger.Open(path, ledger.Options{OnLatch: h.leave})
	return err
}

func (h *Hub) openCluster() error {
	dir := filepath.Join(h.cfg.Dir, "raft")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Storage, "hub: open cluster", dir, err)
	}
	server, client, err := h.memberTLS()
	if err != nil {
		return err
	}
	h.cluster, err = cluster.Open(cluster.Config{
		ID: h.keys.member.ID, Dir: dir, Bind: h.cfg.Cluster.Listen, Advertise: h.cfg.Cluster.Address, ServerTLS: server, ClientTLS: client,
		State: replicated{h.ledger}, Tick: h.tick, Exit: h.leave,
		Alarm:   func(op string) { h.log.Error("disk is slow", slog.String("operation", op)) },
		Logger:  h.log.With(slog.String("component", "cluster")),
		Metrics: h.metrics,
	})
	return err
}

// tick is the leader's heartbeat through the log: it fires the timers of cases
// and bounds the livelock of D12.
func (h *Hub) tick(now time.Time) []byte {
	tick, err := h.ledger.NextTick(now.UnixMilli())
	if err == nil {
		var raw []byte
		if raw, err = ledger.Encode(tick); err == nil {
			return raw
		}
	}
	h.log.Error("no tick", slog.Any("error", err))
	return nil
}

func (h *Hub) openWorkers() error {
	handlers, err := h.handlers()
	if err != nil {
		return err
	}
	h.worker, err = gateway.New(gateway.Config{
		State: h.ledger, Proposer: h.cluster, Leading: h.cluster.IsLeader, Now: time.Now,
		Handlers: handlers,
		Logger:   h.log.With(slog.String("component", "gateway")), Metrics: gateway.NewMetrics(h.metrics),
	})
	if err != nil {
		return err
	}
	h.intake, err = intake.New(intake.Config{
		State: h.ledger, Proposer: h.cluster, Vault: h.vault, Signer: h.keys.signer, Now: time.Now,
		Logger: h.log.With(slog.String("component", "intake")), Metrics: intake.NewMetrics(h.metrics),
	})
	return err
}

func (h *Hub) openListener() error {
	const op = "hub: open listener"
	address, err := net.ResolveUDPAddr("udp", h.cfg.Nodes.Listen)
	if err != nil {
		return fault.New(fault.Invalid, op, h.cfg.Nodes.Listen, err)
	}
	conn, err := net.ListenUDP("udp", address)
	if err != nil {
		return fault.New(fault.Unavailable, op, h.cfg.Nodes.Listen, err)
	}
	secrets, err := link.LoadSecrets(h.cfg.keyPath("quic.secrets"), time.Now())
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	cfg := link.DefaultConfig()
	cfg.Secrets = secrets
	h.registry = link.NewRegistry(h.denied)
	h.listener, err = link.NewListener(conn, link.ListenerOptions{
		Config: cfg, Registry: h.registry, Log: h.log.With(slog.String("component", "link")),
	})
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	if h.walled, err = h.openTunnels(cfg); err != nil {
		return errors.Join(err, h.listener.Close())
	}
	return nil
}

// openTunnels listens for posts whose network lets no UDP pass (D33). Inside the
// tunnels are the same sessions.
func (h *Hub) openTunnels(cfg link.Config) (*link.Listener, error) {
	const op = "hub: open tunnels"
	if h.cfg.Nodes.TCP == off {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	conf, err := pki.JoinServer(h.keys.ring.Source(pki.SlotWorking), h.keys.trust.Root, link.ALPNTunnel)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(context.Background(), "tcp", h.cfg.Nodes.TCP)
	if err != nil {
		return nil, fault.New(fault.Unavailable, op, h.cfg.Nodes.TCP, err)
	}
	log := h.log.With(slog.String("component", "tunnel"))
	tunnels, err := link.NewTunnels(listener, conf, log)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	walled, err := link.NewListener(tunnels, link.ListenerOptions{Config: cfg, Registry: h.registry, Log: log})
	if err != nil {
		return nil, errors.Join(err, tunnels.Close())
	}
	return walled, nil
}

// closeListeners closes listeners that never served.
func (h *Hub) closeListeners() error {
	err := h.listener.Close()
	if h.walled != nil {
		err = errors.Join(err, h.walled.Close())
	}
	return err
}

// Run serves until ctx ends or the disk fails, and closes everything.
func (h *Hub) Run(ctx context.Context) error {
	if err := h.found(ctx); err != nil {
		return errors.Join(err, h.closeListeners(), h.close())
	}
	endpoints, err := h.endpoints()
	if err != nil {
		return errors.Join(err, h.closeListeners(), h.close())
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case err := <-h.fatal:
			return err
		case <-ctx.Done():
			return nil
		}
	})
	g.Go(func() error { return h.intake.Run(ctx) })
	g.Go(func() error { return h.scrubVault(ctx) })
	g.Go(func() error { return h.worker.Run(ctx) })
	g.Go(func() error { return h.pouches.Run(ctx) })
	g.Go(func() error { return h.listener.Serve(ctx, endpoints) })
	if h.walled != nil {
		g.Go(func() error { return h.walled.Serve(ctx, endpoints) })
	}
	g.Go(func() error { return h.serveAdmin(ctx) })
	g.Go(func() error { return h.serveSocket(ctx) })
	g.Go(func() error { return h.servePortals(ctx) })
	g.Go(func() error { return h.officers.people.Run(ctx) })
	g.Go(func() error { return h.serveConsole(ctx) })
	g.Go(func() error { return h.keepMembers(ctx) })
	g.Go(func() error { return h.keepIdentity(ctx) })
	g.Go(func() error { return h.keepDenylist(ctx) })
	g.Go(func() error { return h.keepTold(ctx) })
	g.Go(func() error { return h.keepVoided(ctx) })
	g.Go(func() error { return h.watch.watcher.Run(ctx) })
	g.Go(func() error { return h.keepAlerting(ctx) })
	g.Go(func() error { return h.keepWitnessed(ctx) })
	g.Go(func() error {
		telemetry.TellReady(ctx, h.log, h.answers)
		return nil
	})
	h.log.Info("hub ready", slog.String("member", h.keys.member.Name), slog.String("nodes", h.listener.Addr().String()))
	err = g.Wait()
	h.health.Wait()
	return errors.Join(err, h.close())
}

// close ends what stays open between builds and runs.
func (h *Hub) close() error {
	var err error
	if h.officers.listener != nil {
		_ = h.officers.listener.Close() // the server has closed it when it ran
	}
	if h.centre != nil {
		h.centre.Close()
	}
	if h.records != nil {
		h.records.Close()
	}
	h.outside.close()
	if h.watch.alerter != nil {
		h.watch.alerter.Close()
	}
	if h.cluster != nil {
		err = h.cluster.Shutdown()
	}
	if h.ledger != nil {
		err = errors.Join(err, h.ledger.Close())
	}
	return err
}

// found makes a cluster of one out of a member that never had any company, and
// gives the ledger its identity. A member that joined waits until the leader has sent
// it the state.
func (h *Hub) found(ctx context.Context) error {
	joined, err := h.cfg.joined()
	if err != nil {
		return err
	}
	held, err := h.ledger.Cluster()
	switch {
	case err != nil:
		return err
	case joined:
		return h.awaitState(ctx)
	case held.ID == h.keys.cluster:
		return errors.Join(h.shutOutOld(ctx), h.tellAddress(ctx))
	}
	if err := h.cluster.Bootstrap(); err != nil && !fault.Is(err, fault.Exists) {
		return err
	}
	if err := h.propose(ctx, ledger.Init{
		Time: time.Now().UnixMilli(), Cluster: h.keys.cluster, Secret: h.keys.index,
		Receipt: [][]byte{h.keys.signer().Public().Bytes()}, Intake: h.keys.intakeKeys(),
	}); err != nil {
		return err
	}
	return h.tellAddress(ctx)
}

// awaitState returns when the leader has sent this member the state.
func (h *Hub) awaitState(ctx context.Context) error {
	for first := true; ; first = false {
		held, err := h.ledger.Cluster()
		if err != nil || held.ID == h.keys.cluster {
			return err
		}
		if first {
			h.log.Info("this member waits until the leader lets it in", slog.String("address", h.cluster.Address()))
		}
		if err := pause.For(ctx, membersTurn); err != nil {
			return fault.New(fault.Unavailable, "hub: wait for the state", "the leader has not let this member in", err)
		}
	}
}

// tellAddress makes the founding member known by the address at which others reach
// it, when it is not.
func (h *Hub) tellAddress(ctx context.Context) error {
	id, err := wire.ParseNodeID(h.keys.member.ID)
	if err != nil {
		return err
	}
	known, err := h.ledger.Members()
	if err != nil {
		return err
	}
	for _, m := range known {
		if m.ID == id && (m.Address == h.cluster.Address() || m.Removed != 0) {
			return nil
		}
	}
	err = h.propose(ctx, ledger.JoinMember{
		Time: time.Now().UnixMilli(), Member: id, Name: h.keys.member.Name, Address: h.cluster.Address(),
	})
	if fault.Is(err, fault.Unsupported) {
		return nil // a ledger of an older level goes on with the one member that it has
	}
	return err
}

// propose commits a command of the hub's own, waiting up to a minute for a
// leader.
func (h *Hub) propose(ctx context.Context, c ledger.Command) error {
	_, err := h.ask(ctx, c)
	return err
}

func (h *Hub) ask(ctx context.Context, c ledger.Command) (ledger.Result, error) {
	raw, err := ledger.Encode(c)
	if err != nil {
		return ledger.Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	answer, err := h.proposed(ctx, raw)
	if err != nil {
		return ledger.Result{}, err
	}
	result, ok := answer.(ledger.Result)
	if !ok {
		return ledger.Result{}, fault.New(fault.Internal, "hub: propose", "answer", nil)
	}
	return result, result.Err()
}

// askAgain is how soon a command that no leader took up is proposed again.
const askAgain = 50 * time.Millisecond

// proposed commits a command, here or at the leader, waiting for one.
func (h *Hub) proposed(ctx context.Context, raw []byte) (any, error) {
	for {
		answer, _, err := h.cluster.Propose(ctx, raw)
		if err == nil || !errors.Is(err, cluster.ErrNotProposed) {
			return answer, err
		}
		if pause.For(ctx, askAgain) != nil {
			return nil, err
		}
	}
}

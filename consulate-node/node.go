package node

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"jaliya/consulate-node/desk"
	"jaliya/consulate-node/handover"
	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/records"
	"jaliya/consulate-node/ship"
	"jaliya/consulate-node/staff"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/telemetry"
	"jaliya/internal/wire"
)

// Node is one post's node with all its parts.
type Node struct {
	cfg           Config
	log           *slog.Logger
	who           identity
	keys          *keys
	metrics       *prometheus.Registry
	health        *telemetry.Health
	journal       *journal.Journal
	anchor        *journal.Anchor // nil when it cannot be opened
	ship          *ship.Ship
	uplink        *uplink
	renewer       *link.Renewer
	deviceRenewer *link.Renewer
	desk          *desk.Desk
	listener      net.Listener // of the desk, while the node runs
	staff         *staff.SignIn
	hand          *handover.Handover
	records       *records.Records
	fetcher       *fetcher

	leavePrinter func()     // lets go of the connections to it
	fatal        chan error // the first failure that ends the process; buffered

	deskRenewer *link.Renewer // nil for a desk without TLS
	examiner    *examiner     // runs the self-tests of the screen

	mu          sync.Mutex // guards all below
	national    national
	receipts    wire.KeySet
	hearing     hearing
	heardOnDisk int64 // national.Heard as it was written, ms
	anchorErr   error // why the anchor is not written
}

// Open builds a node from a directory that has joined.
func Open(c Config, log *slog.Logger) (*Node, error) {
	c = c.WithDefaults()
	n := &Node{cfg: c, log: log, metrics: telemetry.NewRegistry(), fatal: make(chan error, 1)}
	n.examiner = newExaminer(n)
	if err := n.load(); err != nil {
		return nil, err
	}
	for _, build := range []func() error{
		n.openJournal, n.openAnchor, n.openShip, n.openRenewer, n.openDeviceRenewer, n.openDeskRenewer, n.openStaff, n.openDesk, n.openHandover, n.openRecords, n.openHealth,
	} {
		if err := build(); err != nil {
			return nil, errors.Join(err, n.close())
		}
	}
	return n, nil
}

func (n *Node) load() (err error) {
	if n.who, err = readRecord[identity](n.cfg.path(fileIdentity)); err != nil {
		return fault.New(fault.KindOf(err), "node: open", "run `consulate-node join` first", err)
	}
	if n.national, err = readRecord[national](n.cfg.path(fileNational)); err != nil {
		return fault.New(fault.KindOf(err), "node: open", "run `consulate-node join` first", err)
	}
	if n.receipts, err = wire.ParseKeySet(n.national.Receipts); err != nil {
		return err
	}
	if n.keys, err = loadKeys(n.cfg, false); err != nil {
		return err
	}
	return n.keys.dicts.Follow(n.national.Feature)
}

// leave notes the failure for which the process must go; the first one counts.
func (n *Node) leave(err error) {
	select {
	case n.fatal <- err:
	default:
	}
}

func (n *Node) openJournal() (err error) {
	n.journal, err = journal.Open(n.cfg.journalDir(), journal.Options{
		Identity:    journal.Identity{Node: n.who.Node, Post: n.who.Post, Cluster: n.national.Cluster},
		Incarnation: n.who.Incarnation, MaxSize: n.cfg.Journal.MaxSize.Bytes(),
		Ballast: n.cfg.Journal.Ballast.Bytes(), Mirror: n.cfg.mirrorOptions(), Anchor: n.cfg.Journal.Anchor,
		OnLatch: n.leave, Metrics: journal.NewMetrics(n.metrics), Logger: n.log.With(slog.String("component", "journal")),
	})
	if err == nil {
		n.measureDisks()
	}
	return err
}

func (n *Node) openShip() error {
	hubs := n.cfg.Hubs
	if len(hubs) == 0 {
		hubs = n.national.Hubs
	}
	var err error
	if n.uplink, err = openUplink(n.cfg, n.keys, hubs, n.log.With(slog.String("component", "road"))); err != nil {
		return err
	}
	budget, err := n.budget()
	if err != nil {
		return err
	}
	n.ship, err = ship.New(ship.Config{
		Connections: n.cfg.Ship.Connections, Budget: budget,
		Journal: n.journal, Signer: n.keys.journal, Dial: n.uplink.ship, Keys: n.receiptKeys,
		Welcomed: n.welcomed, Brought: n.brought, Proved: n.uplink.proved, Starved: n.uplink.starved, Report: n.report,
		Anchor:   n.reach,
		Restored: func(records []wire.RecordID) error { return n.desk.Restored(records) },
		Software: telemetry.Version, Now: time.Now,
		Logger: n.log.With(slog.String("component", "ship")), Metrics: ship.NewMetrics(n.metrics),
	})
	return err
}

// budget gives what images may take of the link, in hours of this post.
func (n *Node) budget() (ship.Budget, error) {
	directory, err := consular.BuiltInDirectory()
	if err != nil {
		return ship.Budget{}, err
	}
	post, err := directory.Lookup(n.who.Post)
	if err != nil {
		return ship.Budget{}, err
	}
	zone, err := time.LoadLocation(post.TimeZone)
	if err != nil {
		return ship.Budget{}, fault.New(fault.Invalid, "node: budget", "time zone of "+post.ID.String(), err)
	}
	return n.cfg.Ship.budget(zone)
}

// openRenewer keeps the working certificate fresh by the device certificate: a
// stolen working certificate dies within its week (D51).
func (n *Node) openRenewer() (err error) {
	n.renewer, err = link.NewRenewer(link.RenewerOptions{
		Ring: n.keys.ring, Slot: pki.SlotWorking, Via: []pki.Slot{pki.SlotDevice},
		Want: pki.Identity{Role: pki.Node, Name: string(n.who.Post), ID: n.who.Node.String()},
		Ask:  n.uplink.renew, Verifier: n.uplink.verifier(pki.Node), Now: n.uplink.now,
		Log: n.log.With(slog.String("component", "renewal")),
	})
	if err == nil {
		n.uplink.lapsed = n.renewer.Lapsed
	}
	return err
}

// openDeviceRenewer keeps the device certificate itself from ending: long before,
// while it is good, and for the same key, by which the hub knows this machine.
func (n *Node) openDeviceRenewer() (err error) {
	n.deviceRenewer, err = link.NewRenewer(link.RenewerOptions{
		Ring: n.keys.ring, Slot: pki.SlotDevice, Via: []pki.Slot{pki.SlotDevice}, SameKey: true, Before: pki.DeviceBefore,
		Want: pki.Identity{Role: pki.Device, Name: string(n.who.Post), ID: n.who.Node.String()},
		Ask:  n.uplink.renewDevice, Verifier: n.uplink.verifier(pki.Device), Now: n.uplink.now,
		Log: n.log.With(slog.String("component", "device renewal")),
	})
	return err
}

func (n *Node) receiptKeys() wire.KeySet {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.receipts
}

// intakeKey gives the newest key that visits are sealed to.
func (n *Node) intakeKey() (seal.IntakePublic, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.national.Intake) == 0 {
		return seal.IntakePublic{}, fault.New(fault.Unavailable, "node: intake key", "none known", nil)
	}
	return seal.ParseIntakePublic(n.national.Intake[len(n.national.Intake)-1].Public)
}

// welcomed keeps what the hub told of itself. Keys that sign receipts are only
// ever added: old receipts stay provable.
func (n *Node) welcomed(w wire.Welcome) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w.Cluster != n.national.Cluster {
		return fault.New(fault.Denied, "node: welcome", "another cluster answered", nil)
	}
	fresh := n.national
	fresh.Receipts = union(n.national.Receipts, w.Receipts)
	fresh.Intake, fresh.Heard, fresh.Feature = w.Intake, w.Time, w.Feature
	set, err := wire.ParseKeySet(fresh.Receipts)
	if err != nil {
		return err
	}
	if err := writeRecord(n.cfg.path(fileNational), fresh); err != nil {
		return err
	}
	n.national, n.receipts = fresh, set
	n.hearing, n.heardOnDisk = hearing{hub: w.Time, at: time.Now()}, w.Time
	return n.keys.dicts.Follow(fresh.Feature)
}

func union(held, more [][]byte) [][]byte {
	seen := map[string]bool{}
	var out [][]byte
	for _, key := range append(append([][]byte(nil), held...), more...) {
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, key)
		}
	}
	return out
}

// Run serves until ctx ends or the disk fails, and closes everything.
func (n *Node) Run(ctx context.Context) error {
	if err := n.openDeskListener(ctx); err != nil {
		return errors.Join(err, n.close())
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case err := <-n.fatal:
			return err
		case <-ctx.Done():
			return nil
		}
	})
	g.Go(func() error { return n.ship.Run(ctx) })
	g.Go(func() error { return n.uplink.watch(ctx, n.uplink.tryQUIC) })
	g.Go(func() error { return n.keepCertificates(ctx) })
	g.Go(func() error { return n.staff.Run(ctx) })
	g.Go(func() error { return n.serveAdmin(ctx) })
	g.Go(func() error { return n.serveSocket(ctx) })
	g.Go(func() error { return n.serveDesk(ctx) })
	g.Go(func() error { return n.keepClock(ctx) })
	g.Go(func() error { return n.keepAnchor(ctx) })
	g.Go(func() error { return n.sweepDesk(ctx) })
	g.Go(func() error { return n.keepHouse(ctx) })
	g.Go(func() error { return n.runRecords(ctx) })
	g.Go(func() error {
		telemetry.TellReady(ctx, n.log, n.health.Works)
		return nil
	})
	g.Go(func() error { return n.examiner.run(ctx) })
	n.log.Info("node ready", slog.Any("post", n.who.Post), slog.String("desk", n.cfg.Desk.Listen))
	err := g.Wait()
	n.health.Wait()
	return errors.Join(err, n.close())
}

// keepCertificates renews what this machine is known by, until ctx ends.
func (n *Node) keepCertificates(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return n.renewer.Run(ctx) })
	g.Go(func() error { return n.deviceRenewer.Run(ctx) })
	g.Go(func() error { return n.renewDesk(ctx) })
	return g.Wait()
}

// keepClock gives the measured offset to whoever verifies certificates, and notes
// that the hub is heard.
func (n *Node) keepClock(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if offset, ok := n.ship.Offset(); ok {
				n.uplink.setOffset(offset)
			}
			if err := n.listen(); err != nil {
				return err
			}
		}
	}
}

// Close ends a node that was opened and is not run.
func (n *Node) Close() error { return n.close() }

func (n *Node) close() error {
	var err error
	if n.uplink != nil {
		err = n.uplink.close()
	}
	if n.journal != nil {
		err = errors.Join(err, n.journal.Close())
	}
	return n.closeAnchor(err)
}

// Journal gives the node's truth, for the bench that fills it.
func (n *Node) Journal() *journal.Journal { return n.journal }

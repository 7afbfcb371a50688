package e2e

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/consulate-node/journal"
	"jaliya/consulate-node/journal/journaltest"
	"jaliya/consulate-node/ship"
	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/hub/vault"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/link"
	"jaliya/internal/link/linktest"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// office is a hub without raft: the real intake, vault and ledger, and a
// proposer that applies at once.
type office struct {
	ledger.Views
	t     *testing.T
	world *linktest.World
	ring  *pki.Keyring
	kit   *journaltest.Kit
	road  *weather
	vault *vault.Directory
	stop  func()

	vaultRoot string
	intake    *intake.Intake
	level     uint32 // feature level that it claims, 0: the true one

	mu      sync.Mutex    // guards what follows
	store   *kv.Memory    // the ledger
	index   uint64        // applied
	changed chan struct{} // closed at the next change
	fail    error         // what the proposer answers without applying
	unknown error         // what the proposer answers after applying
	hold    chan struct{} // while not nil, admits wait for it to close
}

// newOffice founds a hub in which kit's node has joined, and serves it.
func newOffice(t *testing.T, rtt time.Duration) *office {
	t.Helper()
	kit, err := journaltest.New(7)
	require.NoError(t, err)
	store := kv.NewMemory()
	o := &office{
		Views: ledger.NewViews(store), t: t, world: linktest.NewWorld(t, nil), kit: kit, road: newWeather(rtt),
		store: store, changed: make(chan struct{}),
	}
	o.ring = o.world.Ring(t, linktest.Identity(t, pki.Member, "hub-1"))
	o.vaultRoot = t.TempDir()
	o.vault, err = vault.OpenDirectory(o.vaultRoot, 0)
	require.NoError(t, err)
	o.do(ledger.Init{
		Time: o.now(), Cluster: kit.Identity.Cluster, Secret: make([]byte, 32),
		Receipt: [][]byte{kit.Hub.Public().Bytes()}, Intake: []wire.IntakeKey{{Number: 1, Public: make([]byte, 32)}},
	})
	o.join(kit)
	o.serve()
	t.Cleanup(func() { o.stop() })
	return o
}

// Cluster implements intake.State.
func (o *office) Cluster() (ledger.Cluster, error) {
	c, err := o.Views.Cluster()
	if o.level != 0 {
		c.Feature = o.level
	}
	return c, err
}

func (o *office) now() int64 { return time.Now().UnixMilli() }

func (o *office) do(c ledger.Command) ledger.Result {
	o.t.Helper()
	raw, err := ledger.Encode(c)
	require.NoError(o.t, err)
	answer, _, err := o.Propose(o.t.Context(), raw)
	require.NoError(o.t, err)
	r, ok := answer.(ledger.Result)
	require.True(o.t, ok)
	require.NoError(o.t, r.Err())
	return r
}

func (o *office) join(kit *journaltest.Kit) {
	o.t.Helper()
	invitation := wire.Digest(sha256.Sum256(kit.Identity.Node[:]))
	o.do(ledger.InviteNode{Time: o.now(), Invitation: invitation, Post: kit.Identity.Post, Expires: o.now() + 1e9})
	o.do(ledger.JoinNode{
		Time: o.now(), Invitation: invitation, Node: kit.Identity.Node, Post: kit.Identity.Post,
		Device: wire.Digest{1}, Journal: kit.Journal.Public().Bytes(), PostKey: make([]byte, 64),
	})
}

// Propose implements intake.Proposer.
func (o *office) Propose(ctx context.Context, command []byte) (any, uint64, error) {
	o.mu.Lock()
	hold := o.hold
	o.mu.Unlock()
	if hold != nil && ledger.Kind(command[0]) == ledger.KindAdmit {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, 0, fault.New(fault.Unavailable, "office: propose", "", ctx.Err())
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return nil, 0, o.fail
	}
	o.index++
	var r ledger.Result
	err := o.store.Update(func(w kv.Writer) (err error) {
		r, err = ledger.Apply(w, o.index, 1, command)
		return err
	})
	if err == nil {
		err = o.unknown
	}
	close(o.changed)
	o.changed = make(chan struct{})
	return r, o.index, err
}

// Watch implements intake.State.
func (o *office) Watch() (uint64, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.index, o.changed
}

func (o *office) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

// serve starts intake and listener; stop ends both, as a restart does.
func (o *office) serve() {
	o.t.Helper()
	key := o.kit.Hub
	in, err := intake.New(intake.Config{
		State: o, Proposer: o, Vault: o.vault, Signer: func() *seal.SigningKey { return key }, Now: time.Now, Logger: roadLogger(),
	})
	require.NoError(o.t, err)
	o.intake = in
	listener, err := link.NewListener(o.road.endpoint(o.t, o.road.hub), link.ListenerOptions{Log: roadLogger()})
	require.NoError(o.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(o.t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := in.Run(ctx); err != nil {
			o.t.Errorf("intake: %v", err)
		}
	})
	running.Go(func() {
		if err := listener.Serve(ctx, map[string]link.Endpoint{
			link.ALPNShip: {TLS: o.world.Server(o.t, o.ring, link.ALPNShip, pki.Node), Handle: in.Ship},
			link.ALPNBulk: {TLS: o.world.Server(o.t, o.ring, link.ALPNBulk, pki.Node), Handle: in.Bulk},
		}); err != nil {
			o.t.Errorf("listener: %v", err)
		}
	})
	o.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
}

func roadLogger() *slog.Logger {
	if os.Getenv("JALIYA_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

// outpost is a node without a desk: the real journal and ship.
type outpost struct {
	*office
	kit     *journaltest.Kit
	journal *journal.Journal
	ship    *ship.Ship
	dialer  *link.Dialer
	bulk    *link.Dialer // a socket of its own, so that the road can count it
	ring    *pki.Keyring
	skew    time.Duration
	jump    atomic.Int64 // how far the clock was set, in place of skew
	budget  ship.Budget
	report  func() (wire.Report, error) // what the node says of itself; nil: nothing
	stop    func()

	mu    sync.Mutex
	lazy  bool                   // dials over a cut road are not really made
	back  []wire.RecordID        // what came back from the hub, as it was told; guarded by mu
	told  int                    // welcomes kept; guarded by mu
	bulks []*link.Session        // guarded by mu
	dials map[string][]time.Time // by ALPN; guarded by mu
}

func (o *office) outpost(host byte) *outpost {
	o.t.Helper()
	p := &outpost{office: o, kit: o.kit, dials: map[string][]time.Time{}}
	var err error
	p.journal, err = journal.Open(o.t.TempDir(), p.kit.Options())
	require.NoError(o.t, err)
	o.t.Cleanup(func() { require.NoError(o.t, p.journal.Close()) })
	p.connect(host)
	return p
}

// connect gives the outpost its socket and certificate.
func (p *outpost) connect(host byte) {
	p.t.Helper()
	id := pki.Identity{Role: pki.Node, Name: string(p.kit.Identity.Post), ID: p.kit.Identity.Node.String()}
	p.ring = p.world.Ring(p.t, id)
	var err error
	p.dialer, err = link.NewDialer(p.road.endpoint(p.t, &net.UDPAddr{IP: net.IPv4(10, 0, 1, host), Port: 4433}), link.Config{})
	require.NoError(p.t, err)
	p.bulk, err = link.NewDialer(p.road.endpoint(p.t, &net.UDPAddr{IP: net.IPv4(10, 0, bulkNet, host), Port: 4433}), link.Config{})
	require.NoError(p.t, err)
	p.t.Cleanup(func() {
		require.NoError(p.t, p.dialer.Close())
		require.NoError(p.t, p.bulk.Close())
	})
}

func (p *outpost) dial(ctx context.Context, alpn string) (*link.Session, error) {
	p.mu.Lock()
	p.dials[alpn] = append(p.dials[alpn], time.Now())
	lazy := p.lazy
	p.mu.Unlock()
	if lazy && p.road.isCut() {
		<-ctx.Done()
		return nil, fault.New(fault.Timeout, "outpost: dial", "", ctx.Err())
	}
	dialer := p.dialer
	if alpn == link.ALPNBulk {
		dialer = p.bulk
	}
	s, err := dialer.Dial(ctx, p.road.hub, alpn, p.world.Client(p.t, p.ring, pki.SlotWorking))
	if err == nil && alpn == link.ALPNBulk {
		p.mu.Lock()
		p.bulks = append(p.bulks, s)
		p.mu.Unlock()
	}
	return s, err
}

// dialed counts the dials of the control session.
func (p *outpost) dialed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.dials[link.ALPNShip])
}

// welcomes counts those that were kept durably.
func (p *outpost) welcomes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

// returned counts what came back from the hub.
func (p *outpost) returned() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.back)
}

// now is the clock of the post.
func (p *outpost) now() time.Time {
	if jump := p.jump.Load(); jump != 0 {
		return wallJumped(time.Now(), time.Duration(jump))
	}
	return time.Now().Add(p.skew)
}

// start runs the ship until the test ends or stop is called.
func (p *outpost) start() {
	p.t.Helper()
	var err error
	p.ship, err = ship.New(ship.Config{
		Journal: p.journal, Signer: p.kit.Journal, Dial: p.dial, Keys: p.office.kit.Keys, Software: "test", Report: p.report, Budget: p.budget,
		Welcomed: func(wire.Welcome) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.told++
			return nil
		},
		Brought: func(wire.Welcome) error { return nil },
		Restored: func(records []wire.RecordID) error {
			if _, err := p.journal.ByRecord(records[len(records)-1]); err != nil {
				return err
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.back = append(p.back, records...)
			return nil
		},
		Now: p.now, Logger: roadLogger(),
	})
	require.NoError(p.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	done := make(chan error, 1)
	go func() { done <- p.ship.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			p.t.Errorf("ship: %v", err)
		}
	})
	p.t.Cleanup(p.stop)
}

func (p *outpost) append(n int) {
	p.t.Helper()
	for range n {
		_, err := p.journal.Append(p.t.Context(), p.kit.Release(600))
		require.NoError(p.t, err)
	}
}

// state gives what the journal holds.
func (p *outpost) state() journal.State {
	p.t.Helper()
	st, err := p.journal.State()
	require.NoError(p.t, err)
	return st
}

// until waits, in the test's own time, until the journal is as wanted.
func (p *outpost) until(limit time.Duration, holds func(journal.State) bool) time.Duration {
	p.t.Helper()
	begun := time.Now()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		changed := p.journal.Changed()
		if holds(p.state()) {
			return time.Since(begun)
		}
		select {
		case <-changed:
		case <-end.C:
			require.FailNow(p.t, "not in time", "state %+v, link %+v", p.state(), p.ship.Status())
		}
	}
}

func (p *outpost) secured(limit time.Duration) time.Duration {
	p.t.Helper()
	return p.until(limit, func(st journal.State) bool { return st.Receipted == st.Head.Seq })
}

// phase waits until the link is in a phase.
func (p *outpost) phase(limit time.Duration, want ship.Phase) time.Duration {
	p.t.Helper()
	begun := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for p.ship.Status().Phase != want.String() {
		<-tick.C
		require.LessOrEqual(p.t, time.Since(begun), limit, "link %+v", p.ship.Status())
	}
	return time.Since(begun)
}

// wait lets time pass.
func wait(d time.Duration) { <-time.After(d) }

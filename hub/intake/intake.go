package intake

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"jaliya/hub/ledger"
	"jaliya/hub/vault"
	"jaliya/hub/vault/owners"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// State is what intake reads of the ledger.
type State interface {
	owners.State
	Cluster() (ledger.Cluster, error)
	Node(id wire.NodeID) (ledger.Node, error)
	Cursor(node wire.NodeID, incarnation uint64) (at wire.Position, known bool, err error)
	HashAt(node wire.NodeID, incarnation, seq uint64) (wire.Digest, error)
	// Receipts gives the unsigned receipts that cover a range, the first of them
	// when there are too many for one slice.
	Receipts(node wire.NodeID, incarnation, first, last uint64) ([]wire.Receipt, error)
	// Entry gives a committed entry, with its body unless that was erased.
	Entry(node wire.NodeID, incarnation, seq uint64) (ledger.Found, error)
	// NoticeHead gives the cursor of all that a post was told.
	NoticeHead(post consular.PostID) (wire.NoticeCursor, error)
	// NoticesAfter gives notices after a sequence and the cursor before the first.
	NoticesAfter(post consular.PostID, seq uint64, limit int) (after wire.NoticeCursor, raw [][]byte, err error)
	// Root gives the size of the national log and the root over it; Consistency
	// proves that the log of a size begins with that of an older one.
	Root() (size uint64, root wire.Digest, err error)
	Consistency(older, size uint64) ([]wire.Digest, error)
	// Watch gives what is applied and a channel that closes at the next change.
	Watch() (applied uint64, changed <-chan struct{})
}

// Config is what Intake needs. All fields but Metrics are required.
type Config struct {
	State    State
	Proposer Proposer
	Vault    *vault.Directory
	Signer   func() *seal.SigningKey // gives the receipt key of now
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics
}

// Intake serves control and bulk sessions of all nodes.
type Intake struct {
	cfg      Config
	admitter *admitter
	room     *semaphore.Weighted // bytes of batches under way, of all nodes
	ahead    *semaphore.Weighted // bytes of batches that came before their turn, of all nodes
	wanted   *wanted             // what the vault has lost, and who has it

	mu      sync.Mutex                         // guards current and gone
	current map[wire.NodeID]*session           // the newest of each node
	gone    map[wire.NodeID]ledger.Observation // what was last heard of nodes that left
}

const (
	// maxUnderWay bounds the batches of all nodes that are in memory. Whoever
	// comes when it is full waits his turn, and is not read from. It is many
	// times what the proposals under way hold, which is all that keeps the disk
	// busy: more would only wait here instead of at the nodes.
	maxUnderWay = 16 << 20
	// Partial uploads that nobody has touched for keepPartials are removed.
	keepPartials = 30 * 24 * time.Hour
	reapEvery    = time.Hour
)

// New checks the configuration.
func New(cfg Config) (*Intake, error) {
	if cfg.State == nil || cfg.Proposer == nil || cfg.Vault == nil || cfg.Signer == nil ||
		cfg.Now == nil || cfg.Logger == nil {
		return nil, fault.New(fault.Invalid, "intake: new", "a required field is missing", nil)
	}
	return &Intake{
		cfg: cfg, wanted: newWanted(), room: semaphore.NewWeighted(maxUnderWay), ahead: semaphore.NewWeighted(aheadOfAll), current: map[wire.NodeID]*session{}, gone: map[wire.NodeID]ledger.Observation{},
		admitter: &admitter{proposer: cfg.Proposer, now: cfg.Now, in: make(chan Item), metrics: cfg.Metrics},
	}, nil
}

// Run groups and proposes what the sessions bring, until ctx ends. It returns
// an error when the vault's disk failed: the process is to leave (D3).
func (i *Intake) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return i.admitter.run(ctx) })
	g.Go(func() error { return i.tend(ctx) })
	seeker := owners.Seeker{Vault: i.cfg.Vault, State: i.cfg.State, Logger: i.cfg.Logger, Found: i.wanted.replace}
	g.Go(func() error { return seeker.Run(ctx) })
	return g.Wait()
}

// tend removes what was never uploaded to its end, and watches the vault.
func (i *Intake) tend(ctx context.Context) error {
	ticker := time.NewTicker(reapEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-i.cfg.Vault.Failed():
			return i.cfg.Vault.Err()
		case <-ticker.C:
			n, err := i.cfg.Vault.Reap(i.cfg.Now().Add(-keepPartials))
			if err != nil {
				i.cfg.Logger.Warn("partial uploads not reaped", slog.Any("error", err))
			} else if n > 0 {
				i.cfg.Logger.Info("partial uploads reaped", slog.Any("count", n))
			}
		}
	}
}

// stands makes a session the node's own, and ends the one before.
func (i *Intake) stands(s *session) (leaves func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if older := i.current[s.node.ID]; older != nil {
		if older.number > s.number { // it was opened after this one, and was faster
			close(s.replaced)
			return func() {}
		}
		close(older.replaced)
	}
	i.current[s.node.ID] = s
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.current[s.node.ID] == s {
			delete(i.current, s.node.ID)
			i.left(s)
		}
	}
}

// nodeOf finds the node that a session's certificate names.
func (i *Intake) nodeOf(s *link.Session) (ledger.Node, error) {
	const op = "intake: identify node"
	who := s.Peer().Identity
	id, err := wire.ParseNodeID(who.ID)
	if err != nil || who.Role != pki.Node {
		return ledger.Node{}, fault.New(fault.Denied, op, who.String(), err)
	}
	node, err := i.cfg.State.Node(id)
	switch {
	case fault.Is(err, fault.NotFound):
		return ledger.Node{}, fault.New(fault.Denied, op, "unknown node", err)
	case err != nil:
		return ledger.Node{}, err
	case node.Revoked || string(node.Post) != who.Name:
		return ledger.Node{}, fault.New(fault.Denied, op, "revoked, or of another post", nil)
	}
	return node, nil
}

// Ship serves one control session to its end.
func (i *Intake) Ship(ctx context.Context, link *link.Session) error {
	i.cfg.Metrics.session(1)
	defer i.cfg.Metrics.session(-1)
	s, err := i.greet(ctx, link)
	if err == nil {
		leaves := i.stands(s)
		err = s.serve(ctx)
		leaves()
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		i.cfg.Metrics.refusal(fault.KindOf(err).String())
		i.cfg.Logger.Info("control session ended", slog.String("node", link.Peer().Identity.String()), slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	}
	return err
}

package intake

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"jaliya/hub/ledger"
	"jaliya/hub/vault"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/link/pki"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

// State is what intake reads of the ledger.
type State interface {
	Cluster() (ledger.Cluster, error)
	Node(id wire.NodeID) (ledger.Node, error)
	Cursor(node wire.NodeID, incarnation uint64) (at wire.Position, known bool, err error)
	HashAt(node wire.NodeID, incarnation, seq uint64) (wire.Digest, error)
	// Receipts gives the unsigned receipts that cover a range of sequences.
	Receipts(node wire.NodeID, incarnation, first, last uint64) ([]wire.Receipt, error)
	// NoticesAfter gives notices after a sequence and the cursor before the first.
	NoticesAfter(post consular.PostID, seq uint64, limit int) (after wire.NoticeCursor, raw [][]byte, err error)
	// Watch gives what is applied and a channel that closes at the next change.
	Watch() (applied uint64, changed <-chan struct{})
}

// Config is what Intake needs. All fields but Metrics are required.
type Config struct {
	State    State
	Proposer Proposer
	Vault    *vault.Directory
	Signer   *seal.SigningKey // receipt key
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics
}

// Intake serves control and bulk sessions of all nodes.
type Intake struct {
	cfg      Config
	admitter *admitter
}

// New checks the configuration.
func New(cfg Config) (*Intake, error) {
	if cfg.State == nil || cfg.Proposer == nil || cfg.Vault == nil || cfg.Signer == nil ||
		cfg.Now == nil || cfg.Logger == nil {
		return nil, fault.New(fault.Invalid, "intake: new", "a required field is missing", nil)
	}
	return &Intake{cfg: cfg, admitter: &admitter{
		proposer: cfg.Proposer, now: cfg.Now, in: make(chan Item), metrics: cfg.Metrics,
	}}, nil
}

// Run groups and proposes what the sessions bring, until ctx ends.
func (i *Intake) Run(ctx context.Context) error { return i.admitter.run(ctx) }

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
		err = s.serve(ctx)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		i.cfg.Metrics.refusal(fault.KindOf(err).String())
		i.cfg.Logger.Info("control session ended", "node", link.Peer().Identity.String(),
			"kind", fault.KindOf(err).String(), "error", err)
	}
	return err
}

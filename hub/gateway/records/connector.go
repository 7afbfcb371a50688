package records

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Cases reads the case of an order, and the intake keys; ledger.Views is one.
type Cases interface {
	CaseNumber(n uint64) (ledger.CaseView, error)
	Cluster() (ledger.Cluster, error)
}

// Resealer seals to an office what it needs of a packet, and the person's answer
// to its question; the opener is one. fault.Invalid or fault.Corrupt when no
// repeat will help.
type Resealer interface {
	RecordPacket(ctx context.Context, o ledger.Order, to Recipient) ([]byte, error)
	RecordAnswer(ctx context.Context, commit uint64, to Recipient) ([]byte, error)
}

// Prover tells whether a package opens for its record and is whole, and nothing
// else of it; the opener is one. fault.Corrupt when it is not.
type Prover interface {
	ProvePackage(ctx context.Context, o ledger.Order, raw []byte) error
}

// Vault keeps a package durably and gives its address.
type Vault interface {
	Put(content []byte) (wire.Digest, error)
}

// Needs is what a Connector works with. All fields but Metrics and Dial are
// required.
type Needs struct {
	Cluster  string // id of the cluster, part of every request's id: small letters, digits, hyphens
	Cases    Cases
	Resealer Resealer
	Prover   Prover
	Vault    Vault
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics
	// Dial makes connections; nil: the machine's own.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Connector carries out the orders that concern the record offices. Safe for
// concurrent use.
type Connector struct {
	Needs

	cfg     Config
	offices []*office
	letters *desk
}

// New reads keys and certificates and gives a connector that asked nothing yet.
func New(cfg Config, needs Needs) (*Connector, error) {
	const op = "records: new connector"
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.Cases == nil || needs.Resealer == nil || needs.Prover == nil || needs.Vault == nil || needs.Now == nil || needs.Logger == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if len(needs.Cluster) > 20 || !requestID.MatchString(needs.Cluster) {
		return nil, fault.New(fault.Invalid, op, "cluster: 1 to 20 small letters, digits, hyphens", nil)
	}
	c := &Connector{Needs: needs, cfg: cfg, letters: newDesk()}
	for _, oc := range cfg.Offices {
		f, err := c.open(oc)
		if err != nil {
			return nil, fault.New(fault.KindOf(err), op, "office "+oc.Name, err)
		}
		c.offices = append(c.offices, f)
	}
	return c, nil
}

// Handlers gives what the gateway's worker needs.
func (c *Connector) Handlers() map[workflow.Order]gateway.Handler {
	return map[workflow.Order]gateway.Handler{ //nolint:exhaustive // the orders of this connector
		workflow.OrderIssue:  c.Issue,
		workflow.OrderRecall: c.Recall,
	}
}

// Close lets idle connections go.
func (c *Connector) Close() {
	for _, f := range c.offices {
		f.client.Close()
	}
}

// office finds who answers for a service.
func (c *Connector) office(service uint8) (*office, error) {
	for _, f := range c.offices {
		if slices.Contains(f.Services, consular.Service(service)) {
			return f, nil
		}
	}
	return nil, fault.New(fault.Unsupported, "records: find office", "", errors.New("no office has this service in the configuration"))
}

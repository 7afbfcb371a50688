package centre

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"sync"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/gateway/peer"
	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/workflow"
)

// Cases reads the case of an order; ledger.Views is one.
type Cases interface {
	CaseNumber(n uint64) (ledger.CaseView, error)
}

// Resealer opens the packet of an order and seals to a site what a card needs;
// the opener is one. fault.Invalid or fault.Corrupt when the packet cannot be
// sent to any site.
type Resealer interface {
	Reseal(ctx context.Context, o ledger.Order, to Recipient) (Sealed, error)
}

// News tells the ledger what became of a case while its order stays open. It
// returns after the ledger took it, or with why not. See NewNews.
type News interface {
	Tell(ctx context.Context, o ledger.Order, a gateway.Answer) error
}

// Needs is what a Connector works with. All fields but Metrics are required.
type Needs struct {
	Cluster  string // id of the cluster, part of every job's id: small letters, digits, hyphens
	Cases    Cases
	Resealer Resealer
	News     News
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics
}

// Connector carries out the orders that concern the production sites. Safe for
// concurrent use.
type Connector struct {
	Needs

	cfg     Config
	sites   []*site // in the order of the configuration
	letters *desk

	mu    sync.Mutex          // guards known
	known map[uint8]knowledge // by site
}

// New reads keys and certificates and gives a connector that asked nothing yet.
func New(cfg Config, needs Needs) (*Connector, error) {
	const op = "centre: new connector"
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.Cases == nil || needs.Resealer == nil || needs.News == nil || needs.Now == nil || needs.Logger == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if len(needs.Cluster) > 20 || !jobID.MatchString(needs.Cluster) {
		return nil, fault.New(fault.Invalid, op, "cluster: 1 to 20 small letters, digits, hyphens", nil)
	}
	c := &Connector{Needs: needs, cfg: cfg, letters: newDesk(), known: map[uint8]knowledge{}}
	for _, sc := range cfg.Sites {
		s, err := c.open(sc)
		if err != nil {
			return nil, fault.New(fault.KindOf(err), op, "site "+sc.Name, err)
		}
		c.sites = append(c.sites, s)
	}
	return c, nil
}

// Handlers gives what the gateway's worker needs.
func (c *Connector) Handlers() map[workflow.Order]gateway.Handler {
	return map[workflow.Order]gateway.Handler{ //nolint:exhaustive // the orders of this connector
		workflow.OrderRoute:     c.Route,
		workflow.OrderProduce:   c.Produce,
		workflow.OrderCancelJob: c.CancelJob,
	}
}

// Close lets idle connections go.
func (c *Connector) Close() {
	for _, s := range c.sites {
		s.client.Close()
	}
}

func (c *Connector) site(number uint8) (*site, error) {
	for _, s := range c.sites {
		if s.Number == number {
			return s, nil
		}
	}
	return nil, fault.New(fault.Unsupported, "centre: find site", "", errors.New("no site has this number in the configuration"))
}

// open makes what speaks with one site.
func (c *Connector) open(sc SiteConfig) (*site, error) {
	s := &site{SiteConfig: sc, sending: c.cfg.Sending.Std()}
	raw, err := peer.TextFile(sc.PacketKey)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(raw)
	if err != nil {
		return nil, fault.New(fault.Invalid, "centre: read packet key", sc.PacketKey, errors.New("is not base64"))
	}
	if s.key, err = seal.ParsePostPublic(key); err != nil {
		return nil, err
	}
	s.client, err = peer.New(peer.Options{
		Name: sc.Name, Endpoint: sc.endpoint(), Timeout: c.cfg.Timeout.Std(), MaxAnswer: MaxResponse,
		Breaker: c.cfg.Breaker.Rule(), Now: c.Now, Kinds: map[string]fault.Kind{codeTooLate: fault.Conflict},
		Asked: func(op string, err error) { c.Metrics.asked(sc.Name, op, err) },
		Moved: func(b peer.BreakerState) {
			c.Metrics.breaker(sc.Name, b)
			c.Logger.Info("site's breaker moved", slog.String("site", sc.Name), slog.String("breaker", b.String()))
		},
	})
	return s, err
}

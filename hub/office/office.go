package office

import (
	"context"
	"log/slog"
	"time"

	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/paper"
	"jaliya/internal/seal"
)

// Maker makes documents; document.Issuer is one.
type Maker interface {
	Issue(ctx context.Context, d paper.RecordData) (document.Issued, error)
}

// Needs is what an Office works with. All are needed but Metrics.
type Needs struct {
	Store   kv.Store
	Data    *seal.DataKey // what is at rest is sealed with
	Packets *seal.PostKey // opens what the hub sealed
	Maker   Maker
	Plan    Plan
	Name    paper.Text // as documents name the office
	Letters string     // that numbers begin with
	Page    string     // address of the page that checks seals
	Keep    time.Duration
	Zone    *time.Location // in which documents are dated
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics
}

// Office holds the actions of the network, of officers and of the clock. Safe
// for concurrent use.
type Office struct {
	needs Needs
	store *store
	dicts *seal.Dictionaries
}

// New checks what it is given.
func New(n Needs) (*Office, error) {
	const op = "office: new"
	if n.Store == nil || n.Data == nil || n.Packets == nil || n.Maker == nil || n.Now == nil || n.Logger == nil || n.Zone == nil {
		return nil, fault.New(fault.Invalid, op, "a required field is missing", nil)
	}
	if err := n.Plan.Validate(); err != nil {
		return nil, err
	}
	s, err := newStore(n.Store, n.Data)
	if err != nil {
		return nil, err
	}
	dicts, err := seal.BuiltIn()
	if err != nil {
		return nil, err
	}
	if n.Metrics == nil {
		n.Metrics = newMetrics(nil)
	}
	return &Office{needs: n, store: s, dicts: dicts}, nil
}

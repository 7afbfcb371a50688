package pouch

import (
	"context"
	"log/slog"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/config"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Config is the section [pouch] of the hub's file. Zero values work.
type Config struct {
	// Auto lets a rule pack, close and send. Without it people do.
	Auto  bool            `toml:"auto"`
	Cards int             `toml:"cards"` // a bag with so many is closed, default 40
	After config.Duration `toml:"after"` // or so long after its first card, default 24h
	// Late is how long a bag may be under way before it is called late; default,
	// and most, the 15 days of the table of pouches. It holds by hand too.
	Late config.Duration `toml:"late"`
}

// WithDefaults fills in what was left out.
func (c Config) WithDefaults() Config {
	if c.Cards == 0 {
		c.Cards = 40
	}
	if c.After == 0 {
		c.After = config.Duration(24 * time.Hour)
	}
	if c.Late == 0 {
		c.Late = config.Duration(longestLate)
	}
	return c
}

// longestLate is the limit of the table of pouches, which the ledger keeps by
// itself: there is nothing to do for the desk.
const longestLate = 15 * 24 * time.Hour

// early tells whether bags are called late sooner than the table does.
func (c Config) early() bool { return c.Late.Std() < longestLate }

// Validate names the key that breaks a rule.
func (c Config) Validate() error {
	c = c.WithDefaults()
	if c.Cards < 1 || c.Cards > ledger.MaxItems {
		return fault.New(fault.Invalid, "pouch: validate config", "cards: 1 to 400", nil)
	}
	if c.After < 0 {
		return fault.New(fault.Invalid, "pouch: validate config", "after cannot be negative", nil)
	}
	if c.Late < 0 || c.Late.Std() > longestLate {
		return fault.New(fault.Invalid, "pouch: validate config", "late: up to 360h, the limit of a pouch", nil)
	}
	return nil
}

// State is what the desk reads of the ledger; ledger.Views is one.
type State interface {
	Case(ref consular.Reference) (ledger.CaseView, error)
	Pouch(label consular.PouchID) (ledger.PouchView, error)
	PouchNumber(n uint64) (ledger.PouchView, error)
	Pouches(after uint64, n int) ([]ledger.Case, error)
	Packing() ([]ledger.Case, error)
	Order(id uint64) (ledger.Order, error)
}

// Sealer seals the manifest of a closed pouch; opener.Sealer is one.
type Sealer interface {
	Manifest(ctx context.Context, o ledger.Order, p ledger.PouchView, serial opener.Serial) (ledger.Tell, error)
}

// Needs is what a Desk works with. All fields are required.
type Needs struct {
	State   State
	Sealer  Sealer
	Serial  opener.Serial
	Commit  func(ctx context.Context, c ledger.Command) (ledger.Result, error)
	Leading func() bool
	Now     func() time.Time
	Logger  *slog.Logger
}

// Desk packs and sends pouches. Safe for concurrent use.
type Desk struct {
	Needs

	cfg Config
}

// New checks what it is given.
func New(cfg Config, needs Needs) (*Desk, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.State == nil || needs.Sealer == nil || needs.Serial == nil || needs.Commit == nil ||
		needs.Leading == nil || needs.Now == nil || needs.Logger == nil {
		return nil, fault.New(fault.Invalid, "pouch: new desk", "a required field is missing", nil)
	}
	return &Desk{Needs: needs, cfg: cfg.WithDefaults()}, nil
}

// Handlers gives what the gateway's worker needs. Without Auto the orders to
// pack and unpack wait for people.
func (d *Desk) Handlers() map[workflow.Order]gateway.Handler {
	list := make(map[workflow.Order]gateway.Handler)
	list[workflow.OrderManifest] = d.manifest
	if d.cfg.Auto {
		list[workflow.OrderPack] = d.packByRule
		list[workflow.OrderUnpack] = d.unpackByRule
	}
	return list
}

// How long the order for a manifest waits for the seal: a rule closes at once, a
// person after a while.
const (
	shortest = 100 * time.Millisecond
	longest  = 30 * time.Second
)

func (d *Desk) pause(o ledger.Order) time.Duration {
	return min(max(d.Now().Sub(time.UnixMilli(o.Created))/4, shortest), longest)
}

// manifest carries out workflow.OrderManifest once the bag has a seal, whose
// number is part of what the post is told.
func (d *Desk) manifest(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	p, err := d.State.PouchNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	newer, err := d.newer(p, o)
	switch {
	case err != nil:
		return gateway.Answer{}, err
	case newer:
		return gateway.Answer{}, nil // the bag was opened again, and the later order tells
	case p.Sent == nil || p.Sent.Seal == "":
		return gateway.Answer{}, gateway.Wait(d.pause(o), "the bag is not closed yet")
	}
	tell, err := d.Sealer.Manifest(ctx, o, p, d.Serial)
	if err != nil || len(tell.Sealed) == 0 {
		return gateway.Answer{}, err
	}
	tell.Time = d.Now().UnixMilli()
	_, err = d.Commit(ctx, tell)
	return gateway.Answer{}, err
}

// newer tells whether the pouch has a later order of the same kind.
func (d *Desk) newer(p ledger.PouchView, o ledger.Order) (bool, error) {
	for _, id := range p.Open {
		if id <= o.ID {
			continue
		}
		other, err := d.State.Order(id)
		if err != nil {
			return false, err
		}
		if other.Kind == o.Kind {
			return true, nil
		}
	}
	return false, nil
}

// As is the desk with another way to commit: in the name of the officer who
// works at it.
func (d *Desk) As(commit func(ctx context.Context, c ledger.Command) (ledger.Result, error)) *Desk {
	as := *d
	as.Commit = commit
	return &as
}

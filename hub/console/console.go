package console

import (
	"context"
	"time"

	"jaliya/hub/console/officer"
	"jaliya/hub/forks"
	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/access"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// State is what the desks read of the ledger; ledger.Views is one.
type State interface {
	OpenOrders(kind uint8, now int64, n int) ([]ledger.Order, error)
	Order(id uint64) (ledger.Order, error)
	Case(ref consular.Reference) (ledger.CaseView, error)
	CaseNumber(n uint64) (ledger.CaseView, error)
	DeedsOn(c uint64, n int) ([]ledger.Deed, error)
	OpeningsOf(c uint64, n int) ([]ledger.Opening, error)
	Pouch(label consular.PouchID) (ledger.PouchView, error)
	Pouches(after uint64, n int) ([]ledger.Case, error)
	Packing() ([]ledger.Case, error)
	forks.State
}

// Commit commits a command and gives the ledger's answer.
type Commit func(ctx context.Context, c ledger.Command) (ledger.Result, error)

// Opener opens packets after a note is committed; opener.Sealer is one.
type Opener interface {
	Show(ctx context.Context, note ledger.NoteOpening, commit opener.Commit) (wire.Release, error)
	ShowPart(ctx context.Context, note ledger.NoteOpening, commit opener.Commit) (opener.Image, error)
}

// PouchDesk packs and sends pouches; pouch.Desk is one.
type PouchDesk interface {
	Open(ctx context.Context, post consular.PostID) (consular.PouchID, error)
	Pack(ctx context.Context, ref consular.Reference, label consular.PouchID) (consular.PouchID, error)
	Unpack(ctx context.Context, ref consular.Reference) error
	Close(ctx context.Context, label consular.PouchID, seal string) error
	Send(ctx context.Context, label consular.PouchID, waybill string) error
	Lose(ctx context.Context, label consular.PouchID) error
	Settle(ctx context.Context, label consular.PouchID) error
}

// Needs is what a Console works with. All are needed.
type Needs struct {
	State     State
	Commit    Commit
	Opener    Opener
	Pouches   func(Commit) PouchDesk // the pouch desk, committing in an officer's name
	People    *officer.SignIn
	Directory *consular.Directory
	Watch     Watch
	Now       func() time.Time
}

// Console holds the actions of the hub's officers. Safe for concurrent use.
type Console struct{ Needs }

// New checks what it is given.
func New(n Needs) (*Console, error) {
	if n.State == nil || n.Commit == nil || n.Opener == nil || n.Pouches == nil || n.People == nil || n.Directory == nil || n.Watch == nil || n.Now == nil {
		return nil, fault.New(fault.Invalid, "console: new", "a required field is missing", nil)
	}
	return &Console{Needs: n}, nil
}

// as commits in the name of an officer what they saw at a version of the case,
// 0 where the command itself names one.
func (c *Console) as(who access.Principal, seen uint64) Commit {
	return func(ctx context.Context, command ledger.Command) (ledger.Result, error) {
		act, err := ledger.ActOf(wire.StaffID(who.ID), string(who.Role), seen, command)
		if err != nil {
			return ledger.Result{}, err
		}
		return c.Commit(ctx, act)
	}
}

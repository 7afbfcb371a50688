package opener_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

func TestContact(t *testing.T) {
	order := ledger.Order{ID: 1, Commit: 1, Kind: uint8(workflow.OrderNotify), Record: wire.RecordID{9}}
	ask := func(t *testing.T, change func(*wire.Release), o ledger.Order) (consular.Contact, consular.Language, error) {
		t.Helper()
		p := newPacket(t)
		r := enrolment(p.image(wire.PartPortrait))
		change(&r)
		p.found.Body = p.sealed(r)
		p.found.Header = wire.Marshal(p.header)
		if o.Commit == 0 {
			p.found.Body[len(p.found.Body)-40] ^= 1
		}
		made, err := opener.New(p.keys, p.hub, p.hub)
		require.NoError(t, err)
		s, err := opener.NewSealer(made, states{p.hub})
		require.NoError(t, err)
		return s.Contact(t.Context(), o)
	}
	t.Run("OK", func(t *testing.T) {
		c, l, err := ask(t, func(*wire.Release) {}, order)
		require.NoError(t, err)
		require.Equal(t, consular.Phone("+33612345678"), c.Phone)
		require.Equal(t, consular.Email("f.elalaoui@example.org"), c.Email)
		require.Equal(t, consular.Arabic, l)
		require.True(t, c.Address.IsZero(), "where somebody lives is no channel")
	})
	t.Run("ErrNoContact", func(t *testing.T) {
		_, _, err := ask(t, func(r *wire.Release) { r.Contact.Phone, r.Contact.Email = "", "" }, order)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	})
	t.Run("ErrUnreadable", func(t *testing.T) {
		o := order
		o.Commit = 0
		_, _, err := ask(t, func(*wire.Release) {}, o)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	})
	t.Run("ErrAnotherOrder", func(t *testing.T) {
		o := order
		o.Kind = uint8(workflow.OrderRoute)
		_, _, err := ask(t, func(*wire.Release) {}, o)
		require.True(t, fault.Is(err, fault.Denied), "%v", err)
	})
	t.Run("ErrAnotherPacket", func(t *testing.T) {
		o := order
		o.Record = wire.RecordID{8}
		_, _, err := ask(t, func(*wire.Release) {}, o)
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	})
}

// states is what the contact of a packet needs of the ledger: its entry.
type states struct{ *hub }

func (states) Case(consular.Reference) (ledger.CaseView, error) { return ledger.CaseView{}, errNone }

func (states) CaseNumber(uint64) (ledger.CaseView, error) { return ledger.CaseView{}, errNone }
func (states) Post(consular.PostID) (ledger.Post, error)  { return ledger.Post{}, errNone }
func (states) Node(wire.NodeID) (ledger.Node, error)      { return ledger.Node{}, errNone }

var errNone = fault.New(fault.NotFound, "test", "", nil)

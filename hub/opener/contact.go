package opener

import (
	"context"

	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/workflow"
)

// Contact gives how to reach the person of a notice order, and nothing else of
// the packet. The order is the line that says why it was opened, and its
// completion the line that says when; no officer reads it, so that no
// NoteOpening is due. fault.NotFound when the packet tells no contact or cannot
// be read by any repeat.
func (s *Sealer) Contact(_ context.Context, order ledger.Order) (consular.Contact, consular.Language, error) {
	const op = "opener: read contact"
	if workflow.Order(order.Kind) != workflow.OrderNotify {
		return consular.Contact{}, "", fault.New(fault.Denied, op, "the order is no notice", nil)
	}
	p, err := s.packet(order.Commit)
	switch {
	case unreadable(err):
		return consular.Contact{}, "", fault.New(fault.NotFound, op, "the packet cannot be read", nil)
	case err != nil:
		return consular.Contact{}, "", err
	}
	defer p.destroy()
	if p.header.Record != order.Record {
		return consular.Contact{}, "", fault.New(fault.Invalid, op, "another packet", nil)
	}
	contact := p.release.Contact
	contact.Address = consular.Address{}
	if contact.Phone == "" && contact.Email == "" {
		return consular.Contact{}, "", fault.New(fault.NotFound, op, "no contact", nil)
	}
	return contact, contact.Language, nil
}

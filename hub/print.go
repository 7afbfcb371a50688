package hub

import (
	"context"
	"time"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/hub/opener"
	"jaliya/internal/fault"
	"jaliya/internal/link/pki"
	"jaliya/internal/wire"
)

// print carries out workflow.OrderPrint: the document is sealed to the key that
// the post made for this one print, and the post is told where it lies. The
// post's machine holds that key in memory until the sheet is out.
func (h *Hub) print(ctx context.Context, o ledger.Order) (gateway.Answer, error) {
	const op = "hub: seal for print"
	c, err := h.ledger.CaseNumber(o.Case)
	if err != nil {
		return gateway.Answer{}, err
	}
	if c.Print == nil || len(c.Flow.Serial) == 0 {
		return gateway.Answer{}, fault.New(fault.Corrupt, op, "no print was begun", nil)
	}
	key, err := h.sealer.PrintKey(*c.Print)
	if err != nil {
		return gateway.Answer{}, err
	}
	body, bundle, err := h.sealer.Pass(ctx, wire.Digest(c.Flow.Serial), opener.Target{
		Key: key, Context: wire.PrintContext, AAD: wire.PrintAAD(c.Print.Record),
	})
	if err != nil {
		return gateway.Answer{}, err
	}
	object := wire.Marshal(wire.Package{Record: c.Print.Record, Body: body, Bundle: bundle})
	digest, err := h.vault.Put(object)
	if err != nil {
		return gateway.Answer{}, err
	}
	post, err := h.ledger.Post(c.Print.Post)
	if err != nil {
		return gateway.Answer{}, err
	}
	ticket := wire.Ticket{Version: wire.Version, Record: c.Print.Record, Object: digest, Size: uint64(len(object))}
	return gateway.Answer{}, h.propose(ctx, ledger.Tell{
		Time: time.Now().UnixMilli(), Order: o.ID, Node: post.Active, Sealed: [][]byte{wire.Marshal(ticket)},
	})
}

// fetch answers the node that began a print with a part of what was sealed for
// it, and nobody else.
func (h *Hub) fetch(_ context.Context, peer pki.Peer, request []byte) ([]byte, error) {
	const op = "hub: fetch document"
	var in wire.FetchRequest
	if err := wire.Unmarshal(request, 1024, &in); err != nil {
		return nil, err
	}
	if in.Length == 0 || in.Length > wire.MaxFetch || in.Offset > wire.MaxPackage {
		return nil, fault.New(fault.Invalid, op, "span", nil)
	}
	if err := h.mayFetch(peer, in); err != nil {
		return nil, err
	}
	return h.vault.Part(in.Object, in.Offset, in.Length)
}

// mayFetch holds that the record is a print that this very machine began, that
// it is the case's newest, and that the object is its own.
func (h *Hub) mayFetch(peer pki.Peer, in wire.FetchRequest) error {
	denied := fault.New(fault.Denied, "hub: fetch document", "", nil)
	begun, err := h.ledger.ByRecord(in.Record)
	if err != nil || begun.At.Node.String() != peer.Identity.ID {
		return denied
	}
	c, err := h.ledger.CaseNumber(begun.Case)
	if err != nil || c.Print == nil || c.Print.Record != in.Record || c.Print.Object != in.Object || in.Object.IsZero() {
		return denied
	}
	return nil
}

package opener

import (
	"bytes"
	"context"
	"errors"
	"io"

	"jaliya/hub/gateway/records"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/document"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// RecordPacket opens the packet of an issue order and seals to the record office
// what it searches with: the person, the use, how the person was identified. No
// contact, no reference, no image leaves.
func (s *Sealer) RecordPacket(_ context.Context, order ledger.Order, to records.Recipient) ([]byte, error) {
	const op = "opener: reseal record"
	if workflow.Order(order.Kind) != workflow.OrderIssue {
		return nil, fault.New(fault.Denied, op, "the order is another", nil)
	}
	p, err := s.packet(order.Commit)
	if err != nil {
		return nil, err
	}
	defer p.destroy()
	service := consular.Service(order.Service)
	if p.header.Record != order.Record || p.release.Service != service || p.release.Record == nil {
		return nil, fault.New(fault.Invalid, op, "another packet", nil)
	}
	raw := records.Packet{
		ID: to.ID, Product: service.String(), Person: p.release.Person,
		Use: p.release.Record.Use, Proof: p.release.Record.Proof, Asked: p.release.Captured,
	}.Encode()
	defer clear(raw)
	return s.dicts.SealToPost(to.Key, to.Context, raw, to.AAD)
}

// RecordAnswer opens what the person answered to the office's question and seals
// it to the office.
func (s *Sealer) RecordAnswer(_ context.Context, commit uint64, to records.Recipient) ([]byte, error) {
	text, err := s.Answer(commit)
	if err != nil {
		return nil, err
	}
	raw := records.Reply{ID: to.ID, Text: text}.Encode()
	defer clear(raw)
	return s.dicts.SealToPost(to.Key, to.Context, raw, to.AAD)
}

// ProvePackage tells whether a package of a record office opens for its record
// and is whole to its last byte. It gives nothing of what it reads, and takes as
// long for every document: fault.Corrupt when the package is bad,
// fault.Unavailable when this member lacks the key.
func (s *Sealer) ProvePackage(ctx context.Context, order ledger.Order, raw []byte) error {
	const op = "opener: prove package"
	p, err := wire.ParsePackage(raw)
	if err != nil || p.Record != order.Record {
		return fault.New(fault.Corrupt, op, "form", err)
	}
	opened, err := s.keys.Open(p.Body, p.Record, wire.PackageAAD(p.Record))
	switch {
	case fault.Is(err, fault.NotFound):
		return fault.New(fault.Unavailable, op, "this member lacks the key", nil)
	case err != nil:
		return fault.New(fault.Corrupt, op, "envelope", nil)
	}
	defer opened.Destroy()
	if len(p.Bundle) == 0 {
		return nil
	}
	if err := proveDocument(ctx, opened, p.Bundle); err != nil {
		return fault.New(fault.Corrupt, op, "document", nil)
	}
	return nil
}

// proveDocument wants one part, of the size of every document.
func proveDocument(ctx context.Context, opened *seal.Opened, sealed []byte) error {
	bundle, err := opened.OpenBundle(bytes.NewReader(sealed))
	if err != nil {
		return err
	}
	parts, err := bundle.Each(func(_ seal.PartHead, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return errors.Join(err, ctx.Err())
	})
	if err != nil {
		return err
	}
	if len(parts) != 1 || parts[0].Name != wire.DocumentPart || parts[0].Size != document.Size {
		return fault.New(fault.Invalid, "opener: prove document", "parts", nil)
	}
	return nil
}

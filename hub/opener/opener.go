// Package opener is the only holder of the intake keys. It opens bodies and
// images on the ledger's orders (steps 6 to 8), and tells of them only what the
// workflow needs: good, or bad for which reason.
//
// Guarantees: nothing is opened without an order; each opening ends in a command
// of the ledger, which is its audit entry; what was opened is wiped after use
// and is never logged, stored or returned; a packet that does not open, is not
// whole or breaks a rule is sent back with a reason, and never stops the line.
package opener

import (
	"context"
	"errors"
	"io"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Entries finds the entry that an order is about.
type Entries interface {
	ByCommit(n uint64) (ledger.Found, error)
}

// Images reads sealed bundles by address.
type Images interface {
	Open(digest wire.Digest) (io.ReadCloser, error)
}

// Opener opens packets.
type Opener struct {
	keys    *seal.IntakeKeys
	entries Entries
	images  Images
}

// New gives an opener with its keys.
func New(keys *seal.IntakeKeys, entries Entries, images Images) (*Opener, error) {
	if keys == nil || entries == nil || images == nil {
		return nil, fault.New(fault.Invalid, "opener: new", "keys, entries or images missing", nil)
	}
	return &Opener{keys: keys, entries: entries, images: images}, nil
}

// Examine carries out workflow.OrderExamine: does the packet open, is it whole,
// and does it keep the rules that the desk kept.
func (o *Opener) Examine(_ context.Context, order ledger.Order) (gateway.Answer, error) {
	found, err := o.entries.ByCommit(order.Commit)
	if err != nil {
		return gateway.Answer{}, err
	}
	header, err := wire.DecodeHeader(found.Header)
	if err != nil { //nolint:nilerr // a header that cannot be read is the packet's fault, and is its reason
		return bad(consular.RefusedFormatUnsupported), nil
	}
	reason, err := o.examine(header, found.Body)
	switch {
	case err != nil:
		return gateway.Answer{}, err
	case reason != 0:
		return bad(reason), nil
	}
	return gateway.Answer{Event: workflow.ExaminedGood, Actor: workflow.Hub}, nil
}

func bad(reason consular.RefusalReason) gateway.Answer {
	return gateway.Answer{Event: workflow.ExaminedBad, Actor: workflow.Hub, Reason: reason}
}

// examine gives why the packet is bad, zero when it is good. An error is one of
// ours: keys or vault cannot be read now.
func (o *Opener) examine(h wire.Header, body []byte) (consular.RefusalReason, error) {
	opened, err := o.keys.Open(body, h.Record, wire.BodyAAD(h.Record, h.Kind))
	switch {
	case fault.Is(err, fault.Unsupported):
		return consular.RefusedFormatUnsupported, nil
	case err != nil:
		return consular.RefusedContentUnreadable, nil
	}
	defer opened.Destroy()
	release, err := wire.DecodeRelease(opened.Body())
	switch {
	case fault.Is(err, fault.Unsupported):
		return consular.RefusedFormatUnsupported, nil
	case err != nil:
		return consular.RefusedContentUnreadable, nil
	case uint8(release.Service) != h.Service || release.Validate() != nil:
		return consular.RefusedFileIncomplete, nil
	}
	return o.parts(h, opened, release.Parts)
}

// parts reads every bundle to its end and compares what it holds with what the
// body names: all of it, or the packet is bad.
func (o *Opener) parts(h wire.Header, opened *seal.Opened, want []wire.Part) (consular.RefusalReason, error) {
	var got []seal.Part
	for _, image := range h.Images {
		parts, err := o.bundle(image.Digest, opened)
		switch {
		case fault.Is(err, fault.Corrupt), fault.Is(err, fault.Unsupported):
			return consular.RefusedImagesMissing, nil
		case err != nil:
			return 0, err
		}
		got = append(got, parts...)
	}
	if len(got) != len(want) {
		return consular.RefusedImagesMissing, nil
	}
	for i, p := range wire.PartsOf(got) {
		if p != want[i] {
			return consular.RefusedImagesMissing, nil
		}
	}
	return 0, nil
}

func (o *Opener) bundle(digest wire.Digest, opened *seal.Opened) (parts []seal.Part, err error) {
	file, err := o.images.Open(digest)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	bundle, err := opened.OpenBundle(file)
	if err != nil {
		return nil, err
	}
	return bundle.Each(func(_ seal.PartHead, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
}

// Package opener is the only holder of the intake keys. It opens bodies and
// images on the ledger's orders (steps 6 to 8). To the workflow it tells no more
// than good, or bad for which reason; to a production site and to a post it seals
// what each needs, to the key of that one; to an officer it shows a packet after
// the ledger has the line that says who and why.
//
// Guarantees: nothing is opened without an order or a line; each opening is a
// command of the ledger, which is its audit entry; what was opened is wiped
// after use and is never logged or stored; a packet that does not open, is not
// whole or breaks a rule is sent back with a reason, and never stops the line.
package opener

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"slices"

	"jaliya/hub/gateway"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
	"jaliya/internal/workflow"
)

// Entries finds the entry that an order is about, and which intake keys the
// hub has given out.
type Entries interface {
	ByCommit(n uint64) (ledger.Found, error)
	Cluster() (ledger.Cluster, error)
}

// Images reads sealed bundles by address.
type Images interface {
	Open(digest wire.Digest) (io.ReadCloser, error)
}

// Opener opens packets.
type Opener struct {
	keys    *seal.IntakeKeys
	topics  *seal.IndexKey
	entries Entries
	images  Images
}

// New gives an opener with its keys.
func New(keys *seal.IntakeKeys, entries Entries, images Images) (*Opener, error) {
	if keys == nil || entries == nil || images == nil {
		return nil, fault.New(fault.Invalid, "opener: new", "keys, entries or images missing", nil)
	}
	topics, err := keys.IndexKey("topics")
	if err != nil {
		return nil, err
	}
	return &Opener{keys: keys, topics: topics, entries: entries, images: images}, nil
}

// Examine carries out workflow.OrderExamine: does the packet open, is it whole,
// and does it keep the rules that the desk kept.
func (o *Opener) Examine(ctx context.Context, order ledger.Order) (gateway.Answer, error) {
	found, err := o.entries.ByCommit(order.Commit)
	if err != nil {
		return gateway.Answer{}, err
	}
	header, err := wire.DecodeHeader(found.Header)
	if err != nil {
		// A header that cannot be read is the packet's fault, and is its reason.
		return bad(consular.RefusedFormatUnsupported), nil //nolint:nilerr // as said above
	}
	var topic []byte
	reason, err := o.examine(ctx, header, found.Body, &topic)
	switch {
	case err != nil:
		return gateway.Answer{}, err
	case reason != 0:
		return bad(reason), nil
	}
	return gateway.Answer{Event: workflow.ExaminedGood, Actor: workflow.Hub, Facts: ledger.Facts{Topic: topic}}, nil
}

func bad(reason consular.RefusalReason) gateway.Answer {
	return gateway.Answer{Event: workflow.ExaminedBad, Actor: workflow.Hub, Reason: reason}
}

// examine gives why the packet is bad, zero when it is good, and then what a
// request for a record is about. An error is one of ours: keys or vault cannot
// be read now.
func (o *Opener) examine(ctx context.Context, h wire.Header, body []byte, topic *[]byte) (consular.RefusalReason, error) {
	opened, err := o.keys.Open(body, h.Record, wire.BodyAAD(h.Record, h.Kind))
	switch {
	case fault.Is(err, fault.NotFound):
		return o.keyless(h, err)
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
	*topic = o.topic(release)
	return o.parts(ctx, h, opened, release.Parts)
}

// keyless tells a key that the hub has given out and this machine lacks, which
// is our failure and not the person's, from one that never was.
func (o *Opener) keyless(h wire.Header, missing error) (consular.RefusalReason, error) {
	const op = "opener: find intake key"
	if slices.Contains(o.keys.IDs(), h.IntakeKey) {
		return consular.RefusedContentUnreadable, nil // the header names another key than the envelope
	}
	cluster, err := o.entries.Cluster()
	if err != nil {
		return 0, err
	}
	for _, key := range cluster.Intake {
		if key.Number == h.IntakeKey {
			return 0, fault.New(fault.Unavailable, op, "this member lacks it", missing)
		}
	}
	return consular.RefusedContentUnreadable, nil
}

// parts reads every bundle to its end and compares what it holds with what the
// body names: all of it, or the packet is bad.
func (o *Opener) parts(ctx context.Context, h wire.Header, opened *seal.Opened, want []wire.Part) (consular.RefusalReason, error) {
	var got []seal.Part
	for _, image := range h.Images {
		parts, err := o.bundle(ctx, image.Digest, opened)
		switch {
		case fault.Is(err, fault.Corrupt), fault.Is(err, fault.Unsupported), fault.Is(err, fault.TooLarge):
			return consular.RefusedImagesMissing, nil
		case err != nil:
			return 0, err
		}
		got = append(got, parts...)
	}
	if !slices.Equal(wire.PartsOf(got), want) {
		return consular.RefusedImagesMissing, nil
	}
	return 0, nil
}

// bundle opens one sealed bundle. When it does not open, the bytes are compared
// with their address first: a vault that is damaged is no fault of the packet.
func (o *Opener) bundle(ctx context.Context, digest wire.Digest, opened *seal.Opened) (parts []seal.Part, err error) {
	file, err := o.images.Open(digest)
	if err != nil {
		return nil, ours(digest, err)
	}
	defer func() {
		if cerr := file.Close(); cerr != nil {
			err = ours(digest, errors.Join(cerr, err))
		}
	}()
	r := &addressed{ctx: ctx, file: file, sum: sha256.New()}
	parts, err = each(opened, r)
	if _, rest := io.Copy(io.Discard, r); rest != nil || wire.Digest(r.sum.Sum(nil)) != digest {
		return nil, ours(digest, errors.Join(rest, err))
	}
	return parts, err
}

func each(opened *seal.Opened, r io.Reader) ([]seal.Part, error) {
	bundle, err := opened.OpenBundle(r)
	if err != nil {
		return nil, err
	}
	return bundle.Each(func(_ seal.PartHead, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
}

// ours says that the vault failed: the order is tried again.
func ours(digest wire.Digest, err error) error {
	return fault.New(fault.Unavailable, "opener: read bundle", digest.String(), err)
}

// addressed reads a file, hashes it, and stops when nobody waits any more.
type addressed struct {
	ctx  context.Context //nolint:containedctx // one reading, within one call
	file io.Reader
	sum  hash.Hash
}

// Read implements io.Reader.
func (a *addressed) Read(p []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := a.file.Read(p)
	a.sum.Write(p[:n])
	return n, err
}

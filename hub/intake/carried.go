package intake

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const opCarried = "intake: take carried file"

// noticesByHand bounds the notices of one answer, in bytes, so that it can be
// attached to a message and given in at a desk; the next brings the rest.
const noticesByHand = 4 << 20

// Carried is what came of a file that traveled by hand.
type Carried struct {
	Node    wire.NodeID `json:"-"`
	Batches int         `json:"batches"`
	Entries int         `json:"entries"`
	Images  int         `json:"images"`
	// Refused is why the rest was not taken, nil when all was.
	Refused error `json:"-"`
}

// TakeCarried takes a file that traveled by hand as if a link had brought it:
// the same proofs, the same vault, the same proposals, and an answer with the
// same receipts and notices, for the node to take in. Nothing is looked at
// before the whole file is proved: whole, unchanged, signed with the journal
// key of a node that is not revoked. A file that came before gets its receipts
// again. When it refuses something, what came before that is taken, the answer
// says why, and so does Carried; an error means that there is no answer.
func (i *Intake) TakeCarried(ctx context.Context, from io.ReadSeeker, to io.Writer) (Carried, error) {
	c := byHand{Intake: i}
	file, err := wire.OpenCarried(from, c.keys)
	if err != nil {
		return Carried{}, err
	}
	c.told.Node = c.node.ID
	log := i.cfg.Logger.With(slog.String("node", c.node.ID.String()))
	if c.out, err = c.answer(file.Head, to); err != nil {
		return c.told, err
	}
	c.told.Refused = c.take(ctx, file)
	err = c.notices(file.Head.Hello.Notices)
	switch {
	case fault.Is(err, fault.Fork): // the entries are taken all the same
		c.told.Refused = cmp.Or(c.told.Refused, err)
	case err != nil:
		return c.told, err
	}
	if c.told.Refused != nil {
		i.cfg.Metrics.refusal(fault.KindOf(c.told.Refused).String())
		log.Warn("carried file refused in part", slog.String("kind", fault.KindOf(c.told.Refused).String()), slog.Any("error", c.told.Refused))
		if err := c.refuse(); err != nil {
			return c.told, err
		}
	}
	log.Info("carried file taken", slog.Any("batches", c.told.Batches), slog.Any("images", c.told.Images))
	return c.told, c.out.End(i.cfg.Signer())
}

// byHand is one carried file on its way in.
type byHand struct {
	*Intake
	node   ledger.Node
	key    seal.VerifyKey
	out    *wire.CarriedWriter
	told   Carried
	resume *wire.Position // with a refusal: what the hub holds
}

// keys finds the node that a file says it is of, and its journal key.
func (c *byHand) keys(head wire.Carried) (wire.KeySet, error) {
	if head.Direction != wire.ToHub {
		return nil, fault.New(fault.Unsupported, opCarried, "an answer for a node", nil)
	}
	cluster, err := c.cfg.State.Cluster()
	if err != nil {
		return nil, err
	}
	if head.Cluster != cluster.ID {
		return nil, fault.New(fault.Denied, opCarried, "a file for another cluster", nil)
	}
	c.node, err = c.cfg.State.Node(head.Node)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, fault.New(fault.Denied, opCarried, "unknown node", err)
	case err != nil:
		return nil, err
	case c.node.Revoked:
		return nil, fault.New(fault.Denied, opCarried, "the node is revoked", nil)
	}
	if c.key, err = seal.ParseVerifyKey(c.node.Journal); err != nil {
		return nil, err
	}
	return wire.NewKeySet(c.key), nil
}

// answer begins the answer with what a welcome brings.
func (c *byHand) answer(to wire.Carried, out io.Writer) (*wire.CarriedWriter, error) {
	cluster, err := c.cfg.State.Cluster()
	if err != nil {
		return nil, err
	}
	head := wire.Carried{
		Version: wire.Version, Direction: wire.ToNode, Cluster: cluster.ID, Node: c.node.ID,
		Answers: to.File, Time: c.cfg.Now().UnixMilli(),
	}
	if _, err := rand.Read(head.File[:]); err != nil {
		return nil, fault.New(fault.Internal, opCarried, "", err)
	}
	w, err := wire.NewCarriedWriter(out, head)
	if err != nil {
		return nil, err
	}
	return w, w.Write(wire.FrameWelcome, wire.Marshal(wire.Welcome{
		Version: wire.Version, Cluster: cluster.ID, Time: head.Time,
		Receipts: cluster.Receipt, Intake: cluster.Intake, Feature: cluster.Feature,
	}))
}

// take reads the file in order: images, then the batch that names them.
func (c *byHand) take(ctx context.Context, file *wire.CarriedFile) error {
	for {
		kind, payload, err := file.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case kind == wire.FrameOffer:
			err = c.bundle(ctx, file, payload)
		case kind == wire.FrameBatch:
			err = c.batch(ctx, payload)
		default:
			err = fault.New(fault.Unsupported, opCarried, "frame type", nil)
		}
		if err != nil {
			return err
		}
	}
}

// bundle brings one bundle into the vault, fsynced before the entry that names
// it is proposed (D45). Chunks that are there already are passed over.
func (c *byHand) bundle(ctx context.Context, file *wire.CarriedFile, payload []byte) (err error) {
	var offer wire.Offer
	if err := wire.Unmarshal(payload, len(payload), &offer); err != nil {
		return err
	}
	if err := offer.Validate(); err != nil {
		return err
	}
	u, err := c.cfg.Vault.Begin(offer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.End()) }()
	stored := u.Stored()
	var missing wire.Bitmap
	if !stored {
		missing = u.Missing()
	}
	for n := range offer.Count() {
		if err := ctx.Err(); err != nil {
			return err
		}
		sealed, err := nextChunk(file, n)
		if err == nil && missing.Has(n) {
			err = u.WriteChunk(n, sealed)
		}
		if err != nil {
			return err
		}
	}
	if !stored {
		if err := u.Commit(); err != nil {
			return err
		}
		c.cfg.Metrics.stored(offer.Size)
	}
	c.told.Images++
	return c.out.Write(wire.FrameStored, offer.Digest[:])
}

// nextChunk reads chunk n of the bundle that was offered last.
func nextChunk(file *wire.CarriedFile, n int) ([]byte, error) {
	kind, raw, err := file.Next()
	if err != nil || kind != wire.FrameChunk {
		return nil, fault.New(fault.Invalid, opCarried, "a bundle without its chunks", err)
	}
	index, sealed, err := wire.ParseChunk(raw)
	if err == nil && index != n {
		err = fault.New(fault.Invalid, opCarried, "chunks out of order", nil)
	}
	return sealed, err
}

// batch proves a batch and waits until the cluster has decided about it.
func (c *byHand) batch(ctx context.Context, payload []byte) error {
	received, err := wire.DecodeBatch(payload)
	if err != nil {
		return err
	}
	if received.Node != c.node.ID || received.Session != 0 {
		return fault.New(fault.Denied, opCarried, "entries of another node, or of a session", nil)
	}
	verified, err := received.Verify(c.key)
	if err != nil {
		return err
	}
	if err := c.imagesStored(verified); err != nil {
		return err
	}
	result, err := c.admit(ctx, Item{Node: c.node.ID, Batch: ledger.AdmitOf(received, verified), Size: len(payload) + 64})
	if err == nil {
		err = result.Err()
	}
	if err != nil {
		if result.Resume.Node == c.node.ID {
			c.resume = &result.Resume
		}
		return err
	}
	c.told.Batches++
	c.told.Entries += len(verified.Entries)
	for _, r := range result.Receipts {
		signed := wire.Marshal(wire.SignReceipt(r, c.cfg.Signer()))
		if err := c.out.Write(wire.FrameReceipt, signed); err != nil {
			return err
		}
	}
	return nil
}

// admit hands one batch to the admitter, among those of the links, and waits.
func (i *Intake) admit(ctx context.Context, item Item) (ledger.BatchResult, error) {
	weight := int64(item.Size)
	if err := i.room.Acquire(ctx, weight); err != nil {
		return ledger.BatchResult{}, err
	}
	type outcome struct {
		result ledger.BatchResult
		err    error
	}
	decided := make(chan outcome, 1)
	item.Done = func(r ledger.BatchResult, err error) {
		i.room.Release(weight)
		decided <- outcome{r, err}
	}
	select {
	case i.admitter.in <- item:
	case <-ctx.Done():
		i.room.Release(weight)
		return ledger.BatchResult{}, ctx.Err()
	}
	o := <-decided // the admitter answers each item once, also when it stops
	return o.result, o.err
}

// refuse writes why the rest was not taken.
func (c *byHand) refuse() error {
	refusal := wire.RefusalOf(c.told.Refused, c.resume)
	if missing, ok := errors.AsType[missingImageError](c.told.Refused); ok {
		refusal.Image = &missing.digest
	}
	return c.out.Write(wire.FrameRefusal, wire.Marshal(refusal))
}

// notices writes what the post has not stored yet. Errors: Fork for a cursor that
// is not in our log, with which nothing is written.
func (c *byHand) notices(stored wire.NoticeCursor) error {
	for total := 0; total < noticesByHand; {
		after, raw, err := c.cfg.State.NoticesAfter(c.node.Post, stored.Seq, noticesAtOnce)
		if err != nil {
			return err
		}
		if len(raw) == 0 {
			return nil
		}
		if after != stored {
			return fault.New(fault.Fork, opCarried, "notice cursor", nil)
		}
		raw = fitNotices(raw)
		sealed := wire.SealNotices(c.node.Post, stored, raw, c.cfg.Signer())
		if err := c.out.Write(wire.FrameNotices, sealed); err != nil {
			return err
		}
		for _, one := range raw {
			stored = stored.Next(one)
		}
		total += len(sealed)
	}
	return nil
}

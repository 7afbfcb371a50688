package ship

import (
	"context"
	"crypto/rand"
	"errors"
	"io"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Carried counts what a file by hand holds.
type Carried struct {
	File    wire.CarriedID `json:"-"`
	Entries int            `json:"entries"`
	Images  int            `json:"images"`
	Bytes   int64          `json:"bytes"`
	// Held is the first entry that could not be written because an image of it
	// cannot be read here; zero when all are in the file.
	Held uint64 `json:"held,omitempty"`
}

const opExport = "ship: export"

// Export writes everything that the hub has not signed for into a file that
// travels by hand (SPEC.md section 14), images before the entry that names
// them. It changes nothing here: what the file holds is sent all the same when
// the link returns, and the hub takes it once. The file ends where the journal
// ended when Export began.
func (s *Ship) Export(ctx context.Context, to io.Writer) (Carried, error) {
	st, err := s.cfg.Journal.State()
	if err != nil {
		return Carried{}, err
	}
	id, err := s.cfg.Journal.Identity()
	if err != nil {
		return Carried{}, err
	}
	hello := hello(st, s.cfg)
	head := wire.Carried{
		Version: wire.Version, Direction: wire.ToHub, Cluster: id.Cluster, Node: id.Node,
		Time: hello.Time, Hello: &hello,
	}
	if _, err := rand.Read(head.File[:]); err != nil {
		return Carried{}, fault.New(fault.Internal, opExport, "", err)
	}
	w, err := wire.NewCarriedWriter(to, head)
	if err != nil {
		return Carried{}, err
	}
	s.anchor(st.Head)
	x := export{Ship: s, out: w, told: Carried{File: head.File}, written: map[wire.Digest]bool{}}
	if err := x.entries(ctx, st); err != nil {
		return x.told, err
	}
	if err := w.End(s.cfg.Signer); err != nil {
		return x.told, err
	}
	x.told.Bytes = w.Size()
	return x.told, nil
}

// export is one file while it is written.
type export struct {
	*Ship
	out     *wire.CarriedWriter
	told    Carried
	written map[wire.Digest]bool
}

// entries writes what follows the last receipt, batch by batch.
func (x *export) entries(ctx context.Context, st journal.State) error {
	at, err := x.cfg.Journal.Position(st.Receipted)
	if err != nil {
		return err
	}
	for at.Seq < st.Head.Seq && x.told.Held == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := x.cfg.Journal.ReadAfter(at, int(min(st.Head.Seq-at.Seq, wire.MaxBatchEntries)))
		if err != nil {
			return err
		}
		entries = fit(entries, wire.MaxBatchPayload)
		if entries, err = x.images(at, entries); err != nil || len(entries) == 0 {
			return err
		}
		raw, err := wire.SealBatch(at, entries, 0, x.cfg.Signer)
		if err != nil {
			return err
		}
		if err := x.out.Write(wire.FrameBatch, raw); err != nil {
			return err
		}
		x.told.Entries += len(entries)
		for _, e := range entries {
			at = at.Next(e)
		}
	}
	return nil
}

// images writes the bundles that entries name and that the hub is not known to
// have, and gives the entries before the first whose bundle cannot be read: one
// damaged image must not keep the rest at the post.
func (x *export) images(at wire.Position, entries []wire.Entry) ([]wire.Entry, error) {
	for n, e := range entries {
		h, err := e.Check()
		if err != nil {
			return nil, err
		}
		at = at.Next(e)
		for _, image := range h.Images {
			err := x.bundle(image.Digest)
			if fault.Is(err, fault.Corrupt) {
				x.told.Held = at.Seq
				x.cfg.Metrics.alarm(fault.Corrupt)
				return entries[:n], nil
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return entries, nil
}

func (x *export) bundle(digest wire.Digest) (err error) {
	image, err := x.cfg.Journal.Image(digest)
	if err != nil || image.Stored || x.written[digest] {
		return err
	}
	file, err := x.cfg.Journal.OpenBundle(digest)
	if err != nil {
		return damaged(digest, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	// The whole bundle is read and proved before its offer is written.
	offer, err := cut(file, image.Offer(digest))
	if err != nil {
		return err
	}
	if err := x.out.Write(wire.FrameOffer, wire.Marshal(offer)); err != nil {
		return err
	}
	buf := make([]byte, offer.ChunkSize)
	for i := range offer.Count() {
		n, err := file.ReadAt(buf, int64(i)*int64(offer.ChunkSize))
		if err != nil && !errors.Is(err, io.EOF) {
			// Half of it is in the file: no good end can follow.
			return fault.New(fault.Unavailable, opExport, digest.String(), err)
		}
		if err := x.out.Write(wire.FrameChunk, wire.ChunkFrame(i, buf[:n])); err != nil {
			return err
		}
	}
	x.written[digest] = true
	x.told.Images++
	return nil
}

package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

const (
	opRestore = "intake: restore"
	// restorePatience is how long the request may take once its stream is there.
	restorePatience = 10 * time.Second
	// restoreUrgency lets everything else of a session go before what comes back.
	restoreUrgency = 6
)

// others gives what the hub has of incarnations that a hello did not name: a node
// that came back from an older copy may not know of them.
func (s *session) others(h wire.Hello) ([]wire.Position, error) {
	held, err := s.cfg.State.Histories(s.node.ID, wire.MaxOthers+wire.MaxHistories)
	if err != nil {
		return nil, err
	}
	named := map[uint64]bool{}
	for _, one := range h.Histories {
		named[one.Head.Incarnation] = true
	}
	out := make([]wire.Position, 0, len(held))
	for _, at := range held {
		if !named[at.Incarnation] && len(out) < wire.MaxOthers {
			out = append(out, at)
		}
	}
	return out, nil
}

// takeStreams takes the batches of the second stream, and answers what the node
// asks back over further ones, one at a time.
func (s *session) takeStreams(ctx context.Context) error {
	batches, err := s.link.AcceptStream(ctx)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.takeBatches(ctx, batches) })
	g.Go(func() error { return s.restores(ctx) })
	return g.Wait()
}

func (s *session) restores(ctx context.Context) error {
	for {
		stream, err := s.link.AcceptStream(ctx)
		if err != nil {
			return err
		}
		if err := s.restore(ctx, stream); err != nil {
			s.cfg.Metrics.refusal(fault.KindOf(err).String())
			s.cfg.Logger.Warn("entries not given back", slog.String("node", s.node.ID.String()), slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		}
	}
}

// restore answers one request. Its failure is the stream's: the session goes on.
func (s *session) restore(ctx context.Context, stream *link.Stream) error {
	defer context.AfterFunc(ctx, func() { stream.Abort(link.CodeCanceled) })()
	stream.SetPatience(restorePatience)
	stream.SetPriority(restoreUrgency)
	at, err := s.requested(stream)
	if err == nil {
		err = s.giveBack(ctx, stream, at)
	}
	if err == nil {
		return stream.Close() //nolint:contextcheck // the stream has its own
	}
	if broken(err) || ctx.Err() != nil {
		stream.Abort(link.CodeFor(err))
		return err
	}
	said := stream.WriteFrame(byte(wire.FrameRefusal), wire.Marshal(wire.RefusalOf(err, nil)))
	return errors.Join(err, said, stream.Close()) //nolint:contextcheck // likewise
}

// requested reads where the node stands, which must be where the hub stood.
func (s *session) requested(stream *link.Stream) (wire.Position, error) {
	kind, payload, err := stream.ReadFrame(limit)
	switch {
	case errors.Is(err, io.EOF):
		return wire.Position{}, fault.New(fault.Unavailable, opRestore, "the node ended it", nil)
	case err != nil:
		return wire.Position{}, err
	case wire.FrameType(kind) != wire.FrameRestore:
		return wire.Position{}, fault.New(fault.Unsupported, opRestore, "frame type", nil)
	}
	return RequestedBy(payload, s.node.ID, s.cfg.State)
}

// Histories is what a restore reads of the ledger.
type Histories interface {
	Cursor(node wire.NodeID, incarnation uint64) (at wire.Position, known bool, err error)
	HashAt(node wire.NodeID, incarnation, seq uint64) (wire.Digest, error)
	Receipts(node wire.NodeID, incarnation, first, last uint64) ([]wire.Receipt, error)
	Entry(node wire.NodeID, incarnation, seq uint64) (ledger.Found, error)
}

// RequestedBy reads a node's request for its own entries. Errors: Denied for
// another node's; NotFound for what the hub does not have; Fork for another hash.
func RequestedBy(payload []byte, node wire.NodeID, held Histories) (wire.Position, error) {
	var r wire.RestoreRequest
	if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
		return wire.Position{}, err
	}
	at := r.After
	if at.Node != node {
		return at, fault.New(fault.Denied, opRestore, "entries of another node", nil)
	}
	hash, err := held.HashAt(node, at.Incarnation, at.Seq)
	switch {
	case err != nil:
		return at, err
	case hash != at.Hash:
		return at, fault.New(fault.Fork, opRestore, at.String(), nil)
	}
	return at, nil
}

// giveBack writes range after range. Only the one that is written is in memory,
// and the next is read when the link has taken it.
func (s *session) giveBack(ctx context.Context, stream *link.Stream, at wire.Position) error {
	for {
		next, frame, err := NextRange(at, s.cfg.State, func(r wire.Receipt) wire.SignedReceipt { return wire.SignReceipt(r, s.cfg.Signer()) })
		if err != nil || frame == nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := stream.WriteFrame(byte(wire.FrameRestore), frame); err != nil {
			return err
		}
		s.cfg.Metrics.gaveBack(next.Seq - at.Seq)
		at = next
	}
}

// NextRange gives the frame with the entries under the receipt that covers what
// follows a position, and the position after them; no frame when nothing follows.
func NextRange(at wire.Position, held Histories, sign func(wire.Receipt) wire.SignedReceipt) (wire.Position, []byte, error) {
	cursor, _, err := held.Cursor(at.Node, at.Incarnation)
	if err != nil || cursor.Seq <= at.Seq {
		return at, nil, err
	}
	receipts, err := held.Receipts(at.Node, at.Incarnation, at.Seq+1, at.Seq+1)
	if err != nil {
		return at, nil, err
	}
	r := receipts[0]
	out := wire.Restored{Version: wire.Version, Receipt: wire.Marshal(sign(r)), Until: cursor.Seq}
	if out.Prev, err = held.HashAt(at.Node, at.Incarnation, r.First-1); err != nil {
		return at, nil, err
	}
	for seq := r.First; seq <= r.Last; seq++ {
		f, err := held.Entry(at.Node, at.Incarnation, seq)
		if err != nil {
			return at, nil, err
		}
		out.Entries = append(out.Entries, entryOf(f))
	}
	return wire.Position{Node: at.Node, Incarnation: at.Incarnation, Seq: r.Last, Hash: r.Head}, wire.Marshal(out), nil
}

// entryOf tells a body that was erased from one that is empty.
func entryOf(f ledger.Found) wire.Entry {
	e := f.Entry()
	if e.Body == nil && f.Digest == sha256.Sum256(nil) {
		e.Body = []byte{}
	}
	return e
}

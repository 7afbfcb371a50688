package ship

import (
	"context"
	"errors"
	"io"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// greet sends the hello with what the journal holds.
func (l *loop) greet() (*Event, error) {
	st, err := l.cfg.Journal.State()
	if err != nil {
		return nil, err
	}
	hello := wire.Hello{
		Lowest: wire.Version, Highest: wire.Version, Node: st.Head.Node,
		Histories: []wire.History{{Oldest: st.Oldest, Head: st.Head, Receipted: st.Receipted}},
		Notices:   st.Notices, Time: l.cfg.Now().UnixMilli(), Software: l.cfg.Software,
	}
	return l.write(wire.FrameHello, wire.Marshal(hello)), nil
}

// send reads, signs and hands over one batch.
func (l *loop) send(e Effect) (*Event, error) {
	entries, err := l.cfg.Journal.ReadAfter(e.From, int(min(e.Until-e.From.Seq, wire.MaxBatchEntries))) //nolint:gosec // at most 256
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 || l.conn == nil {
		return &Event{Kind: Batched, Batch: Sent{Head: e.From}}, nil
	}
	raw, err := wire.SealBatch(e.From, entries, e.Session, l.cfg.Signer)
	if err != nil {
		return nil, err
	}
	head := e.From
	for _, entry := range entries {
		head = head.Next(entry)
	}
	l.conn.batches <- raw // never blocks: the core keeps within Window
	l.cfg.Metrics.sent(len(entries), len(raw))
	return &Event{Kind: Batched, Batch: Sent{Head: head, Count: len(entries)}}, nil
}

// frames handles one frame and those that wait behind it, so that receipts that
// came together are stored in one transaction.
func (l *loop) frames(ctx context.Context, first frame) error {
	waiting := []frame{first}
	for l.conn != nil && len(waiting) < cap(l.conn.in) {
		select {
		case f := <-l.conn.in:
			waiting = append(waiting, f)
			continue
		default:
		}
		break
	}
	rest, err := l.receipts(ctx, waiting)
	for _, f := range rest {
		if err != nil || l.conn == nil {
			return err
		}
		err = l.frame(ctx, f)
	}
	return err
}

// receipts stores all receipts among the frames at once and gives the others.
func (l *loop) receipts(ctx context.Context, frames []frame) (rest []frame, err error) {
	var proved []journal.Receipted
	for _, f := range frames {
		if f.err != nil || f.kind != wire.FrameReceipt {
			rest = append(rest, f)
			continue
		}
		signed, err := wire.DecodeReceipt(f.payload)
		if err != nil {
			return nil, l.broken(ctx, err)
		}
		r, err := signed.Verify(l.cfg.Keys())
		if err != nil {
			return nil, l.broken(ctx, err)
		}
		proved = append(proved, journal.Receipted{Signed: signed, Receipt: r})
	}
	if len(proved) == 0 {
		return rest, nil
	}
	if err := l.cfg.Journal.StoreReceipts(proved); err != nil {
		return nil, l.broken(ctx, err)
	}
	return rest, l.step(ctx, Event{Kind: Receipted, Receipt: proved[len(proved)-1].Receipt})
}

func (l *loop) frame(ctx context.Context, f frame) error {
	if f.err != nil {
		l.hang()
		if errors.Is(f.err, io.EOF) {
			f.err = fault.New(fault.Unavailable, "ship: read", "the hub ended the session", nil)
		}
		return l.step(ctx, Event{Kind: Lost, Err: f.err})
	}
	switch f.kind {
	case wire.FrameWelcome:
		return l.welcome(ctx, f.payload)
	case wire.FrameRefusal:
		var r wire.Refusal
		if err := wire.Unmarshal(f.payload, len(f.payload), &r); err != nil {
			return l.broken(ctx, err)
		}
		l.cfg.Logger.Warn("hub refused", "kind", r.Kind.String(), "text", r.Text)
		if r.Image != nil {
			if err := l.cfg.Journal.MarkMissing(*r.Image); err != nil {
				return l.broken(ctx, err)
			}
		}
		return l.step(ctx, Event{Kind: Refused, Err: r.Err("ship: hear the hub")})
	case wire.FrameNotices:
		return l.notices(ctx, f.payload)
	case wire.FramePong:
		var p wire.Pong
		if err := wire.Unmarshal(f.payload, len(f.payload), &p); err != nil {
			return l.broken(ctx, err)
		}
		l.measure(p, l.cfg.Now())
		return l.step(ctx, Event{Kind: Alive})
	case wire.FramePing:
		return l.pong(ctx, f.payload)
	default:
		return l.broken(ctx, fault.New(fault.Unsupported, "ship: read", "frame type", nil))
	}
}

func (l *loop) welcome(ctx context.Context, payload []byte) error {
	var w wire.Welcome
	if err := wire.Unmarshal(payload, len(payload), &w); err != nil {
		return l.broken(ctx, err)
	}
	if err := l.cfg.Welcomed(w); err != nil {
		return l.broken(ctx, err)
	}
	return l.step(ctx, Event{Kind: Welcomed, Welcome: w})
}

func (l *loop) notices(ctx context.Context, payload []byte) error {
	st, err := l.cfg.Journal.State()
	if err != nil {
		return err
	}
	id, err := l.cfg.Journal.Identity()
	if err != nil {
		return err
	}
	proved, err := wire.DecodeNotices(payload, id.Post, st.Notices, l.cfg.Keys())
	if err != nil {
		return l.broken(ctx, err)
	}
	if err := l.cfg.Journal.StoreNotices(proved); err != nil {
		return l.broken(ctx, err)
	}
	last := proved[len(proved)-1].At
	if ev := l.write(wire.FrameNoticeCursor, wire.Marshal(last)); ev != nil {
		return l.step(ctx, *ev)
	}
	return l.step(ctx, Event{Kind: Alive})
}

func (l *loop) pong(ctx context.Context, payload []byte) error {
	var p wire.Ping
	if err := wire.Unmarshal(payload, len(payload), &p); err != nil {
		return l.broken(ctx, err)
	}
	answer := wire.Pong{Counter: p.Counter, Asked: p.Time, Time: l.cfg.Now().UnixMilli()}
	if ev := l.write(wire.FramePong, wire.Marshal(answer)); ev != nil {
		return l.step(ctx, *ev)
	}
	return l.step(ctx, Event{Kind: Alive})
}

// broken ends a session in which the hub said something that does not hold. A
// failure of the journal itself is returned: the process is to leave.
func (l *loop) broken(ctx context.Context, err error) error {
	if fault.Is(err, fault.Storage) {
		return err
	}
	l.cfg.Logger.Error("session broken", "kind", fault.KindOf(err).String(), "error", err)
	l.hang()
	if fault.Is(err, fault.Fork) {
		return l.step(ctx, Event{Kind: Refused, Err: err})
	}
	return l.step(ctx, Event{Kind: Lost, Err: err})
}

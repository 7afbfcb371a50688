package ship

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// greet sends the hello with what the journal holds.
func (l *loop) greet(head wire.Position) (*Event, error) {
	st, err := l.cfg.Journal.State()
	if err != nil {
		return nil, err
	}
	// The desk may have written more since: what the hub answers is about this.
	st.Head, st.Receipted = head, min(st.Receipted, head.Seq)
	h := hello(st, l.cfg)
	kept, err := l.cfg.Journal.Kept()
	if err != nil {
		return nil, err
	}
	h.Log = kept.Size
	return l.say(wire.FrameHello, wire.Marshal(h)), nil
}

// hello says what a journal holds.
func hello(st journal.State, cfg Config) wire.Hello {
	return wire.Hello{
		Lowest: wire.Version, Highest: wire.Version, Node: st.Head.Node,
		Histories: []wire.History{{Oldest: st.Oldest, Head: st.Head, Receipted: st.Receipted}},
		Notices:   st.Notices, Time: cfg.Now().UnixMilli(), Software: cfg.Software, Feature: wire.FeatureLog,
	}
}

// send reads, signs and hands over one batch. That the hub's cursor is not in
// our own history is a fork that only this side can see: the hub is told.
func (l *loop) send(ctx context.Context, e Effect) (*Event, error) {
	if l.conn == nil {
		return &Event{Kind: Batched}, nil
	}
	entries, err := l.cfg.Journal.ReadAfter(e.From, int(min(e.Until-e.From.Seq, wire.MaxBatchEntries)))
	if fault.Is(err, fault.Fork) {
		l.say(wire.FrameRefusal, wire.Marshal(wire.RefusalOf(err, &e.From)))
		l.part(ctx)
		return &Event{Kind: Refused, Err: err}, nil
	}
	if err != nil {
		return l.unsendable(err)
	}
	if len(entries) == 0 {
		return &Event{Kind: Batched}, nil
	}
	entries = fit(entries, e.Bytes)
	raw, err := wire.SealBatch(e.From, entries, e.Session, l.cfg.Signer)
	if err != nil {
		return l.unsendable(err)
	}
	head := e.From
	for _, entry := range entries {
		head = head.Next(entry)
	}
	l.anchor(head)
	l.conn.batches <- parcel{last: head.Seq, raw: raw} // never blocks: the core keeps within its window
	l.tried.entries(e.Session, e.From.Seq+1, head.Seq)
	l.cfg.Metrics.sent(len(entries), len(raw))
	return &Event{Kind: Batched, Batch: Sent{Head: head, Count: len(entries), Bytes: len(raw)}}, nil
}

// unsendable ends the session over entries that cannot be read. A damaged
// journal is for people; the desk goes on with what it can.
func (l *loop) unsendable(err error) (*Event, error) {
	if fault.Is(err, fault.Storage) {
		return nil, err
	}
	l.cfg.Metrics.alarm(fault.KindOf(err))
	l.cfg.Logger.Error("entries cannot be sent", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	l.hang()
	return &Event{Kind: Lost, Err: fault.New(fault.Corrupt, "ship: send", "", err)}, nil
}

func (l *loop) part(ctx context.Context) {
	if c := l.conn; c != nil {
		l.conn = nil
		c.part(ctx)
	}
}

// fit keeps as many entries as go into about size bytes, at least one.
func fit(entries []wire.Entry, size int) []wire.Entry {
	total := 0
	for n, e := range entries {
		if total += e.Size(); total > size && n > 0 {
			return entries[:n]
		}
	}
	return entries
}

// frames handles one frame and those that wait behind it, in order. Receipts
// that came together are stored in one transaction.
func (l *loop) frames(ctx context.Context, first frame) error {
	waiting := l.gather(first)
	for len(waiting) > 0 && l.conn != nil {
		n := 0
		for n < len(waiting) && waiting[n].err == nil && waiting[n].kind == wire.FrameReceipt {
			n++
		}
		var err error
		if n > 0 {
			err = l.receipts(ctx, waiting[:n])
		} else {
			n, err = 1, l.frame(ctx, waiting[0])
		}
		if err != nil {
			return err
		}
		waiting = waiting[n:]
	}
	return nil
}

func (l *loop) gather(first frame) []frame {
	waiting := []frame{first}
	for len(waiting) < framesWaiting {
		select {
		case f := <-l.conn.in:
			waiting = append(waiting, f)
		default:
			return waiting
		}
	}
	return waiting
}

// receipts stores receipts whose signatures hold.
func (l *loop) receipts(ctx context.Context, frames []frame) error {
	proved := make([]journal.Receipted, 0, len(frames))
	for _, f := range frames {
		signed, err := wire.DecodeReceipt(f.payload)
		if err != nil {
			return l.broken(ctx, err)
		}
		r, err := signed.Verify(l.cfg.Keys())
		if err != nil {
			return l.broken(ctx, err)
		}
		proved = append(proved, journal.Receipted{Signed: signed, Receipt: r})
	}
	if err := l.cfg.Journal.StoreReceipts(proved); err != nil {
		if fault.Is(err, fault.Fork) { // only this side can see it: the hub is told
			l.say(wire.FrameRefusal, wire.Marshal(wire.RefusalOf(err, nil)))
			l.part(ctx)
		}
		return l.broken(ctx, err)
	}
	last := proved[len(proved)-1].Receipt
	l.tried.receipted(last.Last)
	if l.conn != nil && last.Incarnation == l.core.Sent.Incarnation { // of an older one they come again too
		l.conn.landed.Store(last.Last)
		l.conn.ways.forget(last.Last)
	}
	return l.step(ctx, Event{Kind: Receipted, Receipt: last})
}

func (l *loop) frame(ctx context.Context, f frame) error {
	if f.err != nil {
		l.hang()
		if errors.Is(f.err, io.EOF) {
			f.err = fault.New(fault.Unavailable, "ship: read", "the hub ended the session", nil)
		}
		return l.step(ctx, Event{Kind: Lost, Err: busy(f.err)})
	}
	switch f.kind { //nolint:exhaustive // the rest is not for a node
	case wire.FrameWelcome:
		return l.welcome(ctx, f.payload)
	case wire.FrameRefusal:
		return l.refusal(ctx, f.payload)
	case wire.FrameNotices:
		return l.notices(ctx, f.payload)
	case wire.FrameMissing:
		return l.missing(ctx, f.payload)
	case wire.FrameCheckpoint:
		return l.vouched(ctx, f.payload)
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

// refusal ends the session with the hub's reason. A bundle that it lacks after
// all is uploaded again, and the entries that name it wait.
func (l *loop) refusal(ctx context.Context, payload []byte) error {
	var r wire.Refusal
	if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
		return l.broken(ctx, err)
	}
	l.cfg.Logger.Warn("hub refused", slog.String("kind", r.Kind.String()), slog.String("text", r.Text))
	if r.Image != nil {
		if err := l.lacks(*r.Image); err != nil {
			return l.broken(ctx, err)
		}
	}
	return l.step(ctx, Event{Kind: Refused, Err: theirs(r, "ship: hear the hub")})
}

// missing hears that the hub has lost a bundle, and goes on.
func (l *loop) missing(ctx context.Context, payload []byte) error {
	if len(payload) != len(wire.Digest{}) {
		return l.broken(ctx, fault.New(fault.Invalid, "ship: hear the hub", "missing", nil))
	}
	digest := wire.Digest(payload)
	l.cfg.Logger.Warn("hub has lost a bundle", slog.String("bundle", digest.String()))
	if err := l.lacks(digest); err != nil {
		return l.broken(ctx, err)
	}
	return l.step(ctx, Event{Kind: Beaten})
}

// lacks notes that the hub lacks a bundle. One that was never here is passed over:
// the hub asks others too.
func (l *loop) lacks(digest wire.Digest) error {
	if err := l.cfg.Journal.MarkMissing(digest); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return nil
}

// theirs gives the hub's reason as a fault. What it says about its own disk or
// its own defects must not be taken for ours: it is unavailable.
func theirs(r wire.Refusal, op string) error {
	switch r.Kind { //nolint:exhaustive // the others mean the same on both sides
	case fault.Storage, fault.Internal, fault.Other:
		return fault.New(fault.Unavailable, op, "the hub failed: "+r.Text, nil)
	default:
		return r.Err(op)
	}
}

// keepAgain is after how long a welcome that says nothing new is kept again,
// for the hub time in it.
const keepAgain = time.Hour

func (l *loop) welcome(ctx context.Context, payload []byte) error {
	var w wire.Welcome
	if err := wire.Unmarshal(payload, len(payload), &w); err != nil {
		return l.broken(ctx, err)
	}
	if l.news(w) {
		if err := l.cfg.Welcomed(w); err != nil {
			return l.broken(ctx, err)
		}
		l.told = w
	}
	if err := l.proveLog(w.Log); err != nil {
		return l.broken(ctx, err)
	}
	l.feature = w.Feature
	l.session.Store(w.Session)
	if err := l.expect(w.Notices); err != nil {
		return err
	}
	return l.step(ctx, Event{Kind: Welcomed, Welcome: w})
}

// news reports whether a welcome is worth a durable write.
func (l *loop) news(w wire.Welcome) bool {
	same := l.told.Cluster == w.Cluster && l.told.Feature == w.Feature && l.told.Version == w.Version &&
		slices.EqualFunc(l.told.Receipts, w.Receipts, bytes.Equal) &&
		slices.EqualFunc(l.told.Intake, w.Intake, func(a, b wire.IntakeKey) bool {
			return a.Number == b.Number && bytes.Equal(a.Public, b.Public)
		})
	age := time.Duration(w.Time-l.told.Time) * time.Millisecond
	return !same || age < 0 || age > keepAgain
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
	l.heard(last.Seq)
	if ev := l.say(wire.FrameNoticeCursor, wire.Marshal(last)); ev != nil {
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
	if ev := l.say(wire.FramePong, wire.Marshal(answer)); ev != nil {
		return l.step(ctx, *ev)
	}
	return l.step(ctx, Event{Kind: Beaten})
}

// broken ends a session in which the hub said something that does not hold. A
// failure of the journal itself is returned: the process is to leave.
func (l *loop) broken(ctx context.Context, err error) error {
	if fault.Is(err, fault.Storage) {
		return err
	}
	l.cfg.Logger.Error("session broken", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	l.hang()
	if fault.Is(err, fault.Fork) {
		return l.step(ctx, Event{Kind: Refused, Err: err})
	}
	return l.step(ctx, Event{Kind: Lost, Err: err})
}

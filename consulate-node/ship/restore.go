package ship

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"jaliya/consulate-node/journal"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

// restorePatience is how long the hub may take for the next range: it reads its
// ledger, and proposes nothing.
const restorePatience = 30 * time.Second

// open lets the journal go on in a new incarnation, and says so to the core. A
// disk without room ends the session; the next one asks again.
func (l *loop) open(e Effect) (*Event, error) {
	why := journal.WhyRestored
	if e.Verdict == wire.VerdictReissue && len(e.Held) == 0 {
		why = journal.WhySettled
	}
	s, err := l.cfg.Journal.OpenIncarnation(journal.Opening{
		Incarnation: wire.NewIncarnation(), Why: why, At: l.cfg.Now().UnixMilli(),
	})
	switch {
	case fault.Is(err, fault.Full):
		l.hang()
		return &Event{Kind: Lost, Err: err}, nil
	case err != nil:
		return nil, err
	}
	l.anchor(s.Head)
	l.cfg.Logger.Warn("new incarnation", slog.String("why", why.String()), slog.Uint64("again", s.Head.Seq))
	return &Event{Kind: Opened}, nil
}

// anchor tells how far the journal has come, before anybody else hears of it. A
// node whose anchor cannot be written works on: the hub compares as well (D36).
func (s *Ship) anchor(at wire.Position) {
	if s.cfg.Anchor == nil {
		return
	}
	if err := s.cfg.Anchor(at); err != nil {
		s.cfg.Metrics.alarm(fault.KindOf(err))
		s.cfg.Logger.Error("anchor not written", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	}
}

// fetch begins to take back what the hub has and the journal has not, beside
// everything else that the session does.
func (l *loop) fetch(held []wire.Position) error {
	after, err := l.cfg.Journal.Wanting(held)
	if err != nil || len(after) == 0 || l.conn == nil {
		return err
	}
	var missing uint64
	for _, at := range after {
		missing += reachOf(held, at) - at.Seq
	}
	l.mu.Lock()
	done := l.restore.back
	if l.restore.back >= l.restore.of {
		done = 0
	}
	l.restore.begin(l.cfg.Now(), done, done+missing) // a cut loses no count
	l.mu.Unlock()
	l.cfg.Metrics.restored(0, missing)
	l.cfg.Logger.Warn("own entries come back", slog.Uint64("entries", missing), slog.Int("incarnations", len(after)))
	c := l.conn
	c.work.Go(func() { // ends with the session; close waits for it
		for _, at := range after {
			l.takeAll(c, at, reachOf(held, at))
		}
	})
	return nil
}

// reachOf gives how far the hub is in the incarnation of a position.
func reachOf(held []wire.Position, of wire.Position) (last uint64) {
	for _, at := range held {
		if at.Incarnation == of.Incarnation {
			last = max(last, at.Seq)
		}
	}
	return last
}

// takeAll takes one incarnation back, over another stream when one breaks. What
// does not hold is for people; the session goes on.
func (s *Ship) takeAll(c *conn, at wire.Position, until uint64) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-pause.C:
		}
		var err error
		at, err = s.take(c.session, at, until)
		switch {
		case err == nil:
			s.cfg.Logger.Info("own entries are back", slog.String("up_to", at.String()))
			return
		case c.session.Err() != nil:
			return
		}
		s.cfg.Logger.Error("own entries do not come back", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		if k := fault.KindOf(err); k != fault.Unavailable && k != fault.Timeout {
			s.cfg.Metrics.alarm(k)
			s.giveUp()
			return
		}
		pause.Reset(Probe)
	}
}

// giveUp says nothing more of what does not come in this session.
func (s *Ship) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restore = progress{}
	s.cfg.Metrics.restored(0, 0)
}

// take asks for what follows a position and stores range by range. It gives how
// far it came.
func (s *Ship) take(session *link.Session, at wire.Position, until uint64) (wire.Position, error) {
	stream, err := session.OpenStream(session.Context())
	if err != nil {
		return at, err
	}
	stream.SetPatience(restorePatience)
	request := wire.RestoreRequest{Version: wire.Version, After: at}
	if err := stream.WriteFrame(byte(wire.FrameRestore), wire.Marshal(request)); err != nil {
		stream.Abort(link.CodeCanceled)
		return at, err
	}
	for {
		next, err := s.takeRange(stream, at)
		switch {
		case errors.Is(err, io.EOF) && at.Seq >= until:
			return at, stream.Close()
		case errors.Is(err, io.EOF):
			err = fault.New(fault.Unavailable, "ship: restore", "the hub ended it at "+at.String(), nil)
			fallthrough
		case err != nil:
			stream.Abort(link.CodeCanceled)
			return at, err
		}
		at = next
	}
}

// takeRange stores what one frame proves.
func (s *Ship) takeRange(stream *link.Stream, at wire.Position) (wire.Position, error) {
	const op = "ship: restore"
	kind, payload, err := stream.ReadFrame(limit)
	if err != nil {
		return at, err
	}
	switch wire.FrameType(kind) { //nolint:exhaustive // the rest is not for this stream
	case wire.FrameRestore:
	case wire.FrameRefusal:
		var r wire.Refusal
		if err := wire.Unmarshal(payload, len(payload), &r); err != nil {
			return at, fault.New(fault.Unsupported, op, "refusal", err)
		}
		return at, theirs(r, op)
	default:
		return at, fault.New(fault.Unsupported, op, "frame type", nil)
	}
	p, err := wire.DecodeRestored(payload, s.cfg.Keys())
	if err != nil {
		return at, err
	}
	last := p.Entries[len(p.Entries)-1].At
	if p.After.Incarnation != at.Incarnation || last.Seq <= at.Seq {
		return at, fault.New(fault.Corrupt, op, last.String(), nil)
	}
	if _, err := s.cfg.Journal.Restore(p); err != nil {
		return at, err
	}
	s.tell(p)
	s.came(last.Seq-at.Seq, p.Until-last.Seq)
	return last, nil
}

// tell says which records came back. Whoever cannot make use of it now looks once
// more at the next start; what comes back does not wait for that.
func (s *Ship) tell(p wire.ProvedRange) {
	if s.cfg.Restored == nil {
		return
	}
	records := make([]wire.RecordID, len(p.Entries))
	for i := range p.Entries {
		records[i] = p.Entries[i].Header.Record
	}
	if err := s.cfg.Restored(records); err != nil {
		s.cfg.Metrics.alarm(fault.KindOf(err))
		s.cfg.Logger.Error("what came back was not taken up", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
	}
}

// came counts what is back; behind it come at least so many more of the same
// incarnation.
func (s *Ship) came(entries, behind uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restore.back += entries
	s.restore.of = max(s.restore.of, s.restore.back+behind)
	s.cfg.Metrics.restored(entries, s.restore.of-s.restore.back)
}

// worthTelling is from how many notices on a screen says that they come: a new
// machine gets hundreds, a morning brings a few.
const worthTelling = 32

// expect notes how many notices the post has been told, and that this machine
// has fewer.
func (l *loop) expect(told uint64) error {
	st, err := l.cfg.Journal.State()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp = progress{}
	if told >= st.Notices.Seq+worthTelling {
		l.catchUp.begin(l.cfg.Now(), st.Notices.Seq, told)
	}
	return nil
}

// heard notes that notices up to a sequence are stored.
func (l *loop) heard(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp.back = max(l.catchUp.back, seq)
}

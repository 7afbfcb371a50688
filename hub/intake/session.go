package intake

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/seal"
	"jaliya/internal/wire"
)

const (
	helloPatience = 10 * time.Second
	// farewell is how long the hub waits for the node to read why it was refused.
	farewell = 3 * time.Second
	// maxUnreceipted is how many batches of one session are under way at once.
	// Past it the hub stops reading, which is back-pressure.
	maxUnreceipted = 16
	noticesAtOnce  = 64
)

// session is one node's control session.
type session struct {
	*Intake
	link    *link.Session
	node    ledger.Node
	key     seal.VerifyKey // journal key
	number  uint64
	talk    *link.Stream
	notices wire.NoticeCursor // stored by the node
	out     chan outgoing     // to the one writer of talk
	acked   chan wire.NoticeCursor
	flights chan struct{} // one token for each batch under way
}

// outgoing is one thing for the writer: frames, or receipts to sign first.
type outgoing struct {
	kind     wire.FrameType
	payload  []byte
	receipts []wire.Receipt
	landed   bool  // gives back a flight
	final    error // write, then end the session with it
}

// greet reads the hello, compares histories, opens a session number through the
// ledger and answers welcome.
func (i *Intake) greet(ctx context.Context, l *link.Session) (*session, error) {
	node, err := i.nodeOf(l)
	if err != nil {
		return nil, err
	}
	talk, err := l.AcceptStream(ctx)
	if err != nil {
		return nil, err
	}
	talk.SetPatience(helloPatience)
	s := &session{
		Intake: i, link: l, node: node, talk: talk, out: make(chan outgoing, maxUnreceipted+noticesAtOnce),
		acked: make(chan wire.NoticeCursor, 1), flights: make(chan struct{}, maxUnreceipted),
	}
	if err := s.hello(ctx); err != nil {
		return nil, s.leave(ctx, err)
	}
	return s, nil
}

// leave tells the node why and gives it time to read it.
func (s *session) leave(ctx context.Context, err error) error {
	refusal := wire.RefusalOf(err, nil)
	if missing, ok := errors.AsType[missingImage](err); ok {
		refusal.Image = &missing.digest
	}
	if werr := s.talk.WriteFrame(byte(wire.FrameRefusal), wire.Marshal(refusal)); werr != nil {
		return errors.Join(err, werr)
	}
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	if werr := s.link.Wait(ctx); werr != nil && !fault.Is(werr, fault.Timeout) {
		return errors.Join(err, werr)
	}
	return err
}

func (s *session) hello(ctx context.Context) error {
	const op = "intake: read hello"
	kind, payload, err := s.talk.ReadFrame(limit)
	if err != nil {
		return err
	}
	var h wire.Hello
	if wire.FrameType(kind) != wire.FrameHello {
		return fault.New(fault.Unsupported, op, "frame type", nil)
	}
	if err := wire.Unmarshal(payload, len(payload), &h); err != nil {
		return err
	}
	switch {
	case h.Lowest > wire.Version || h.Highest == 0:
		return fault.New(fault.Unsupported, op, "version", nil)
	case h.Node != s.node.ID:
		return fault.New(fault.Denied, op, "the certificate names another node", nil)
	case len(h.Histories) == 0 || len(h.Histories) > wire.MaxHistories:
		return fault.New(fault.Invalid, op, "histories", nil)
	}
	if s.key, err = seal.ParseVerifyKey(s.node.Journal); err != nil {
		return err
	}
	s.notices = h.Notices
	return s.welcome(ctx, h)
}

func (s *session) welcome(ctx context.Context, h wire.Hello) error {
	decisions, err := s.compare(h)
	if err != nil {
		return err
	}
	cluster, err := s.cfg.State.Cluster()
	if err != nil {
		return err
	}
	if s.number, err = s.openSession(ctx); err != nil {
		return err
	}
	w := wire.Welcome{
		Version: wire.Version, Cluster: cluster.ID, Session: s.number, Decisions: decisions,
		Time: s.cfg.Now().UnixMilli(), Receipts: cluster.Receipt, Intake: cluster.Intake, Feature: cluster.Feature,
	}
	if err := s.talk.WriteFrame(byte(wire.FrameWelcome), wire.Marshal(w)); err != nil {
		return err
	}
	for n, held := range h.Histories {
		if err := s.repeatReceipts(held, decisions[n].Cursor); err != nil {
			return err
		}
	}
	return nil
}

// repeatReceipts sends the receipts of what was committed and not receipted: a
// receipt that was lost on its way is never asked for by sending again.
func (s *session) repeatReceipts(held wire.History, cursor wire.Position) error {
	last := min(cursor.Seq, held.Head.Seq)
	for first := held.Receipted + 1; first <= last; {
		receipts, err := s.cfg.State.Receipts(s.node.ID, cursor.Incarnation, first, last)
		if err != nil {
			return err
		}
		if len(receipts) == 0 {
			return fault.New(fault.Internal, "intake: repeat receipts", cursor.String(), nil)
		}
		if err := s.send(outgoing{receipts: receipts}); err != nil {
			return err
		}
		first = receipts[len(receipts)-1].Last + 1
	}
	return nil
}

func (s *session) compare(h wire.Hello) ([]wire.Decision, error) {
	out := make([]wire.Decision, 0, len(h.Histories))
	for _, held := range h.Histories {
		if held.Head.Node != s.node.ID {
			return nil, fault.New(fault.Invalid, "intake: compare", "node of a history", nil)
		}
		cursor, known, err := s.cfg.State.Cursor(s.node.ID, held.Head.Incarnation)
		if err != nil {
			return nil, err
		}
		d, err := Compare(held, Own{Cursor: cursor, Known: known, HashAt: func(seq uint64) (wire.Digest, error) {
			return s.cfg.State.HashAt(s.node.ID, held.Head.Incarnation, seq)
		}})
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// openSession has the ledger grant a number above all earlier ones (D37).
func (s *session) openSession(ctx context.Context) (uint64, error) {
	raw, err := ledger.Encode(ledger.OpenSession{Time: s.cfg.Now().UnixMilli(), Node: s.node.ID})
	if err != nil {
		return 0, err
	}
	answer, _, err := s.cfg.Proposer.Propose(ctx, raw)
	if err != nil {
		return 0, err
	}
	result, ok := answer.(ledger.Result)
	if !ok {
		return 0, fault.New(fault.Internal, "intake: open session", "answer", nil)
	}
	return result.Session, result.Err()
}

// serve runs the session's four goroutines until one of them ends.
func (s *session) serve(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.write(ctx) })
	g.Go(func() error { return s.listen(ctx) })
	g.Go(func() error { return s.takeBatches(ctx) })
	g.Go(func() error { return s.tell(ctx) })
	return g.Wait()
}

func (s *session) put(ctx context.Context, o outgoing) error {
	select {
	case s.out <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the only writer of the conversation.
func (s *session) write(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case o := <-s.out:
			if o.final != nil {
				return s.leave(ctx, o.final)
			}
			if err := s.send(o); err != nil {
				return err
			}
			if o.landed {
				<-s.flights
			}
		}
	}
}

// send writes a frame, or signs and writes receipts: outside apply, from fields
// in the state, so that a repeat is byte-equal.
func (s *session) send(o outgoing) error {
	for _, r := range o.receipts {
		signed := wire.Marshal(wire.SignReceipt(r, s.cfg.Signer))
		if err := s.talk.WriteFrame(byte(wire.FrameReceipt), signed); err != nil {
			return err
		}
	}
	if o.kind == 0 {
		return nil
	}
	return s.talk.WriteFrame(byte(o.kind), o.payload)
}

// errEnded is how a session ends when the node said good-bye.
var errEnded = fault.New(fault.Unavailable, "intake: session", "the node ended it", io.EOF)

package intake

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
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
	// beat is how often the hub speaks by itself: a node whose own link is full
	// of what it sends still hears that the hub is there.
	beat = 1500 * time.Millisecond
	// deaf is after how long without a whole frame from the node a session is
	// given up. A full batch takes 28 s at 64 kbit/s.
	deaf = 90 * time.Second
)

// session is one node's control session.
type session struct {
	*Intake
	link    *link.Session
	node    ledger.Node
	key     seal.VerifyKey // journal key
	shown   []wire.History // by the node's hello
	hears   bool           // it knows wire.FrameMissing
	vouches bool           // it knows wire.FrameCheckpoint
	kept    uint64         // leaves of the log that it was shown
	number  uint64
	order   *order
	talk    *link.Stream
	repeats []span            // receipts that the node lacks, sent before all others
	notices wire.NoticeCursor // stored by the node

	out      chan outgoing // to the one writer of talk
	decided  chan outgoing // outcomes of batches; has room for each flight, so that nobody waits to put one in
	last     chan parting  // why the session ends, to be told to the node; the first counts
	replaced chan struct{} // closed when a newer session of the node stands; owned by Intake.replace
	acked    chan wire.NoticeCursor
	flights  chan struct{} // one token for each batch under way
	heard    atomic.Int64  // when the last frame came, in ns since 1970
	began    time.Time     // when it was greeted

	figures sync.Mutex         // guards said and timed
	said    ledger.Observation // what the node said and what was measured
	timed   bool               // RTT and offset were measured
}

// span is a range of one incarnation whose receipts are to be repeated.
type span struct{ incarnation, first, last uint64 }

// outgoing is one thing for the writer: a frame, or receipts to sign first.
type outgoing struct {
	kind     wire.FrameType
	payload  []byte
	receipts []wire.Receipt
}

// parting is why a session ends.
type parting struct {
	err    error
	resume *wire.Position // with fault.Gap: what the hub holds
}

// greet reads the hello, compares histories, opens a session number through the
// ledger and answers welcome.
func (i *Intake) greet(ctx context.Context, l *link.Session) (*session, error) {
	node, err := i.nodeOf(l)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, helloPatience)
	defer cancel()
	talk, err := l.AcceptStream(waiting)
	if err != nil {
		return nil, err
	}
	talk.SetPatience(helloPatience)
	talk.SetPriority(0)
	s := &session{
		Intake: i, link: l, node: node, talk: talk, out: make(chan outgoing, noticesAtOnce),
		decided: make(chan outgoing, maxUnreceipted), last: make(chan parting, 1), replaced: make(chan struct{}),
		acked: make(chan wire.NoticeCursor, 1), flights: make(chan struct{}, maxUnreceipted),
	}
	if err := s.hello(ctx); err != nil {
		return nil, s.leave(ctx, parting{err: err})
	}
	return s, nil
}

// leave tells the node why and gives it time to read it.
func (s *session) leave(ctx context.Context, p parting) error {
	refusal := wire.RefusalOf(p.err, p.resume)
	if missing, ok := errors.AsType[missingImageError](p.err); ok {
		refusal.Image = &missing.digest
	}
	if err := s.talk.WriteFrame(byte(wire.FrameRefusal), wire.Marshal(refusal)); err != nil {
		return errors.Join(p.err, err)
	}
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	if err := s.link.Wait(ctx); err != nil && !fault.Is(err, fault.Timeout) {
		return errors.Join(p.err, err)
	}
	return p.err
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
	if err := h.Validate(); err != nil {
		return err
	}
	switch {
	case h.Node != s.node.ID:
		return fault.New(fault.Denied, op, "the certificate names another node", nil)
	case len(h.Histories) == 0:
		return fault.New(fault.Invalid, op, "histories", nil)
	}
	if s.key, err = seal.ParseVerifyKey(s.node.Journal); err != nil {
		return err
	}
	s.notices, s.shown, s.hears = h.Notices, h.Histories, h.Feature >= wire.FeatureMissing
	s.vouches, s.kept = h.Feature >= wire.FeatureLog, h.Log
	return s.welcome(ctx, h)
}

func (s *session) welcome(ctx context.Context, h wire.Hello) error {
	decisions, err := s.compare(ctx, h)
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
	s.began = s.cfg.Now()
	s.heard.Store(s.began.UnixNano())
	s.lacking(h, decisions)
	s.order = newOrder(decisions[len(decisions)-1].Cursor)
	others, err := s.others(h)
	if err != nil {
		return err
	}
	told, err := s.cfg.State.NoticeHead(s.node.Post)
	if err != nil {
		return err
	}
	w := wire.Welcome{
		Version: wire.Version, Cluster: cluster.ID, Session: s.number, Decisions: decisions,
		Time: s.cfg.Now().UnixMilli(), Receipts: cluster.Receipt, Intake: cluster.Intake, Feature: cluster.Feature,
		Notices: told.Seq, Others: others,
	}
	if w.Log, err = s.logProof(); err != nil {
		return err
	}
	return s.talk.WriteFrame(byte(wire.FrameWelcome), wire.Marshal(w))
}

// compare concludes about each history. A fork is kept as evidence, and fences.
func (s *session) compare(ctx context.Context, h wire.Hello) ([]wire.Decision, error) {
	out := make([]wire.Decision, 0, len(h.Histories))
	for _, held := range h.Histories {
		cursor, known, err := s.cfg.State.Cursor(s.node.ID, held.Head.Incarnation)
		if err != nil {
			return nil, err
		}
		own := Own{
			Cursor: cursor, Known: known,
			Settled: s.node.Settled == held.Head.Incarnation,
			Later:   known && s.node.Incarnation != 0 && s.node.Incarnation != held.Head.Incarnation,
			HashAt: func(seq uint64) (wire.Digest, error) {
				return s.cfg.State.HashAt(s.node.ID, held.Head.Incarnation, seq)
			},
		}
		d, err := Compare(held, own)
		if fault.Is(err, fault.Fork) {
			return nil, s.fence(ctx, held, seenAs(own, held), err)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// openSession has the ledger grant a number above all earlier ones (D37).
func (s *session) openSession(ctx context.Context) (uint64, error) {
	result, err := s.commit(ctx, ledger.OpenSession{Time: s.cfg.Now().UnixMilli(), Node: s.node.ID})
	return result.Session, err
}

func (s *session) commit(ctx context.Context, c ledger.Command) (ledger.Result, error) {
	raw, err := ledger.Encode(c)
	if err != nil {
		return ledger.Result{}, err
	}
	answer, _, err := s.cfg.Proposer.Propose(ctx, raw)
	if err != nil {
		return ledger.Result{}, err
	}
	result, ok := answer.(ledger.Result)
	if !ok {
		return ledger.Result{}, fault.New(fault.Internal, "intake: commit", "answer", nil)
	}
	return result, result.Err()
}

// serve runs the session's goroutines until one of them ends, and then ends the
// session, for a read does not end by itself.
func (s *session) serve(ctx context.Context) error {
	s.heard.Store(s.cfg.Now().UnixNano())
	defer func() { s.ahead.Release(int64(s.order.forget())) }()
	g, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, func() {
		code := codeAfter(context.Cause(ctx))
		s.link.CloseWithReason(code, code.String())
	})()
	g.Go(func() error { return s.write(ctx) })
	g.Go(func() error { return s.listen(ctx) })
	g.Go(func() error { return s.takeStreams(ctx) })
	g.Go(func() error { return s.tell(ctx) })
	g.Go(func() error { return s.watch(ctx) })
	g.Go(func() error { return s.askBack(ctx) })
	g.Go(func() error { return s.vouch(ctx) })
	return g.Wait()
}

// codeAfter gives the code with which a session ends after err.
func codeAfter(err error) link.Code {
	switch {
	case errors.Is(err, errEnded):
		return link.CodeDone
	case errors.Is(err, context.Canceled):
		return link.CodeStopping
	}
	return link.CodeFor(err)
}

// watch ends a session that a newer one of the same node replaced (D37), and
// one whose node is not heard any more.
func (s *session) watch(ctx context.Context) error {
	const op = "intake: watch session"
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	replaced, end := s.replaced, (<-chan time.Time)(nil)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			return fault.New(fault.Stale, op, "replaced", nil)
		case <-replaced:
			s.part(parting{err: fault.New(fault.Stale, op, "replaced", nil)})
			replaced, end = nil, time.After(farewell+beat)
		case <-ticker.C:
			if silent := s.cfg.Now().UnixNano() - s.heard.Load(); silent > int64(deaf) {
				return fault.New(fault.Timeout, op, "silence", nil)
			}
			s.bridge()
		}
	}
}

// errEnded is how a session ends when the node said good-bye.
var errEnded = fault.New(fault.Unavailable, "intake: session", "the node ended it", io.EOF)

package intake

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/link"
	"jaliya/internal/wire"
)

const (
	// aheadOfOne bounds what one session may have in memory before its turn, and
	// aheadOfAll what all of them may. A node keeps far below.
	aheadOfOne = 4 * wire.MaxAhead
	aheadOfAll = 64 << 20
	// bridging is how long the first batch that came before its turn waits for the
	// one before it.
	bridging = 60 * time.Second
)

// order puts the batches of one session, which come over several connections,
// into the order of the node's chain. What comes before its turn waits, bounded
// in bytes; what came before with the same hash is dropped, and with another one
// goes to the ledger, which keeps it as evidence (D38); a new incarnation begins
// anew; what is of another history while something waits passes, and the ledger
// judges it.
type order struct {
	turn chan struct{} // holds a token for whoever hands batches on

	mu     sync.Mutex // guards what follows
	next   wire.Position
	handed []wire.Position // heads of the last batches that were handed on
	held   []proved        // by first sequence, what came earlier first
	size   int
	moved  time.Time // when the last batch was handed on, or the first began to wait
}

// handedKept is how many heads are remembered. A repeat of what was handed on
// before them costs the ledger a look, and nothing else.
const handedKept = 256

// proved is one batch whose signature and chain hold.
type proved struct {
	received wire.ReceivedBatch
	verified wire.VerifiedBatch
	size     int
}

func newOrder(next wire.Position) *order {
	return &order{turn: make(chan struct{}, 1), next: next}
}

// place says what is to happen with a batch.
type place uint8

const (
	inTurn place = iota
	early        // it waits
	known        // it was taken already
)

// take puts a batch in its place; room says whether all sessions together have
// memory for one that waits.
func (o *order) take(at time.Time, b proved, room func(int) bool) (place, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	after, head := b.verified.After, b.verified.Head()
	if after.Incarnation != o.next.Incarnation {
		if len(o.held) > 0 {
			return inTurn, nil
		}
		// The node opened a new incarnation in this session, and never goes back
		// (SPEC.md section 16): here is nothing of it yet.
		o.next, o.handed = wire.Genesis(after.Node, after.Incarnation), nil
	}
	if slices.Contains(o.handed, head) {
		return known, nil
	}
	if after.Seq <= o.next.Seq {
		o.hand(b)
		o.moved = at
		return inTurn, nil
	}
	n, _ := slices.BinarySearchFunc(o.held, b.received.First+1, firstOf) // behind those that begin at the same place
	for i := n; i > 0 && o.held[i-1].received.First == b.received.First; i-- {
		if o.held[i-1].verified.Head() == head {
			return known, nil
		}
	}
	if o.size+b.size > aheadOfOne || !room(b.size) {
		return early, fault.New(fault.Full, "intake: order batches", "too far ahead", nil)
	}
	if len(o.held) == 0 {
		o.moved = at
	}
	o.held = slices.Insert(o.held, n, b)
	o.size += b.size
	return early, nil
}

func firstOf(b proved, first uint64) int { return cmp.Compare(b.received.First, first) }

// hand notes that a batch is handed on; mu is held.
func (o *order) hand(b proved) {
	head := b.verified.Head()
	if head.Seq > o.next.Seq {
		o.next = head
	}
	if len(o.handed) == handedKept {
		o.handed = slices.Delete(o.handed, 0, 1)
	}
	o.handed = append(o.handed, head)
}

// following gives the batch whose turn has come.
func (o *order) following() (first proved, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.held) == 0 || o.held[0].received.First > o.next.Seq+1 {
		return first, false
	}
	first = o.pop()
	o.hand(first)
	return first, true
}

// pop takes the first that waits; mu is held.
func (o *order) pop() proved {
	first := o.held[0]
	o.held = slices.Delete(o.held, 0, 1)
	o.size -= first.size
	return first
}

// gap gives the first batch that waits when nothing has come before it for long:
// the ledger answers what it lacks. It goes on waiting until it is dropped.
func (o *order) gap(at time.Time) (first proved, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.held) == 0 || at.Sub(o.moved) < bridging {
		return first, false
	}
	return o.held[0], true
}

// empty reports that nothing waits.
func (o *order) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.held) == 0
}

// drop takes the first batch that waits away, and gives its size; 0 when the
// session ended meanwhile.
func (o *order) drop() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.held) == 0 {
		return 0
	}
	return o.pop().size
}

// forget drops what waits and gives its size.
func (o *order) forget() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	size := o.size
	o.held, o.size = nil, aheadOfOne // takes no more
	return size
}

// arrive takes a batch that came over any connection of the session, and hands
// on what is in order by now. One at a time hands on, so that the order holds.
func (s *session) arrive(ctx context.Context, b proved, granted bool) error {
	select {
	case s.order.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.order.turn }()
	where, err := s.order.take(s.cfg.Now(), b, func(n int) bool { return s.ahead.TryAcquire(int64(n)) })
	if where != inTurn {
		if granted {
			<-s.flights
		}
		return err
	}
	for ok := true; ok; granted = false {
		if err := s.admit(ctx, b, granted); err != nil {
			return err
		}
		if b, ok = s.order.following(); ok {
			s.ahead.Release(int64(b.size))
		}
	}
	return nil
}

// bridge has the ledger judge a batch before which nothing comes any more. It
// waits for nobody, for who calls it watches over the session: what is not to be
// had at once is tried again at the next beat.
func (s *session) bridge() {
	select {
	case s.order.turn <- struct{}{}:
	default:
		return // somebody hands batches on
	}
	defer func() { <-s.order.turn }()
	b, ok := s.order.gap(s.cfg.Now())
	if !ok {
		return
	}
	select {
	case s.flights <- struct{}{}:
	default:
		return
	}
	if !s.tryAdmit(b) {
		<-s.flights
		return
	}
	s.ahead.Release(int64(s.order.drop()))
}

// lane takes the batches that come over one stream of a bulk connection. They
// belong to the control session that their number names: with it they end.
func (i *Intake) lane(stream *link.Stream, node wire.NodeID, payload []byte) error {
	stream.SetPatience(link.Forever)
	for {
		received, err := wire.DecodeBatch(payload)
		if err != nil {
			return err
		}
		s, err := i.sessionOf(node, received.Session)
		if err != nil {
			return err
		}
		if err := s.laneBatch(received, len(payload)); err != nil {
			return err
		}
		kind, next, err := stream.ReadFrame(limit)
		switch {
		case err == io.EOF: //nolint:errorlint // bare: the node has no more for this stream
			return nil
		case err != nil:
			return err
		case wire.FrameType(kind) != wire.FrameBatch:
			return fault.New(fault.Unsupported, "intake: take batches", "frame type", nil)
		}
		payload = next
	}
}

// laneBatch proves a batch and puts it in its place. What is wrong with it ends
// the session, as on the session's own stream.
func (s *session) laneBatch(received wire.ReceivedBatch, size int) error {
	ctx := s.link.Context()
	s.heard.Store(s.cfg.Now().UnixNano())
	b, err := s.prove(received, size)
	if err == nil {
		err = s.arrive(ctx, b, false)
	}
	if err != nil && ctx.Err() == nil {
		s.part(parting{err: err})
	}
	return err
}

// sessionOf gives the session that stands under a number.
func (i *Intake) sessionOf(node wire.NodeID, number uint64) (*session, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if s := i.current[node]; s != nil && s.number == number {
		return s, nil
	}
	return nil, fault.New(fault.Stale, "intake: take batches", "session", nil)
}

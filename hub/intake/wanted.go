package intake

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/hub/vault/owners"
	"jaliya/internal/fault"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

const (
	// askAfter lets a session do something else before an object is asked for, and
	// between two of them.
	askAfter = 15 * time.Second
	// askAgain is when a node that was asked for an object, and has not brought
	// it, is asked once more; each time it is doubled, askDoubled times at most,
	// which is beyond a day.
	askAgain   = time.Hour
	askDoubled = 5
)

// wanted knows which nodes have what the vault has lost to its disk (D47).
type wanted struct {
	mu      sync.Mutex // guards what follows
	of      map[wire.NodeID]owners.Digests
	asked   map[wire.Digest]map[wire.NodeID]asking
	changed chan struct{} // closed and replaced when of changed
}

// asking is how often a node was asked for an object in vain, and when last.
type asking struct {
	last  time.Time
	times int
}

// in gives when the next time is; not positive: now.
func (a asking) in(now time.Time) time.Duration {
	if a.times == 0 {
		return 0
	}
	return max(0, askAgain<<min(a.times-1, askDoubled)-now.Sub(a.last))
}

func newWanted() *wanted {
	return &wanted{
		of: map[wire.NodeID]owners.Digests{}, asked: map[wire.Digest]map[wire.NodeID]asking{}, changed: make(chan struct{}),
	}
}

// replace sets who has what, and forgets whom was asked for what has come back.
func (w *wanted) replace(of map[wire.NodeID]owners.Digests, still owners.Digests) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of = of
	for d := range w.asked {
		if !still[d] {
			delete(w.asked, d)
		}
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// turn says what a node is to be asked for, and when.
type turn struct {
	digest  wire.Digest
	in      time.Duration // not positive: now
	none    bool          // nothing, until changed
	changed <-chan struct{}
}

// next gives what a node is to be asked for next: of what is due, what it was asked
// for least. One that loses its session over each object is left alone with all of
// them as with one.
func (w *wanted) next(node wire.NodeID, now time.Time, ends bool) turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := turn{none: true, changed: w.changed}
	var all asking
	times := 0
	for d := range w.of[node] {
		a := w.asked[d][node]
		if all.times += a.times; a.last.After(all.last) {
			all.last = a.last
		}
		in := a.in(now)
		if t.none || in < t.in || in == t.in && a.times < times {
			t.digest, t.in, t.none, times = d, in, false, a.times
		}
	}
	if ends {
		t.in = max(t.in, all.in(now))
	}
	return t
}

// note remembers that a node was asked.
func (w *wanted) note(node wire.NodeID, digest wire.Digest, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked[digest] == nil {
		w.asked[digest] = map[wire.NodeID]asking{}
	}
	w.asked[digest][node] = asking{last: now, times: w.asked[digest][node].times + 1}
}

// askBack asks the node for what the vault has lost of its entries, one object at
// a time and only while nothing else is under way: it notes that the object is
// missing, and uploads it again. A node whose software does not know the asking
// is told as when an entry names what is not there, which ends the session.
func (s *session) askBack(ctx context.Context) error {
	if err := pause.For(ctx, askAfter); err != nil {
		return err
	}
	for {
		now := s.cfg.Now()
		t := s.wanted.next(s.node.ID, now, !s.hears)
		if !t.none && t.in <= 0 {
			if !s.idle() {
				t.in = beat
			} else if err := s.ask(ctx, t.digest, now); err != nil {
				return err
			} else {
				t.in = askAfter
				t.changed = nil
			}
		}
		if err := t.wait(ctx); err != nil {
			return err
		}
	}
}

func (t turn) wait(ctx context.Context) error {
	due := (<-chan time.Time)(nil)
	if !t.none {
		timer := time.NewTimer(t.in)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.changed:
	case <-due:
	}
	return nil
}

// ask asks for one object. It comes back only when the session goes on.
func (s *session) ask(ctx context.Context, digest wire.Digest, now time.Time) error {
	s.wanted.note(s.node.ID, digest, now)
	s.cfg.Logger.Warn("a damaged object is asked for again", slog.String("node", s.node.ID.String()), slog.String("object", digest.String()))
	if !s.hears {
		return s.refuse(ctx, fault.New(fault.NotFound, "intake: ask for a damaged object", digest.String(), missingImageError{digest}))
	}
	return s.put(ctx, outgoing{kind: wire.FrameMissing, payload: digest[:]})
}

// idle reports that no batch is under way. The reader of batches has a token for
// the one that it waits for.
func (s *session) idle() bool { return len(s.flights) <= 1 && s.order.empty() }

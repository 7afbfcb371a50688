package intake

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/pause"
	"jaliya/internal/wire"
)

const (
	// askAfter lets a session do something else between two objects that are
	// asked for: each of them ends it, as any refusal does.
	askAfter = 15 * time.Second
	// askAgain is when a node that was asked for an object, and has not brought
	// it, is asked once more.
	askAgain = time.Hour
	// headersAtOnce is how many entries are looked through in one view.
	headersAtOnce = 256
	// lookPause lies between two of them: the ledger has other readers.
	lookPause = 2 * time.Millisecond
	// lookAgain is when objects that no entry names are looked for once more: the
	// entry may have been on its way.
	lookAgain = time.Hour
)

// wanted knows which nodes have what the vault has lost to its disk (D47).
type wanted struct {
	mu      sync.Mutex                           // guards what follows
	of      map[wire.NodeID]map[wire.Digest]bool // objects that entries of a node name
	asked   map[wire.Digest]map[wire.NodeID]time.Time
	changed chan struct{} // closed and replaced when of changed
}

func newWanted() *wanted {
	return &wanted{
		of: map[wire.NodeID]map[wire.Digest]bool{}, asked: map[wire.Digest]map[wire.NodeID]time.Time{},
		changed: make(chan struct{}),
	}
}

// replace sets who has what, and forgets whom was asked for what has come back.
func (w *wanted) replace(of map[wire.NodeID]map[wire.Digest]bool, still map[wire.Digest]bool) {
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

// next gives an object that a node is to be asked for now, or when to look
// again, zero for only after a change.
func (w *wanted) next(node wire.NodeID, now time.Time) (digest wire.Digest, ask bool, again time.Duration, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for d := range w.of[node] {
		wait := askAgain - now.Sub(w.asked[d][node])
		if w.asked[d][node].IsZero() || wait <= 0 {
			return d, true, 0, w.changed
		}
		if again == 0 || wait < again {
			again = wait
		}
	}
	return digest, false, again, w.changed
}

// note remembers that a node was asked.
func (w *wanted) note(node wire.NodeID, digest wire.Digest, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked[digest] == nil {
		w.asked[digest] = map[wire.NodeID]time.Time{}
	}
	w.asked[digest][node] = now
}

// seek finds out which nodes have what the vault wants, whenever that changes.
func (i *Intake) seek(ctx context.Context) error {
	known := map[wire.Digest][]wire.NodeID{}
	for {
		list, changed := i.cfg.Vault.Wanted()
		still, unknown := map[wire.Digest]bool{}, map[wire.Digest]bool{}
		for _, d := range list {
			still[d] = true
			if len(known[d]) == 0 {
				unknown[d] = true
			}
		}
		for d := range known {
			if !still[d] {
				delete(known, d)
			}
		}
		if err := i.lookThrough(ctx, unknown, known); err != nil && ctx.Err() == nil {
			i.cfg.Logger.Warn("who has damaged objects is not known", slog.String("kind", fault.KindOf(err).String()), slog.Any("error", err))
		}
		of := map[wire.NodeID]map[wire.Digest]bool{}
		for d, nodes := range known {
			delete(unknown, d)
			for _, node := range nodes {
				if of[node] == nil {
					of[node] = map[wire.Digest]bool{}
				}
				of[node][d] = true
			}
		}
		i.wanted.replace(of, still)
		again := (<-chan time.Time)(nil)
		if len(unknown) > 0 {
			again = time.After(lookAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again:
		}
	}
}

// lookThrough goes through the entries of all nodes for those that name what is
// unknown, and adds to known whose they are.
func (i *Intake) lookThrough(ctx context.Context, unknown map[wire.Digest]bool, known map[wire.Digest][]wire.NodeID) error {
	if len(unknown) == 0 {
		return nil
	}
	nodes, err := i.cfg.State.Nodes()
	if err != nil {
		return err
	}
	for _, node := range nodes {
		histories, err := i.cfg.State.Histories(node.ID, wire.MaxOthers+wire.MaxHistories)
		if err != nil {
			return err
		}
		found := map[wire.Digest]bool{}
		for _, at := range histories {
			if err := i.lookIn(ctx, at, unknown, found); err != nil {
				return err
			}
		}
		if node.Revoked {
			continue // it may not come any more
		}
		for d := range found {
			known[d] = append(known[d], node.ID)
		}
	}
	return nil
}

// lookIn goes through one history.
func (i *Intake) lookIn(ctx context.Context, history wire.Position, unknown, found map[wire.Digest]bool) error {
	at := wire.Position{Node: history.Node, Incarnation: history.Incarnation}
	for {
		list, err := i.cfg.State.HeadersAfter(at, headersAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, stored := range list {
			header, err := wire.DecodeHeader(stored.Header)
			if err != nil {
				return err
			}
			for _, image := range header.Images {
				if unknown[image.Digest] {
					found[image.Digest] = true
				}
			}
		}
		at = list[len(list)-1].At
		if err := pause.For(ctx, lookPause); err != nil {
			return err
		}
	}
}

// askBack asks the node for what the vault has lost of its entries: it is told
// as when an entry names what is not there, notes that the object is missing,
// and uploads it again. One object a session; the next comes with the next.
func (s *session) askBack(ctx context.Context) error {
	const op = "intake: ask for a damaged object"
	if err := pause.For(ctx, askAfter); err != nil {
		return err
	}
	for {
		now := s.cfg.Now()
		digest, ask, again, changed := s.wanted.next(s.node.ID, now)
		if ask {
			s.wanted.note(s.node.ID, digest, now)
			s.cfg.Logger.Warn("a damaged object is asked for again", slog.String("node", s.node.ID.String()), slog.String("object", digest.String()))
			return s.refuse(ctx, fault.New(fault.NotFound, op, digest.String(), missingImageError{digest}))
		}
		timer := (<-chan time.Time)(nil)
		if again > 0 {
			timer = time.After(again)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-timer:
		}
	}
}

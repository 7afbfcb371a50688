package ship

import (
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"time"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// Reason is why an item of the queue is not at the hub yet.
type Reason string

// The reasons.
const (
	Sending  Reason = "sending" // it is on its way
	Line     Reason = "line"    // the hub is not reached
	Picture  Reason = "image"   // an image that it names goes first
	Turn     Reason = "turn"    // what is before it goes first
	Hours    Reason = "quiet"   // quiet hours
	Damaged  Reason = "damaged" // this machine cannot read it
	Declined Reason = "refused" // the hub does not take it as it is
)

// Item is one entry or one bundle of images that waits. It names no person.
type Item struct {
	Sequence uint64    `json:"sequence"`               // of the entry, or of the first one that names the bundle
	Image    string    `json:"image,omitempty"`        // the first digits of the bundle's address; an entry has none
	Bytes    uint64    `json:"bytes"`                  // as stored
	Made     time.Time `json:"made"`                   // by this machine's clock
	Attempts uint64    `json:"attempts"`               // how often it was sent, or was to be
	Reason   Reason    `json:"reason"`                 // why it waits, or that it is on its way
	Last     string    `json:"last_failure,omitempty"` // code of what ended the last attempt
	Next     time.Time `json:"next_attempt,omitzero"`  // without: as soon as it can go
}

// maxTries bounds what is remembered of sessions that brought no receipt.
const maxTries = 256

// attempts remembers what was tried without success. It is kept in memory: after
// a restart counting begins anew.
type attempts struct {
	mu      sync.Mutex // guards what follows
	sent    []sentRange
	bundles map[wire.Digest]failed
}

// sentRange is what one session sent.
type sentRange struct{ session, first, last uint64 }

type failed struct {
	count uint64
	kind  fault.Kind
	until time.Time // before which it is not tried again; zero for no pause
}

func newAttempts() *attempts { return &attempts{bundles: map[wire.Digest]failed{}} }

// entries notes that a session sent entries.
func (a *attempts) entries(session, first, last uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.sent); n > 0 && a.sent[n-1].session == session {
		a.sent[n-1].last = last
		return
	}
	if a.sent = append(a.sent, sentRange{session, first, last}); len(a.sent) > maxTries {
		a.sent = a.sent[1:]
	}
}

// receipted forgets what is secured.
func (a *attempts) receipted(seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = slices.DeleteFunc(a.sent, func(r sentRange) bool { return r.last <= seq })
}

// bundle notes how an upload ended.
func (a *attempts) bundle(d wire.Digest, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		delete(a.bundles, d)
		return
	}
	a.bundles[d] = failed{count: a.bundles[d].count + 1, kind: fault.KindOf(err)}
}

// pause notes until when a bundle that failed by itself waits.
func (a *attempts) pause(d wire.Digest, until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.bundles[d]
	f.until = until
	a.bundles[d] = f
}

// keep forgets bundles that do not wait any more.
func (a *attempts) keep(waiting []wire.Digest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.bundles, func(d wire.Digest, _ failed) bool { return !slices.Contains(waiting, d) })
}

func (a *attempts) of(seq uint64) (n uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.sent {
		if r.first <= seq && seq <= r.last {
			n++
		}
	}
	return n
}

func (a *attempts) ofBundle(d wire.Digest) failed {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bundles[d]
}

// Queue gives the first items that wait, in the order in which they go, at most
// limit entries with their bundles.
func (s *Ship) Queue(limit int) ([]Item, error) {
	st, err := s.cfg.Journal.State()
	if err != nil {
		return nil, err
	}
	at, err := s.cfg.Journal.Position(st.Receipted)
	if err != nil {
		return nil, err
	}
	entries, err := s.cfg.Journal.ReadAfter(at, limit)
	if err != nil {
		return nil, err
	}
	q := queue{Ship: s, link: s.Status(), seen: map[wire.Digest]bool{}}
	q.reached = q.link.Phase == Following.String()
	for _, e := range entries {
		at = at.Next(e)
		if err := q.entry(at.Seq, e); err != nil {
			return nil, err
		}
	}
	return q.items, nil
}

// queue is one answer while it is made.
type queue struct {
	*Ship
	link    Status
	reached bool
	blocked bool // an entry before waits for an image
	seen    map[wire.Digest]bool
	items   []Item
}

func (q *queue) entry(seq uint64, e wire.Entry) error {
	h, err := wire.DecodeHeader(e.Header)
	if err != nil {
		return err
	}
	item := Item{
		Sequence: seq, Bytes: uint64(e.Size()), Made: time.UnixMilli(h.Time).UTC(), //nolint:gosec // a size
		Attempts: q.tried.of(seq), Reason: Turn,
	}
	waits := false
	for _, image := range h.Images {
		one, err := q.bundle(item, image)
		if err != nil {
			return err
		}
		waits = waits || one
	}
	switch {
	case waits:
		item.Reason = Picture
	case !q.reached:
		item.Reason, item.Next, item.Last = Line, q.link.NextDial, q.link.Reason
	case !q.blocked && seq <= q.sentTo.Load():
		item.Reason = Sending
	}
	q.blocked = q.blocked || waits
	q.items = append(q.items, item)
	return nil
}

// bundle adds a bundle that the hub lacks, once.
func (q *queue) bundle(of Item, image wire.Image) (waits bool, err error) {
	i, err := q.cfg.Journal.Image(image.Digest)
	if err != nil || i.Stored {
		return false, err
	}
	if q.seen[image.Digest] {
		return true, nil
	}
	q.seen[image.Digest] = true
	failed := q.tried.ofBundle(image.Digest)
	item := Item{
		Sequence: of.Sequence, Image: hex.EncodeToString(image.Digest[:6]), Bytes: image.Size, Made: of.Made,
		Attempts: failed.count, Reason: Sending,
	}
	if failed.count > 0 {
		item.Last = failed.kind.Code()
	}
	next := failed.until
	switch a := q.pace.allowed(); {
	case failed.kind == fault.Corrupt && next.After(q.cfg.Now()):
		item.Reason, item.Next = Damaged, next
	case next.After(q.cfg.Now()):
		item.Reason, item.Next = Declined, next
	case a.Held && a.Rate == 0:
		item.Reason, item.Next = Hours, a.Until
	case !q.reached:
		item.Reason, item.Next, item.Last = Line, q.link.NextDial, q.link.Reason
	}
	q.items = append(q.items, item)
	return true, nil
}

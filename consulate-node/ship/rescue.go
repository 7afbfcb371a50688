package ship

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// After how many round trips a batch without a receipt goes over another connection
// too: at the end of a backlog, when connections are free; and before that, when no
// receipt has come for as long.
const (
	overdueTrips = 3
	stuckTrips   = 8
)

// passage is one batch on its way.
type passage struct {
	parcel
	at time.Time // of the latest try
	by []*lane   // who carries it; nil is the control session itself
}

// passages are the batches of one control session without a receipt.
type passages struct {
	mu   sync.Mutex // guards list
	list []passage  // by last sequence
}

// begin notes that a connection takes a batch, and forgets those with a receipt.
func (w *passages) begin(landed uint64, p parcel, by *lane, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(landed)
	n, found := slices.BinarySearchFunc(w.list, p.last, func(x passage, last uint64) int { return cmp.Compare(x.last, last) })
	if !found {
		w.list = slices.Insert(w.list, n, passage{parcel: p})
	}
	w.list[n].at = now
	if !slices.Contains(w.list[n].by, by) {
		w.list[n].by = append(w.list[n].by, by)
	}
}

// forget lets those with a receipt go; mu is held.
func (w *passages) forget(landed uint64) {
	w.list = slices.DeleteFunc(w.list, func(p passage) bool { return p.last <= landed })
}

// late gives the batches whose latest try is from before, oldest first, and how
// many batches each connection carries.
func (w *passages) late(landed uint64, before time.Time) (late []passage, load map[*lane]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(landed)
	load = map[*lane]int{}
	for _, p := range w.list {
		for _, by := range p.by {
			load[by]++
		}
		if p.at.Before(before) {
			late = append(late, passage{parcel: p.parcel, by: slices.Clone(p.by)})
		}
	}
	return late, load
}

// rescue sends what is late over another connection too. One that carries little
// notices a lost packet by a timeout alone, which doubles each time, and all receipts
// wait for its batch. The hub drops what comes twice.
func (l *lanes) rescue(now time.Time, list []*lane, x Sample) {
	l.mu.Lock()
	c := l.control
	l.mu.Unlock()
	if c == nil {
		return
	}
	landed := c.landed.Load()
	if landed != l.landed {
		l.landed, l.landedAt = landed, now
	}
	trips := time.Duration(overdueTrips)
	if x.Busy || !c.idle() {
		if trips = stuckTrips; now.Sub(l.landedAt) < trips*x.RTT {
			return
		}
	}
	late, load := c.ways.late(landed, now.Add(-trips*x.RTT))
	for _, p := range late {
		for _, to := range others(c, p.by, list, load) {
			if c.hurry(to, p.parcel) {
				c.ways.begin(landed, p.parcel, to, now)
				load[to]++
				break
			}
		}
	}
}

// urgent is a batch that goes before others.
type urgent struct {
	parcel
	of *conn
}

// hurry hands a batch to a connection; false when another one waits there.
func (c *conn) hurry(to *lane, p parcel) bool {
	ahead := c.urgent
	if to != nil {
		ahead = to.urgent
	}
	select {
	case ahead <- urgent{parcel: p, of: c}:
		return true
	default:
		return false
	}
}

// others gives the connections that do not carry a batch yet: the control session
// first, which is known to live, and then those that carry little. A connection that
// has carried no batch of this session is not asked: a hub of before takes none there.
func others(c *conn, by, list []*lane, load map[*lane]int) []*lane {
	list = slices.DeleteFunc(slices.Clone(list), func(one *lane) bool { return !one.carries(c) })
	slices.SortStableFunc(list, func(a, b *lane) int { return cmp.Compare(load[a], load[b]) })
	return slices.DeleteFunc(append([]*lane{nil}, list...), func(one *lane) bool { return slices.Contains(by, one) })
}

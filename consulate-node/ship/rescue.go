package ship

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// After how many round trips a batch without a receipt goes over another connection
// too, and after overdueLeast at the least, for the hub commits first: at the end of a
// backlog, when connections are free; and before that, when no receipt has come for
// as long. Twice as long after the first try, and then not again.
const (
	overdueTrips = 3
	stuckTrips   = 8
	overdueLeast = time.Second
	mostTries    = 2
)

// passage is one batch on its way.
type passage struct {
	parcel
	at    time.Time // when a connection last took it, or had written it
	by    []*lane   // who carries it; nil is the control session itself
	tries int       // over others
}

// passages are the batches of one control session without a receipt.
type passages struct {
	mu   sync.Mutex // guards list
	list []passage  // by last sequence
}

// begin notes that a connection takes a batch.
func (w *passages) begin(p parcel, by *lane, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, found := w.find(p.last)
	if !found {
		w.list = slices.Insert(w.list, n, passage{parcel: p})
	}
	w.list[n].at = now
	if !slices.Contains(w.list[n].by, by) {
		w.list[n].by = append(w.list[n].by, by)
	}
}

// find gives where a batch stands; mu is held.
func (w *passages) find(last uint64) (int, bool) {
	return slices.BinarySearchFunc(w.list, last, func(p passage, last uint64) int { return cmp.Compare(p.last, last) })
}

// written notes that a connection has handed a batch to the link.
func (w *passages) written(last uint64, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n, found := w.find(last); found {
		w.list[n].at = now
	}
}

// leave notes that a connection carries a batch no more, and reports whether
// another one does.
func (w *passages) leave(last uint64, by *lane) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, found := w.find(last)
	if !found {
		return false
	}
	w.list[n].by = slices.DeleteFunc(w.list[n].by, func(one *lane) bool { return one == by })
	return len(w.list[n].by) > 0
}

// forget lets those with a receipt go.
func (w *passages) forget(landed uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = slices.DeleteFunc(w.list, func(p passage) bool { return p.last <= landed })
}

// late gives the batches that are older than that and may be tried again, oldest
// first, and how many batches each connection carries.
func (w *passages) late(now time.Time, than time.Duration) (late []passage, load map[*lane]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	load = map[*lane]int{}
	for _, p := range w.list {
		for _, by := range p.by {
			load[by]++
		}
		if p.tries < mostTries && now.Sub(p.at) > than<<p.tries {
			p.by = slices.Clone(p.by)
			late = append(late, p)
		}
	}
	return late, load
}

// tried notes that another connection is to take a batch.
func (w *passages) tried(last uint64, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n, found := w.find(last); found {
		w.list[n].at = now
		w.list[n].tries++
	}
}

// rescue has another connection carry what is late too. One that carries little
// notices a lost packet by a timeout alone, which doubles each time, and all receipts
// wait for its batch. The hub drops what comes twice.
func (l *lanes) rescue(now time.Time, list []*lane, x Sample) {
	l.mu.Lock()
	c := l.control
	l.mu.Unlock()
	if c == nil {
		return
	}
	if landed := c.landed.Load(); landed != l.landed {
		l.landed, l.landedAt = landed, now
	}
	ends := !x.Busy && c.idle()
	than := max(overdueLeast, stuckTrips*x.RTT)
	if ends {
		than = max(overdueLeast, overdueTrips*x.RTT)
	} else if now.Sub(l.landedAt) < than {
		return
	}
	late, load := c.ways.late(now, than)
	for n, p := range late {
		// Behind the first that is missing most have arrived, and wait for it.
		if n > 0 && !ends && !silent(p.by, now, than) {
			continue
		}
		for _, to := range others(c, p.by, list, load) {
			if c.hurry(to, p.parcel) {
				c.ways.tried(p.last, now)
				load[to]++
				break
			}
		}
	}
}

// silent reports whether nothing has come back for so long over any connection that
// carries a batch.
func silent(by []*lane, now time.Time, long time.Duration) bool {
	return !slices.ContainsFunc(by, func(one *lane) bool { return one == nil || one.quiet(now) < long })
}

// others gives the connections that may carry a batch too: the control session, which
// is known to live; when it is late itself those that carry little. A connection that
// has carried no batch of this session is not asked: a hub of before takes none there.
func others(c *conn, by, list []*lane, load map[*lane]int) []*lane {
	if !slices.Contains(by, nil) {
		return []*lane{nil}
	}
	list = slices.DeleteFunc(slices.Clone(list), func(one *lane) bool { return slices.Contains(by, one) || !one.carries(c) })
	slices.SortStableFunc(list, func(a, b *lane) int { return cmp.Compare(load[a], load[b]) })
	return list
}

// urgent is a batch that another connection is late with.
type urgent struct {
	parcel
	of *conn
}

// hurry hands a batch to a connection; false when another one waits there.
func (c *conn) hurry(to *lane, p parcel) bool {
	queue := c.urgent
	if to != nil {
		queue = to.urgent
	}
	select {
	case queue <- urgent{parcel: p, of: c}:
		return true
	default:
		return false
	}
}

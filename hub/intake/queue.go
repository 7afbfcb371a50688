package intake

import (
	"bytes"
	"maps"
	"slices"

	"jaliya/hub/ledger"
	"jaliya/internal/wire"
)

// Queue decides which waiting batches go into the next proposal. The batches of
// one node keep their order, because a node with a batch under way waits until
// that is decided; different nodes share proposals and never wait for each
// other. The zero value is an empty queue.
type Queue struct {
	order   []wire.NodeID // nodes with something waiting, longest-waiting first
	waiting map[wire.NodeID][]Item
	flying  map[wire.NodeID]bool
}

// Item is one verified batch on its way to the ledger.
type Item struct {
	Node  wire.NodeID
	Batch ledger.AdmitBatch
	Size  int                             // encoded bytes
	Done  func(ledger.BatchResult, error) // called once, with the outcome
}

// Push adds an item behind those of its node.
func (q *Queue) Push(i Item) {
	if q.waiting == nil {
		q.waiting = map[wire.NodeID][]Item{}
	}
	if q.flying == nil {
		q.flying = map[wire.NodeID]bool{}
	}
	if len(q.waiting[i.Node]) == 0 && !q.flying[i.Node] {
		q.order = append(q.order, i.Node)
	}
	q.waiting[i.Node] = append(q.waiting[i.Node], i)
}

// maxItems is how many batches go into one proposal; the ledger takes 256.
const maxItems = 128

// Next takes items for one proposal, in total at most limit bytes: from the
// longest-waiting node first, as much of each as fits. An item that is larger
// than limit goes alone, to be refused, so that nothing waits behind it. It
// gives none when nothing may go.
func (q *Queue) Next(limit int) []Item {
	var taken []Item
	room := limit
	for len(q.order) > 0 {
		node := q.order[0]
		n := 0
		for _, i := range q.waiting[node] {
			alone := len(taken)+n == 0
			if len(taken)+n == maxItems || i.Size > room && !alone {
				break
			}
			room -= i.Size
			n++
		}
		if n == 0 {
			break
		}
		taken = append(taken, q.waiting[node][:n]...)
		// Not a slice of the rest: its array would keep what was taken in memory.
		q.waiting[node] = slices.Delete(q.waiting[node], 0, n)
		q.flying[node] = true
		q.order = q.order[1:]
	}
	return taken
}

// Abandon takes everything that waits.
func (q *Queue) Abandon() (all []Item) {
	for _, node := range slices.SortedFunc(maps.Keys(q.waiting), func(a, b wire.NodeID) int { return bytes.Compare(a[:], b[:]) }) {
		all = append(all, q.waiting[node]...)
	}
	q.order, q.waiting = nil, nil
	return all
}

// Landed says that the items of a proposal were decided: their nodes may send
// what waits behind them.
func (q *Queue) Landed(items []Item) {
	for _, i := range items {
		if !q.flying[i.Node] {
			continue
		}
		delete(q.flying, i.Node)
		if len(q.waiting[i.Node]) == 0 {
			delete(q.waiting, i.Node)
			continue
		}
		q.order = append(q.order, i.Node)
	}
}

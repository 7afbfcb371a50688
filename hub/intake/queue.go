package intake

import (
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
		q.waiting, q.flying = map[wire.NodeID][]Item{}, map[wire.NodeID]bool{}
	}
	if len(q.waiting[i.Node]) == 0 && !q.flying[i.Node] {
		q.order = append(q.order, i.Node)
	}
	q.waiting[i.Node] = append(q.waiting[i.Node], i)
}

// Next takes items for one proposal, in total at most limit bytes: from the
// longest-waiting node first, as much of each as fits. It gives none when
// nothing may go.
func (q *Queue) Next(limit int) []Item {
	var taken []Item
	room := limit
	for len(q.order) > 0 {
		node := q.order[0]
		n := 0
		for _, i := range q.waiting[node] {
			if i.Size > room {
				break
			}
			room -= i.Size
			n++
		}
		if n == 0 {
			break
		}
		taken = append(taken, q.waiting[node][:n]...)
		q.waiting[node] = q.waiting[node][n:]
		q.flying[node] = true
		q.order = q.order[1:]
	}
	return taken
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

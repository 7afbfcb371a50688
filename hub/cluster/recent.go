package cluster

import (
	"sync"

	"github.com/hashicorp/raft"
)

// recentBytes bounds what the window of recent entries holds: twice what the
// proposals in flight can be, so that replication to members that keep up never
// reads the file.
const recentBytes = 2 * MaxInFlight * MaxProposal

// recent is the window of the newest entries in memory. Replication reads what
// was appended a moment before; the store would let those reads wait for the
// commit under way. It holds consecutive indexes only.
type recent struct {
	mu       sync.RWMutex // guards all below
	from, to uint64       // entries [from, to); equal when empty
	entries  map[uint64]*raft.Log
	size     int
}

func newRecent() *recent { return &recent{entries: make(map[uint64]*raft.Log)} }

func (r *recent) get(index uint64) *raft.Log {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.entries[index]
}

// add takes entries that are on disk. The structs are copied, for raft writes
// to its own; the bytes never change and are shared.
func (r *recent) add(logs []*raft.Log) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range logs {
		if l.Index != r.to {
			r.reset(l.Index)
		}
		kept := *l
		r.entries[l.Index] = &kept
		r.size += cost(l)
		r.to = l.Index + 1
	}
	for r.size > recentBytes {
		r.drop(r.from)
		r.from++
	}
}

// remove forgets [first, last].
func (r *recent) remove(first, last uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case last < r.from || first >= r.to:
	case first <= r.from && last < r.to-1:
		for ; r.from <= last; r.from++ {
			r.drop(r.from)
		}
	case first > r.from && last >= r.to-1:
		for ; r.to > first; r.to-- {
			r.drop(r.to - 1)
		}
	default:
		r.reset(0)
	}
}

func (r *recent) drop(index uint64) {
	r.size -= cost(r.entries[index])
	delete(r.entries, index)
}

func (r *recent) reset(index uint64) {
	clear(r.entries)
	r.from, r.to, r.size = index, index, 0
}

// cost is what an entry takes, with a guess for struct and map.
func cost(l *raft.Log) int { return len(l.Data) + len(l.Extensions) + 192 }

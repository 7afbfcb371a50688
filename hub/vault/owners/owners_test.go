package owners_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/hub/ledger"
	"jaliya/hub/vault/owners"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// lacking is a vault without some objects.
type lacking struct {
	mu      sync.Mutex
	list    []wire.Digest
	changed chan struct{}
}

func (v *lacking) Wanted() ([]wire.Digest, <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.list, v.changed
}

func (v *lacking) set(list ...wire.Digest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list = list
	close(v.changed)
	v.changed = make(chan struct{})
}

// entries is a ledger of the entries of some nodes.
type entries struct {
	mu      sync.Mutex
	nodes   []ledger.Node
	images  map[wire.Position]map[uint64]wire.Digest // by head of a history, then by sequence
	broken  wire.NodeID                              // whose entries cannot be read
	read    int                                      // entries
	longest int                                      // of one view
}

func (e *entries) Nodes() ([]ledger.Node, error) { return e.nodes, nil }

func (e *entries) Histories(node wire.NodeID, _ int) ([]wire.Position, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []wire.Position
	for at := range e.images {
		if at.Node == node {
			out = append(out, at)
		}
	}
	return out, nil
}

func (e *entries) HeadersAfter(after wire.Position, n int) ([]ledger.Stored, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if after.Node == e.broken {
		return nil, fault.New(fault.Storage, "test", "", nil)
	}
	for head, images := range e.images {
		if head.Node != after.Node || head.Incarnation != after.Incarnation {
			continue
		}
		var out []ledger.Stored
		for seq := after.Seq + 1; seq <= head.Seq && len(out) < n; seq++ {
			at := head
			at.Seq = seq
			h := wire.Header{Version: 1, Node: at.Node, Incarnation: at.Incarnation, Seq: seq}
			if d, ok := images[seq]; ok {
				h.Images = []wire.Image{{Digest: d, Size: 1}}
			}
			out = append(out, ledger.Stored{At: at, Header: wire.Marshal(h)})
		}
		e.read += len(out)
		e.longest = max(e.longest, len(out))
		return out, nil
	}
	return nil, nil
}

func head(node byte, incarnation, seq uint64) wire.Position {
	return wire.Position{Node: wire.NodeID{node}, Incarnation: incarnation, Seq: seq}
}

// seeking runs a seeker, and gives what it has told last.
func seeking(t *testing.T, v *lacking, e *entries) (of func() map[wire.NodeID]owners.Digests) {
	t.Helper()
	var mu sync.Mutex
	var last map[wire.NodeID]owners.Digests
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	s := owners.Seeker{
		Vault: v, State: e, Logger: slog.New(slog.DiscardHandler),
		Found: func(of map[wire.NodeID]owners.Digests, wanted owners.Digests) {
			mu.Lock()
			defer mu.Unlock()
			list, _ := v.Wanted()
			require.Len(t, wanted, len(list))
			last = of
		},
	}
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return func() map[wire.NodeID]owners.Digests {
		time.Sleep(time.Minute) // the test's own
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

func TestSeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, both, nobody, gone := wire.Digest{1}, wire.Digest{2}, wire.Digest{3}, wire.Digest{4}
		e := &entries{
			nodes: []ledger.Node{{ID: wire.NodeID{1}}, {ID: wire.NodeID{2}}, {ID: wire.NodeID{3}, Revoked: true}},
			images: map[wire.Position]map[uint64]wire.Digest{
				head(1, 1, 900): {1: one, 700: both}, head(1, 2, 10): {}, head(2, 5, 300): {300: both}, head(3, 1, 5): {1: one, 2: gone},
			},
		}
		v := &lacking{changed: make(chan struct{})}
		of := seeking(t, v, e)
		require.Empty(t, of())
		require.Zero(t, e.read, "nothing is wanted")

		v.set(one, both, nobody, gone)
		want := map[wire.NodeID]owners.Digests{{1}: {one: true, both: true}, {2}: {both: true}}
		require.Equal(t, want, of(), "in every incarnation, and of no node that may not come")
		require.Equal(t, 1210, e.read)
		require.LessOrEqual(t, e.longest, 256)

		v.set(both, nobody)
		require.Equal(t, map[wire.NodeID]owners.Digests{{1}: {both: true}, {2}: {both: true}}, of())

		e.mu.Lock()
		e.images[head(2, 5, 300)][20] = nobody // its entry was on its way
		e.mu.Unlock()
		require.Len(t, of()[wire.NodeID{2}], 1)
		time.Sleep(time.Hour)
		require.Equal(t, map[wire.NodeID]owners.Digests{{1}: {both: true}, {2}: {both: true, nobody: true}}, of())
		read := e.read
		time.Sleep(5 * time.Hour)
		require.Equal(t, read, e.read, "what is known is looked for no more")
		v.set()
		require.Empty(t, of())
	})
}

// A ledger that cannot be read is read again later.
func TestSeekLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := wire.Digest{1}
		e := &entries{
			nodes: []ledger.Node{{ID: wire.NodeID{1}}}, broken: wire.NodeID{1},
			images: map[wire.Position]map[uint64]wire.Digest{head(1, 1, 3): {2: one}},
		}
		v := &lacking{changed: make(chan struct{}), list: []wire.Digest{one}}
		of := seeking(t, v, e)
		require.Empty(t, of())
		e.mu.Lock()
		e.broken = wire.NodeID{}
		e.mu.Unlock()
		time.Sleep(time.Hour)
		require.Equal(t, map[wire.NodeID]owners.Digests{{1}: {one: true}}, of())
	})
}

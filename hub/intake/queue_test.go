package intake_test

import (
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/hub/intake"
	"jaliya/hub/ledger"
	"jaliya/internal/wire"
)

const room = 1000

// TestQueue pushes, takes and lands in any order: each item goes exactly once,
// in the order of its node, within the limit, and nobody waits for ever.
func TestQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q intake.Queue
		var flights [][]intake.Item
		pushed, taken := map[wire.NodeID]uint64{}, map[wire.NodeID]uint64{}
		take := func() {
			items := q.Next(room)
			total, busy := 0, map[wire.NodeID]bool{}
			for _, f := range flights {
				for _, i := range f {
					busy[i.Node] = true
				}
			}
			for _, i := range items {
				require.False(t, busy[i.Node], "a node with a batch under way waits")
				taken[i.Node]++
				require.Equal(t, taken[i.Node], i.Batch.Session, "in order, once")
				total += i.Size
			}
			require.LessOrEqual(t, len(items), 256)
			require.True(t, total <= room || len(items) == 1, "%d bytes in %d items", total, len(items))
			if len(items) > 0 {
				flights = append(flights, items)
			}
		}
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				n := wire.NodeID{byte(rapid.IntRange(0, 5).Draw(t, "node"))}
				pushed[n]++
				q.Push(intake.Item{
					Node: n, Size: rapid.IntRange(1, 1200).Draw(t, "size"), Batch: ledger.AdmitBatch{Session: pushed[n]},
				})
			case 2:
				take()
			case 3:
				if len(flights) > 0 {
					i := rapid.IntRange(0, len(flights)-1).Draw(t, "landed")
					q.Landed(flights[i])
					flights = slices.Delete(flights, i, i+1)
				}
			}
		}
		for rounds := 0; len(flights) > 0 || rounds == 0; rounds++ {
			for _, f := range flights {
				q.Landed(f)
			}
			flights = nil
			take()
			require.Less(t, rounds, 1000)
		}
		require.Equal(t, pushed, taken)
		require.Empty(t, q.Abandon())
	})
}

// The longest-waiting node goes first, however much the others bring.
func TestQueueStarvesNobody(t *testing.T) {
	var q intake.Queue
	greedy, modest := wire.NodeID{1}, wire.NodeID{2}
	for range 10 {
		q.Push(intake.Item{Node: greedy, Size: room})
	}
	q.Push(intake.Item{Node: modest, Size: 10})
	first := q.Next(room)
	require.Len(t, first, 1)
	require.Equal(t, greedy, first[0].Node)
	q.Landed(first)
	require.Equal(t, modest, q.Next(room)[0].Node)
}

func TestQueueTakesAtMostWhatTheLedgerTakes(t *testing.T) {
	var q intake.Queue
	for n := range 3000 {
		q.Push(intake.Item{Node: wire.NodeID{byte(n), byte(n >> 8)}, Size: 1})
	}
	require.Len(t, q.Next(1<<20), 128)
	require.Len(t, q.Abandon(), 3000-128)
}

// TestQueueKeepsNothingOfWhatWasTaken: batches are large, and 71 nodes have many
// of them; one that was taken must not stay in memory for as long as its node
// has others waiting.
func TestQueueKeepsNothingOfWhatWasTaken(t *testing.T) {
	var q intake.Queue
	node := wire.NodeID{1}
	push := func() weak.Pointer[[1 << 16]byte] {
		batch := new([1 << 16]byte)
		q.Push(intake.Item{Node: node, Size: 600, Done: func(ledger.BatchResult, error) { batch[0]++ }})
		return weak.Make(batch)
	}
	first, second := push(), push()
	q.Landed(q.Next(room))
	runtime.GC()
	require.True(t, first.Value() == nil, "it was taken")
	require.False(t, second.Value() == nil, "it waits")
	require.Len(t, q.Next(room), 1)
	runtime.GC()
	require.True(t, second.Value() == nil, "it was taken")
}

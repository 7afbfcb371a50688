package intake

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

var orderStart = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func place1(seq uint64) wire.Position {
	return wire.Position{Node: wire.NodeID{1}, Incarnation: 7, Seq: seq}
}

// piece is a batch of the entries after one sequence up to another.
func piece(after, last uint64) proved {
	b := proved{size: 1000, verified: wire.VerifiedBatch{After: place1(after), Entries: []wire.VerifiedEntry{{At: place1(last)}}}}
	b.received.First = after + 1
	return b
}

func anyRoom(int) bool { return true }

// Whatever the order in which batches come, and however often, they go on once
// each and in the order of the chain.
func TestOrderAnyArrival(t *testing.T) {
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 1))
		const count = 40
		var coming []proved
		for n := range uint64(count) {
			coming = append(coming, piece(3*n, 3*n+3))
			if chance.IntN(3) == 0 {
				coming = append(coming, piece(3*n, 3*n+3)) // a connection broke, and it had arrived
			}
		}
		chance.Shuffle(len(coming), func(i, j int) { coming[i], coming[j] = coming[j], coming[i] })
		o, next := newOrder(place1(0)), uint64(0)
		for _, b := range coming {
			where, err := o.take(orderStart, b, anyRoom)
			require.NoError(t, err)
			for ok := where == inTurn; ok; b, ok = o.following() {
				require.Equal(t, next, b.verified.After.Seq)
				next = b.verified.Head().Seq
			}
		}
		require.EqualValues(t, 3*count, next)
		require.Zero(t, o.forget(), "nothing is left in memory")
	}
}

func TestOrderBounds(t *testing.T) {
	t.Run("ErrFull one session", func(t *testing.T) {
		o := newOrder(place1(0))
		big := piece(10, 20)
		big.size = aheadOfOne
		where, err := o.take(orderStart, big, anyRoom)
		require.NoError(t, err)
		require.Equal(t, early, where)
		_, err = o.take(orderStart, piece(20, 30), anyRoom)
		require.True(t, fault.Is(err, fault.Full), "%v", err)
		require.Equal(t, aheadOfOne, o.forget())
		_, err = o.take(orderStart, piece(40, 50), anyRoom)
		require.True(t, fault.Is(err, fault.Full), "a session that ended takes no more: %v", err)
	})
	t.Run("ErrFull all sessions", func(t *testing.T) {
		_, err := newOrder(place1(0)).take(orderStart, piece(10, 20), func(int) bool { return false })
		require.True(t, fault.Is(err, fault.Full), "%v", err)
	})
	t.Run("OK another history while something waits passes to the ledger", func(t *testing.T) {
		o := newOrder(place1(0))
		_, err := o.take(orderStart, piece(10, 20), anyRoom)
		require.NoError(t, err)
		b := piece(10, 20)
		b.verified.After.Incarnation = 8
		where, err := o.take(orderStart, b, anyRoom)
		require.NoError(t, err)
		require.Equal(t, inTurn, where)
	})
	t.Run("OK a new incarnation begins anew", func(t *testing.T) {
		o := newOrder(place1(30))
		of := func(after, last uint64) proved {
			b := piece(after, last)
			b.verified.After.Incarnation = 8
			return b
		}
		where, err := o.take(orderStart, of(10, 20), anyRoom)
		require.NoError(t, err)
		require.Equal(t, early, where, "over a faster connection")
		where, err = o.take(orderStart, of(0, 10), anyRoom)
		require.NoError(t, err)
		require.Equal(t, inTurn, where)
		_, ok := o.following()
		require.True(t, ok)
	})
	t.Run("OK one that overlaps passes to the ledger", func(t *testing.T) {
		where, err := newOrder(place1(5)).take(orderStart, piece(3, 8), anyRoom)
		require.NoError(t, err)
		require.Equal(t, inTurn, where)
	})
}

func TestOrderGap(t *testing.T) {
	o := newOrder(place1(0))
	for _, b := range []proved{piece(20, 30), piece(10, 20)} {
		_, err := o.take(orderStart, b, anyRoom)
		require.NoError(t, err)
	}
	_, ok := o.gap(orderStart.Add(bridging - time.Second))
	require.False(t, ok)
	first, ok := o.gap(orderStart.Add(bridging))
	require.True(t, ok)
	require.EqualValues(t, 11, first.received.First)
}

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

// of gives a batch that another history of the same incarnation has at its place.
func of(b proved, hash byte) proved {
	b.verified.Entries = []wire.VerifiedEntry{{At: b.verified.Head()}}
	b.verified.Entries[0].At.Hash = wire.Digest{hash}
	return b
}

// A batch that was taken already is dropped, and one with another hash at its
// place is not: the ledger has to see it (D38).
func TestOrderSecondHash(t *testing.T) {
	tests := map[string]struct {
		before []proved
		comes  proved
		want   place
		hands  []wire.Digest // what is handed on afterwards, with the batch itself, once 1 to 10 are there
	}{
		"OK handed on":                 {[]proved{of(piece(0, 10), 1)}, of(piece(0, 10), 1), known, nil},
		"ErrFork handed on":            {[]proved{of(piece(0, 10), 1)}, of(piece(0, 10), 2), inTurn, []wire.Digest{{2}}},
		"ErrFork handed on long ago":   {[]proved{of(piece(0, 5), 1), of(piece(5, 10), 1)}, of(piece(0, 5), 2), inTurn, []wire.Digest{{2}}},
		"OK in hold":                   {[]proved{of(piece(10, 20), 1)}, of(piece(10, 20), 1), known, nil},
		"ErrFork in hold":              {[]proved{of(piece(10, 20), 1)}, of(piece(10, 20), 2), early, []wire.Digest{{1}, {2}}},
		"ErrFork in hold, and shorter": {[]proved{of(piece(10, 20), 1)}, of(piece(10, 15), 2), early, []wire.Digest{{1}, {2}}},
		"OK what the hub had before":   {nil, of(piece(0, 0), 1), inTurn, []wire.Digest{{1}}}, // it compares
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := newOrder(place1(0))
			for _, b := range tt.before {
				_, err := o.take(orderStart, b, anyRoom)
				require.NoError(t, err)
			}
			before := o.next
			where, err := o.take(orderStart, tt.comes, anyRoom)
			require.NoError(t, err)
			require.Equal(t, tt.want, where)
			var hands []wire.Digest
			switch where {
			case inTurn:
				require.Equal(t, before, o.next, "what is judged anew moves nothing")
				hands = append(hands, tt.comes.verified.Head().Hash)
			case early:
				where, err := o.take(orderStart, piece(0, 10), anyRoom)
				require.NoError(t, err)
				require.Equal(t, inTurn, where)
				for b, ok := o.following(); ok; b, ok = o.following() {
					hands = append(hands, b.verified.Head().Hash)
				}
				require.Zero(t, o.forget(), "nothing is left in memory")
			case known:
			}
			require.Equal(t, tt.hands, hands)
		})
	}
}

// What was handed on is remembered in a bound.
func TestOrderRemembersInABound(t *testing.T) {
	o := newOrder(place1(0))
	for n := range uint64(2 * handedKept) {
		_, err := o.take(orderStart, piece(n, n+1), anyRoom)
		require.NoError(t, err)
	}
	require.Len(t, o.handed, handedKept)
	where, err := o.take(orderStart, piece(0, 1), anyRoom)
	require.NoError(t, err)
	require.Equal(t, inTurn, where, "the ledger says that it has it")
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

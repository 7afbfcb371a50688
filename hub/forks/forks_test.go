package forks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"jaliya/hub/forks"
	"jaliya/hub/ledger"
	"jaliya/internal/consular"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// state is a hub that holds so many entries of one incarnation.
type state struct {
	of   []ledger.ForkOf
	held uint64
	err  error
}

const reference = "012345678901234562"

func (s state) ForksOfPost(consular.PostID) ([]ledger.ForkOf, error) { return s.of, s.err }

func (s state) Cursor(node wire.NodeID, incarnation uint64) (wire.Position, bool, error) {
	return wire.Position{Node: node, Incarnation: incarnation, Seq: s.held}, s.held > 0, nil
}

func (s state) HeadersAfter(after wire.Position, n int) (list []ledger.Stored, err error) {
	for seq := after.Seq + 1; seq <= s.held && len(list) < n; seq++ {
		at := after
		at.Seq = seq
		list = append(list, ledger.Stored{At: at, Header: header(after.Node, seq), Time: int64(seq) * 1000})
	}
	return list, nil
}

func header(node wire.NodeID, seq uint64) []byte {
	e, err := wire.NewEntry(wire.Header{
		Record: wire.RecordID{byte(seq)}, Kind: wire.KindFileViewed, Source: wire.SourceNode, Node: node, Incarnation: 5, Seq: seq,
		Time: int64(seq) * 1000, Post: "FR-LYO", Reference: reference,
	}, []byte("sealed"))
	if err != nil {
		panic(err)
	}
	return e.Header
}

// seen is evidence of a history that ends at a sequence.
func seen(how ledger.ForkSeen, seq, level, receipted uint64) ledger.Quarantined {
	at := wire.Position{Node: wire.NodeID{7}, Incarnation: 5, Seq: seq, Hash: wire.Digest{9}}
	return ledger.Quarantined{Number: 1, At: at, Head: at, Seen: how, Level: level, Receipted: receipted}
}

func drawn(t *testing.T, held uint64, evidence ...ledger.Quarantined) forks.Fork {
	t.Helper()
	node := ledger.Node{ID: wire.NodeID{7}, Post: "FR-LYO", Incarnation: 5, Fenced: true}
	list, err := forks.OfPost(state{of: []ledger.ForkOf{{Node: node, Active: true, Evidence: evidence}}, held: held}, "FR-LYO")
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

// TestBounds: what is the same for sure and where both are two at the latest
// follow from what was seen, and from nothing else.
func TestBounds(t *testing.T) {
	entry := seen(ledger.SeenInBatch, 4, 4, 0)
	entry.Entry = &wire.Entry{Header: header(wire.NodeID{7}, 4)}
	entry.Head.Seq = 6
	older := entry // kept before forks were settled
	older.Level = 0
	for name, tt := range map[string]struct {
		evidence    []ledger.Quarantined
		same, parts uint64
	}{
		"OK nothing shown":                {nil, 7, 0},
		"OK at hello":                     {[]ledger.Quarantined{seen(ledger.SeenAtHello, 5, 5, 3)}, 3, 5},
		"OK without receipts":             {[]ledger.Quarantined{seen(ledger.SeenAtHello, 5, 5, 0)}, 0, 5},
		"OK in a batch":                   {[]ledger.Quarantined{entry}, 3, 4},
		"OK in a batch of before":         {[]ledger.Quarantined{older}, 3, 4},
		"OK the machine is ahead":         {[]ledger.Quarantined{seen(ledger.SeenByNode, 12, 7, 3)}, 3, 7},
		"OK a retired one":                {[]ledger.Quarantined{seen(ledger.SeenRetired, 12, 7, 7)}, 7, 8},
		"OK two machines":                 {[]ledger.Quarantined{seen(ledger.SeenAtHello, 5, 5, 4), seen(ledger.SeenAtHello, 6, 6, 2)}, 2, 5},
		"OK receipts that it cannot have": {[]ledger.Quarantined{seen(ledger.SeenAtHello, 5, 5, 5)}, 4, 5},
	} {
		t.Run(name, func(t *testing.T) {
			f := drawn(t, 7, tt.evidence...)
			require.Equal(t, tt.same, f.Same)
			require.Equal(t, tt.parts, f.Parts)
		})
	}
}

// TestChoices: what is offered can be read back, and nothing else.
func TestChoices(t *testing.T) {
	f := drawn(t, 7, seen(ledger.SeenAtHello, 5, 5, 3))
	var read []ledger.ForkChoice
	for _, word := range f.Choices {
		c, known := forks.ParseChoice(word)
		require.True(t, known, word)
		read = append(read, c)
	}
	require.Equal(t, []ledger.ForkChoice{ledger.ForkGoOn, ledger.ForkShutOut}, read)
	for _, word := range []string{"", "GO-ON", "go on", "shut-out "} {
		_, known := forks.ParseChoice(word)
		require.False(t, known, word)
	}
}

// TestRows: every sequence stands once, in order, under the part that it is of.
func TestRows(t *testing.T) {
	entry := seen(ledger.SeenInBatch, 31, 31, 0)
	entry.Entry = &wire.Entry{Header: header(wire.NodeID{7}, 31)}
	entry.Head.Seq = 55
	f := drawn(t, 50, entry)
	next := uint64(1)
	for _, r := range f.Rows {
		if r.Sequence == 55 {
			require.True(t, r.Last)
			require.Nil(t, r.Hub)
			continue
		}
		require.Equal(t, next, r.Sequence)
		next += max(r.Omitted, 1)
		switch {
		case r.Sequence <= 30:
			require.Equal(t, forks.Before, r.Place)
		case r.Sequence == 31:
			require.Equal(t, forks.Part, r.Place)
			require.Equal(t, "L2", r.Hub.Level)
			require.Equal(t, "L1", r.Machine.Level)
			require.Equal(t, "file.viewed", r.Machine.Kind)
			require.Equal(t, reference, r.Machine.Reference.Digits())
		default:
			require.Equal(t, forks.After, r.Place)
			require.Nil(t, r.Machine)
		}
	}
	require.EqualValues(t, 51, next)
	require.EqualValues(t, 55, f.Rows[len(f.Rows)-1].Sequence)
	require.Less(t, len(f.Rows), 20, "a long history is not shown whole")
}

// TestRowsUnsure: between the last receipt and what differs nobody here knows.
func TestRowsUnsure(t *testing.T) {
	f := drawn(t, 9, seen(ledger.SeenAtHello, 6, 6, 2))
	for _, r := range f.Rows {
		want := forks.After
		switch {
		case r.Sequence <= 2:
			want = forks.Before
		case r.Sequence < 6:
			want = forks.Unsure
		case r.Sequence == 6:
			want = forks.Part
		}
		require.Equal(t, want, r.Place, r.Sequence)
		require.Equal(t, r.Sequence == 6, r.Last)
	}
}

func TestStanding(t *testing.T) {
	for want, node := range map[forks.Standing]ledger.Node{
		forks.Fenced: {Fenced: true}, forks.Settled: {Settled: 5}, forks.ShutOut: {Fenced: true, Revoked: true}, forks.Over: {},
	} {
		list, err := forks.OfPost(state{of: []ledger.ForkOf{{Node: node}}}, "FR-LYO")
		require.NoError(t, err)
		require.Equal(t, want, list[0].Standing)
		require.Equal(t, want == forks.Fenced, len(list[0].Choices) > 0)
	}
	broken := fault.New(fault.Storage, "test", "", nil)
	_, err := forks.OfPost(state{err: broken}, "FR-LYO")
	require.ErrorIs(t, err, broken)
}

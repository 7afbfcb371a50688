package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"jaliya/hub/intake"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var node = wire.NodeID{3}

func at(seq uint64, mark byte) wire.Position {
	p := wire.Genesis(node, 5)
	if seq > 0 {
		p.Seq, p.Hash = seq, wire.Digest{mark, byte(seq)}
	}
	return p
}

func TestCompare(t *testing.T) {
	broken := fault.New(fault.Storage, "test", "", nil)
	tests := map[string]struct {
		head    wire.Position
		cursor  wire.Position
		known   bool
		settled bool
		later   bool
		hash    wire.Digest
		err     error
		verdict wire.Verdict
		kind    fault.Kind
	}{
		"OK nothing here":                {head: at(7, 1), verdict: wire.VerdictNew},
		"OK nothing anywhere":            {head: at(0, 1), verdict: wire.VerdictNew},
		"OK the node is ahead":           {head: at(7, 1), cursor: at(4, 1), known: true, verdict: wire.VerdictFollow},
		"OK equal":                       {head: at(7, 1), cursor: at(7, 1), known: true, verdict: wire.VerdictFollow},
		"OK the hub is ahead":            {head: at(3, 1), cursor: at(7, 1), known: true, hash: at(3, 1).Hash, verdict: wire.VerdictRestore},
		"OK an emptied node":             {head: at(0, 1), cursor: at(7, 1), known: true, verdict: wire.VerdictRestore},
		"ErrFork at the head":            {head: at(7, 2), cursor: at(7, 1), known: true, kind: fault.Fork},
		"ErrFork below the head":         {head: at(3, 2), cursor: at(7, 1), known: true, hash: at(3, 1).Hash, kind: fault.Fork},
		"ErrFork at genesis":             {head: wire.Position{Node: node, Incarnation: 5}, cursor: at(7, 1), known: true, kind: fault.Fork},
		"OK settled at the head":         {head: at(7, 2), cursor: at(7, 1), known: true, settled: true, verdict: wire.VerdictReissue},
		"OK settled below the head":      {head: at(3, 2), cursor: at(7, 1), known: true, settled: true, hash: at(3, 1).Hash, verdict: wire.VerdictReissue},
		"OK settled and ahead":           {head: at(7, 1), cursor: at(4, 1), known: true, settled: true, verdict: wire.VerdictReissue},
		"OK settled, nothing else":       {head: at(7, 1), cursor: at(7, 1), known: true, settled: true, verdict: wire.VerdictFollow},
		"OK settled and rolled back":     {head: at(3, 1), cursor: at(7, 1), known: true, settled: true, hash: at(3, 1).Hash, verdict: wire.VerdictRestore},
		"OK settled, of another":         {head: at(7, 1), settled: true, verdict: wire.VerdictNew},
		"OK back at the end of an older": {head: at(7, 1), cursor: at(7, 1), known: true, later: true, verdict: wire.VerdictReissue},
		"OK back inside an older":        {head: at(3, 1), cursor: at(7, 1), known: true, later: true, hash: at(3, 1).Hash, verdict: wire.VerdictRestore},
		"ErrFork beyond an older":        {head: at(9, 1), cursor: at(7, 1), known: true, later: true, kind: fault.Fork},
		"OK settled beyond an older":     {head: at(9, 1), cursor: at(7, 1), known: true, later: true, settled: true, verdict: wire.VerdictReissue},
		"ErrStorage":                     {head: at(3, 1), cursor: at(7, 1), known: true, err: broken, kind: fault.Storage},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := intake.Compare(wire.History{Head: tt.head}, intake.Own{
				Cursor: tt.cursor, Known: tt.known, Settled: tt.settled, Later: tt.later,
				HashAt: func(seq uint64) (wire.Digest, error) {
					require.Equal(t, tt.head.Seq, seq)
					return tt.hash, tt.err
				},
			})
			if tt.kind != fault.Other {
				require.Equal(t, tt.kind.String(), fault.KindOf(err).String())
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.verdict, d.Verdict)
			if tt.known {
				require.Equal(t, tt.cursor, d.Cursor)
			} else {
				require.Equal(t, wire.Genesis(node, 5), d.Cursor)
			}
		})
	}
}

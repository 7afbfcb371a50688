package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/wire"
)

// model is what a person would keep on paper about the ledger.
type model struct {
	hashes   map[wire.Position]wire.Digest // position without hash -> hash (I6)
	cursors  map[wire.Position]uint64      // history without sequence -> cursor (I7)
	accepted map[wire.RecordID]uint64      // record -> commits with an effect (I9)
	sessions map[wire.NodeID]uint64        // newest that committed (I10)
}

// TestHistories runs random histories of two machines with repeats, gaps,
// stale sessions, new incarnations, re-issued tails and forks.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHub(t)
		m := model{
			hashes: map[wire.Position]wire.Digest{}, cursors: map[wire.Position]uint64{},
			accepted: map[wire.RecordID]uint64{}, sessions: map[wire.NodeID]uint64{},
		}
		machines := []*machine{h.join("FR-LYO"), h.join("IT-MIL")}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			node := machines[rapid.IntRange(0, 1).Draw(rt, "machine")]
			randomStep(rt, node)
			if len(node.entries) == 0 {
				continue
			}
			first := rapid.IntRange(1, len(node.entries)).Draw(rt, "first")
			last := rapid.IntRange(first, len(node.entries)).Draw(rt, "last")
			b := node.batch(first, last)
			if rapid.IntRange(0, 9).Draw(rt, "old session") == 0 {
				b.Session--
			}
			m.check(rt, node, b, h.admit(b))
		}
		require.NoError(rt, h.audit().Err())
		again := emptyHub(t, newMemory())
		for _, e := range h.log {
			again.apply(e)
		}
		require.Equal(rt, h.hash(), again.hash())
	})
}

func randomStep(rt *rapid.T, node *machine) {
	h := node.hub
	switch rapid.IntRange(0, 11).Draw(rt, "step") {
	case 0:
		h.do(ledger.Revoke{Time: h.now, Action: ledger.RevokeUnfence, Node: node.id})
		node.connect()
	case 1:
		node.incarnate()
	case 2: // a backup came back: the tail is written anew
		if len(node.entries) > 0 {
			node.rewrite(rapid.IntRange(1, len(node.entries)).Draw(rt, "rewritten"))
		}
	case 3: // the tail is issued again under a new incarnation
		tail := node.entries
		node.incarnate()
		for _, e := range tail {
			if old, err := wire.DecodeHeader(e.Header); err == nil {
				again := node.draft(old)
				again.Body = e.Body
				again.Header = moved(old, node)
				node.append(again)
			}
		}
	case 4:
		node.append(wire.Entry{Header: []byte{0xff}, Body: []byte{1}})
	case 5:
		if len(node.entries) > 0 { // another content under a known record
			if old, err := wire.DecodeHeader(node.entries[0].Header); err == nil {
				node.add(old, 32)
			}
		}
	default:
		node.releases(rapid.IntRange(1, 4).Draw(rt, "releases"))
	}
}

// moved gives an old header at the machine's next position.
func moved(old wire.Header, node *machine) []byte {
	old.Incarnation, old.Seq = node.head.Incarnation, node.head.Seq+1
	return wire.Marshal(old)
}

func (m model) check(rt *rapid.T, node *machine, b ledger.AdmitBatch, r ledger.BatchResult) {
	h := node.hub
	history := wire.Position{Node: node.id, Incarnation: b.After.Incarnation}
	cursor, _, err := h.views.Cursor(node.id, b.After.Incarnation)
	require.NoError(rt, err)
	require.GreaterOrEqual(rt, cursor.Seq, m.cursors[history], "a cursor went back (I7)")
	grew := cursor.Seq > m.cursors[history]
	if grew {
		require.NoError(rt, r.Err())
	}
	if grew && b.Session != 0 { // 0 came by hand, and is of no session
		require.Equal(rt, node.session, b.Session, "an old session committed (I10)")
		require.GreaterOrEqual(rt, b.Session, m.sessions[node.id])
		m.sessions[node.id] = b.Session
	}
	m.cursors[history] = cursor.Seq
	for seq := uint64(1); seq <= cursor.Seq; seq++ {
		hash, err := h.views.HashAt(node.id, b.After.Incarnation, seq)
		require.NoError(rt, err)
		at := wire.Position{Node: node.id, Incarnation: b.After.Incarnation, Seq: seq}
		if held, known := m.hashes[at]; known {
			require.Equal(rt, held, hash, "a position changed (I6)")
		}
		m.hashes[at] = hash
		m.count(rt, h, at)
	}
	if r.Err() == nil {
		last := r.Receipts[len(r.Receipts)-1]
		require.GreaterOrEqual(rt, last.Last, b.After.Seq+uint64(len(b.Entries)))
		require.LessOrEqual(rt, r.Receipts[0].First, b.After.Seq+1)
	} else {
		require.Contains(rt, []fault.Kind{fault.Gap, fault.Fork, fault.Stale, fault.Invalid}, r.Fault)
	}
}

func (m model) count(rt *rapid.T, h *hub, at wire.Position) {
	f, err := h.views.Entry(at.Node, at.Incarnation, at.Seq)
	require.NoError(rt, err)
	if f.Verdict != ledger.Accepted {
		return
	}
	header, err := wire.DecodeHeader(f.Header)
	require.NoError(rt, err)
	if held, known := m.accepted[header.Record]; known {
		require.Equal(rt, held, f.Commit, "a record had two effects (I9)")
	}
	m.accepted[header.Record] = f.Commit
}

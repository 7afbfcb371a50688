package sim_test

import (
	"encoding/binary"
	"slices"

	"jaliya/hub/ledger"
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// The mistakes of the controls. Each is in the test's driver: the real code
// does not know them.

// planted makes the mistakes of intake: a receipt before the commit, and a
// poisoned entry that blocks what is behind it.
func (s *session) planted(v wire.VerifiedBatch) error {
	switch s.plant {
	case earlyReceipt:
		hashes := make([]wire.Digest, len(v.Entries))
		for i, e := range v.Entries {
			hashes[i] = e.At.Hash
		}
		s.sign([]wire.Receipt{{
			Cluster: s.cluster, Node: s.node.ID, Incarnation: v.After.Incarnation, First: v.After.Seq + 1,
			Last: v.Head().Seq, Head: v.Head().Hash, Root: wire.RootOf(hashes), Index: s.applied + 1, Time: s.millis(),
		}})
	case poisonBlocks:
		for _, e := range v.Entries {
			if e.Header.Service > 4 {
				return fault.New(fault.Invalid, "sim: plant", "poison", nil)
			}
		}
	case nothing, acceptGap, ignoreSessions, reuseSequence:
	}
	return nil
}

// tamper makes the mistakes of apply: it takes what does not follow as if it
// did, or what an older session brought.
func (h *hub) tamper(c ledger.Admit, raw []byte) []byte {
	if h.plant != acceptGap && h.plant != ignoreSessions {
		return raw
	}
	batches := slices.Clone(c.Batches)
	seen := map[wire.NodeID]bool{}
	for i := range batches {
		b := &batches[i]
		first := !seen[b.After.Node]
		seen[b.After.Node] = true
		cursor, _, err := h.views.Cursor(b.After.Node, b.After.Incarnation)
		n, err2 := h.views.Node(b.After.Node)
		switch {
		case err != nil || err2 != nil:
		case h.plant == ignoreSessions:
			b.Session = n.Session
		case first && b.After.Seq > cursor.Seq:
			b.After = cursor
		}
	}
	return h.encode(ledger.Admit{Time: c.Time, Batches: batches})
}

// believe takes a node's word for where its history stands, and forgets what
// the hub knows better.
func (s *session) believe(held wire.History) (wire.Decision, error) {
	at := wire.Genesis(held.Head.Node, held.Head.Incarnation)
	key := binary.BigEndian.AppendUint64(append([]byte(nil), at.Node[:]...), at.Incarnation)
	err := s.disk.Update(func(w kv.Writer) error { return w.Delete([]byte("cursors"), key) })
	return wire.Decision{Verdict: wire.VerdictNew, Cursor: at}, err
}

package ledger

import (
	"jaliya/internal/fault"
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// reader is what pure functions read with; a tx's writer is one too.
type reader = kv.Reader

// span is a range of sequences, both ends included.
type span struct {
	node        wire.NodeID
	incarnation uint64
	first, last uint64
}

// putReceipt stores the receipt of a committed range under its last sequence,
// so that a seek from any sequence finds the range that covers it. The signed
// receipt is made from exactly these fields, outside apply: a repeat is
// byte-equal.
func (t *tx) putReceipt(first uint64, chain []wire.Position) (wire.Receipt, error) {
	hashes := make([]wire.Digest, len(chain))
	for i, p := range chain {
		hashes[i] = p.Hash
	}
	head := chain[len(chain)-1]
	r := wire.Receipt{
		Version: wire.Version, Cluster: t.cluster.ID, Node: head.Node, Incarnation: head.Incarnation,
		First: first, Last: head.Seq, Head: head.Hash, Root: wire.RootOf(hashes), Index: t.index, Time: t.time,
	}
	return r, t.put(inRanges, positionKey(r.Node, r.Incarnation, r.Last), r)
}

// receipts gives the ranges that overlap the span, in order, at most MaxSlice.
func receipts(r reader, s span) (list []wire.Receipt, err error) {
	ascend(r, inRanges, within{prefix: historyKey(s.node, s.incarnation), from: number(s.first)}, func(key, raw []byte) bool {
		var one wire.Receipt
		if one, err = decode[wire.Receipt](inRanges, key, raw); err != nil || one.First > s.last {
			return false
		}
		list = append(list, one)
		return one.Last < s.last && len(list) < MaxSlice
	})
	if err == nil && len(list) == 0 {
		at := wire.Position{Node: s.node, Incarnation: s.incarnation, Seq: s.first}
		err = fault.New(fault.Corrupt, "ledger: read ranges", at.String(), nil)
	}
	return list, err
}

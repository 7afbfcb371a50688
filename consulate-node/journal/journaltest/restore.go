package journaltest

import (
	"jaliya/consulate-node/journal"
	"jaliya/internal/wire"
)

// Range gives entries as they come back from the hub: in their order after a
// position, under one receipt. A body of nil was erased.
func (k *Kit) Range(after wire.Position, entries []wire.Entry, until uint64) (wire.ProvedRange, error) {
	whole := make([]wire.Digest, 0, len(entries))
	at := after
	for _, e := range entries {
		var err error
		if at, err = at.NextOf(e); err != nil {
			return wire.ProvedRange{}, err
		}
		whole = append(whole, at.Hash)
	}
	r := k.Sign(wire.Receipt{
		Version: wire.Version, Cluster: k.Identity.Cluster, Node: after.Node, Incarnation: after.Incarnation,
		First: after.Seq + 1, Last: at.Seq, Head: at.Hash, Root: wire.RootOf(whole), Index: after.Seq + 10, Time: 1_700_000_100_000,
	})
	return wire.DecodeRestored(wire.Marshal(wire.Restored{
		Version: wire.Version, Prev: after.Hash, Entries: entries, Receipt: wire.Marshal(r.Signed), Until: max(until, at.Seq),
	}), k.Keys())
}

// Ranges gives the entries of an incarnation that follow a position, as a hub
// with all of them sends them back, n to a receipt.
func (k *Kit) Ranges(j *journal.Journal, after wire.Position, n int) (out []wire.ProvedRange, err error) {
	for {
		entries, err := j.ReadAfter(after, n)
		if err != nil || len(entries) == 0 {
			return out, err
		}
		one, err := k.Range(after, entries, 0)
		if err != nil {
			return out, err
		}
		out = append(out, one)
		after = one.Entries[len(one.Entries)-1].At
	}
}

// Past gives the next n entries of an incarnation that this node wrote and does
// not know any more, as they come back under a receipt.
func (k *Kit) Past(after wire.Position, n int) (wire.ProvedRange, error) {
	entries := make([]wire.Entry, 0, n)
	at := after
	for range n {
		d := k.Release(100)
		h := d.Header
		h.Source, h.Node, h.Incarnation, h.Seq = wire.SourceNode, at.Node, at.Incarnation, at.Seq+1
		e, err := wire.NewEntry(h, d.Body)
		if err != nil {
			return wire.ProvedRange{}, err
		}
		at, entries = at.Next(e), append(entries, e)
	}
	return k.Range(after, entries, 0)
}

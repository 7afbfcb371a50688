package ledger

import (
	"jaliya/internal/kv"
	"jaliya/internal/wire"
)

// Histories gives how far each incarnation of a node is committed, at most n of
// them, in no order that means anything.
func (v Views) Histories(node wire.NodeID, n int) ([]wire.Position, error) {
	return view(v, func(r kv.Reader) (list []wire.Position, err error) {
		ascend(r, inCursors, within{prefix: node[:]}, func(key, raw []byte) bool {
			var at wire.Position
			if at, err = decode[wire.Position](inCursors, key, raw); err == nil {
				list = append(list, at)
			}
			return err == nil && len(list) < bounded(n)
		})
		return list, err
	})
}

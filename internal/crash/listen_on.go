//go:build crashstates

package crash

import (
	"bytes"

	"go.etcd.io/bbolt"

	"jaliya/internal/durable"
)

// listen sends what is done to files below dir to sink, until stop.
func listen(dir string, sink func(durable.Op)) (stop func(), err error) {
	tell := func(op durable.Op) {
		if op, ours := relative(dir, op); ours {
			op.Data = bytes.Clone(op.Data)
			sink(op)
		}
	}
	kinds := map[string]durable.Kind{
		"write": durable.OpWrite, "truncate": durable.OpTruncate,
		"sync": durable.OpSync, "sync data": durable.OpSyncData,
	}
	durable.Record(tell)
	bbolt.Record(func(kind, path string, offset int64, data []byte) {
		tell(durable.Op{Kind: kinds[kind], Path: path, Offset: offset, Data: data})
	})
	return func() {
		durable.Record(nil)
		bbolt.Record(nil)
	}, nil
}

//go:build crashstates

package durable

import "sync/atomic"

var hook atomic.Pointer[func(Op)]

// Record sends every operation to sink, before it is done; nil ends it. The
// data of a write is the caller's.
func Record(sink func(Op)) {
	if sink == nil {
		hook.Store(nil)
		return
	}
	hook.Store(&sink)
}

func record(op Op) {
	if sink := hook.Load(); sink != nil {
		(*sink)(op)
	}
}
